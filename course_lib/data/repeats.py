"""Random sequences that repeat themselves: nothing helps to continue one but what it said before.

    7 2 9 4 0  7 2 9 4 0  7 2 …
    └─ once ─┘ └─ again …

The symbols mean nothing and the period is drawn anew, so neither can be learned by heart. Within a
block no symbol stands twice: from the second block on the context decides what comes next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True)
class RepeatBatch:
    """Sequences of one length.

    Attributes:
        token_ids: The symbols.
        is_decided: True where the symbols so far, the one at this place among them, decide the
            next one. Nothing follows the last place, so it has no column.
    """

    token_ids: Int[Tensor, "B T"]
    is_decided: Bool[Tensor, "B T-1"]


@dataclass(frozen=True, kw_only=True)
class RepeatTask:
    """Which symbols there are, and how long blocks and sequences are.

    Attributes:
        n_symbols: Number of different symbols (V).
        shortest: Smallest period.
        longest: Largest period; each between the two is as likely as the others.
        seq_len: Symbols in a sequence (T).
    """

    n_symbols: int = 32
    shortest: int = 8
    longest: int = 16
    seq_len: int = 33

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest <= min(self.n_symbols, self.seq_len - 1):
            raise ValueError(f"a block needs different symbols and room to begin again: {self}")

    def batch(
        self, batch_size: int, generator: torch.Generator, period: int | None = None
    ) -> RepeatBatch:
        """Draw some sequences.

        Args:
            batch_size: How many.
            generator: Source of the draws.
            period: The period of all of them. None: each has its own.

        Raises:
            ValueError: The task has no such period.
        """
        if period is None:
            n_periods = self.longest - self.shortest + 1
            periods = self.shortest + torch.randint(n_periods, (batch_size, 1), generator=generator)
        elif self.shortest <= period <= self.longest:
            periods = torch.full((batch_size, 1), period)
        else:
            raise ValueError(f"{period=} does not lie between {self.shortest} and {self.longest}")
        shuffled = torch.rand(batch_size, self.n_symbols, generator=generator).argsort(dim=1)
        places = torch.arange(self.seq_len)
        token_ids = shuffled.gather(1, places % periods)  # B T
        return RepeatBatch(token_ids, places[:-1] >= periods)

    def batches(self, batch_size: int, generator: torch.Generator) -> Iterator[RepeatBatch]:
        """Draw batches without end, each sequence with a period of its own."""
        while True:
            yield self.batch(batch_size, generator)
