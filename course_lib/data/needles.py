"""Facts among filler: recall asked for by place, in a context as long as wanted.

    f3 f0 k7 v5 f1 f8 f2 k1 v4 f0 f6 … f2   k7  →  v5
    └──────────── context ──────────────┘  asked

A fact is a key with a value right behind it. Keys and values are drawn anew for each context, from
the same symbols, so nothing can be learned by heart; the filler says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class NeedleBatch:
    """Contexts of one length, each with its facts asked behind it.

    Attributes:
        token_ids: The context, then each asked key with its value, one after the other.
        context_len: How many tokens the context has.
    """

    token_ids: Int[Tensor, "B T"]
    context_len: int

    @property
    def answers(self) -> Int[Tensor, "B n"]:
        """The values asked for."""
        return self.token_ids[:, self.context_len + 1 :: 2]


@dataclass(frozen=True, kw_only=True)
class NeedleTask:
    """Which symbols there are, and how many facts a context holds.

    Token ids: the symbols first, from which keys and values are drawn, then the filler.

    Attributes:
        n_symbols: Different symbols.
        n_fillers: Different fillers.
        n_facts: Facts in a context; no symbol stands in two of them.
    """

    n_symbols: int = 32
    n_fillers: int = 16
    n_facts: int = 4

    def __post_init__(self) -> None:
        if self.n_facts < 1 or 2 * self.n_facts > self.n_symbols or self.n_fillers < 1:
            raise ValueError(f"facts need two symbols each, all different, and filler: {self}")

    @property
    def vocab_size(self) -> int:
        """Number of different tokens."""
        return self.n_symbols + self.n_fillers

    def batch(
        self,
        batch_size: int,
        context_len: int,
        generator: torch.Generator,
        place: int | None = None,
    ) -> NeedleBatch:
        """Draw some contexts.

        Args:
            batch_size: How many.
            context_len: Tokens of each before anything is asked, an even number.
            generator: Source of the draws.
            place: Where the first fact begins, an even number; it alone is asked. None: it begins
                anywhere, and all are asked.

        Raises:
            ValueError: The facts do not fit into the context, or the place is not in it.
        """
        n_places = context_len // 2
        if context_len % 2 or n_places < self.n_facts:
            raise ValueError(f"{self.n_facts} facts do not fit into {context_len} tokens in pairs")
        if place is not None and (place % 2 or not 0 <= place < context_len):
            raise ValueError(f"no fact can begin at {place} in a context of {context_len}")
        fillers = torch.randint(self.n_fillers, (batch_size, context_len), generator=generator)
        order = torch.rand(batch_size, n_places, generator=generator)
        if place is not None:
            order[:, place // 2] = -1.0  # before all others: the first fact
        places = 2 * order.argsort(dim=1)[:, : self.n_facts]  # B n
        drawn = torch.rand(batch_size, self.n_symbols, generator=generator).argsort(dim=1)
        facts = drawn[:, : 2 * self.n_facts].unflatten(1, (-1, 2))  # B n 2
        context = (self.n_symbols + fillers).scatter(1, places, facts[..., 0])
        context = context.scatter(1, places + 1, facts[..., 1])
        asked = facts if place is None else facts[:, :1]
        return NeedleBatch(torch.cat([context, asked.flatten(1)], dim=1), context_len)

    def batches(
        self, batch_size: int, longest: int, generator: torch.Generator
    ) -> Iterator[NeedleBatch]:
        """Draw batches without end, each with one length from two tokens a fact to the longest."""
        while True:
            n_places = torch.randint(self.n_facts, longest // 2 + 1, (), generator=generator)
            yield self.batch(batch_size, 2 * int(n_places), generator)


def answer_loss(model: nn.Module, batch: NeedleBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the values asked for."""
    logits = model(batch.token_ids[:, :-1]).logits[:, batch.context_len :: 2]  # B n V
    return nn.functional.cross_entropy(logits.flatten(0, 1), batch.answers.flatten())
