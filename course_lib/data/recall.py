"""Key-value recall: read some pairs, then much that does not matter, then name one value.

    k3 v5  k0 v1  k7 v5   .  .  .  .  .   k0  →  v1
    └──── pairs ──────┘   └── gap ───┘   query

How far back the answer lies is set by the gap alone. Nothing else changes, so what a network loses
as the gap grows, it loses to distance.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class RecallBatch:
    """Sequences of one length, and the value that each asks for.

    Attributes:
        token_ids: Pairs, fillers and the query.
        targets: Number of the value that belongs to the queried key, from 0.
    """

    token_ids: Int[Tensor, "B T"]
    targets: Int[Tensor, " B"]


@dataclass(frozen=True, kw_only=True)
class RecallTask:
    """Which keys and values there are, and how many pairs a sequence holds.

    Token ids: the keys first, then the values, then the one filler.

    Attributes:
        n_keys: Number of different keys.
        n_values: Number of different values; each is drawn anew, so that two keys may share one.
        n_pairs: Pairs in a sequence; their keys all differ.
    """

    n_keys: int = 8
    n_values: int = 8
    n_pairs: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.n_pairs <= self.n_keys or self.n_values < 1:
            raise ValueError(f"pairs need different keys, and some value: {self}")

    @property
    def vocab_size(self) -> int:
        """Number of different tokens."""
        return self.n_keys + self.n_values + 1

    @property
    def filler(self) -> int:
        """The token that fills the gap."""
        return self.vocab_size - 1

    @property
    def chance(self) -> float:
        """Share that is right by naming any value."""
        return 1 / self.n_values

    @property
    def one_of_the_seen(self) -> float:
        """Share that is right by naming a value of the sequence, whatever the query is."""
        return 1 / self.n_pairs + (1 - 1 / self.n_pairs) / self.n_values

    def batch(self, batch_size: int, gap: int, generator: torch.Generator) -> RecallBatch:
        """Draw some sequences.

        Args:
            batch_size: How many.
            gap: Fillers between the last pair and the query.
            generator: Source of the draws.

        Raises:
            ValueError: The gap is negative.
        """
        if gap < 0:
            raise ValueError(f"a gap cannot be negative, got {gap}")
        order = torch.rand(batch_size, self.n_keys, generator=generator).argsort(dim=1)
        keys = order[:, : self.n_pairs]  # B P
        values = torch.randint(self.n_values, keys.shape, generator=generator)  # B P
        asked = torch.randint(self.n_pairs, (batch_size, 1), generator=generator)  # B 1
        pairs = torch.stack([keys, self.n_keys + values], dim=-1).flatten(1)  # B 2P
        fillers = torch.full((batch_size, gap), self.filler)
        token_ids = torch.cat([pairs, fillers, keys.gather(1, asked)], dim=1)  # B T
        return RecallBatch(token_ids, values.gather(1, asked).squeeze(1))

    def batches(
        self,
        batch_size: int,
        gaps: Callable[[int], Sequence[int]],
        generator: torch.Generator,
    ) -> Iterator[RecallBatch]:
        """Draw batches without end, each with one gap.

        Args:
            batch_size: Sequences in a batch.
            gaps: Gives the gaps that may be drawn at a step, counted from 0, each as likely as the
                others.
            generator: Source of the draws.
        """
        for step in count():
            allowed = gaps(step)
            chosen = int(torch.randint(len(allowed), (), generator=generator))
            yield self.batch(batch_size, allowed[chosen], generator)
