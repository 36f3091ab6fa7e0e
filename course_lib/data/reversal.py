"""Reversing a sequence of random tokens: nothing can be guessed, all must be carried across."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class ReversalBatch:
    """Sequences of one length, with what is to be written.

    Attributes:
        source_ids: What is read.
        told_ids: What the writer is told that it has written: the start token, then the target
            without its last token.
        target_ids: The source backwards.
    """

    source_ids: Int[Tensor, "B T"]
    told_ids: Int[Tensor, "B T"]
    target_ids: Int[Tensor, "B T"]


@dataclass(frozen=True, kw_only=True)
class ReversalTask:
    """How many tokens there are.

    Attributes:
        n_symbols: Number of different tokens in a sequence; one more token starts the writing.
    """

    n_symbols: int = 16

    def __post_init__(self) -> None:
        if self.n_symbols < 1:
            raise ValueError(f"a sequence needs some token, got {self.n_symbols=}")

    @property
    def start_id(self) -> int:
        """The token that stands before the first that is written."""
        return self.n_symbols

    @property
    def vocab_size(self) -> int:
        """Number of different tokens, the start token among them."""
        return self.n_symbols + 1

    def batch(self, batch_size: int, length: int, generator: torch.Generator) -> ReversalBatch:
        """Draw some sequences.

        Args:
            batch_size: How many.
            length: Tokens of each.
            generator: Source of the draws.

        Raises:
            ValueError: A sequence would be empty.
        """
        if length < 1:
            raise ValueError(f"a sequence needs at least one token, got {length=}")
        source_ids = torch.randint(self.n_symbols, (batch_size, length), generator=generator)
        target_ids = source_ids.flip(1)
        start = torch.full((batch_size, 1), self.start_id)
        return ReversalBatch(source_ids, torch.cat([start, target_ids[:, :-1]], 1), target_ids)

    def batches(
        self, batch_size: int, longest: Callable[[int], int], generator: torch.Generator
    ) -> Iterator[ReversalBatch]:
        """Draw batches without end, each of one length from 2 to the longest allowed.

        Args:
            batch_size: Sequences in a batch.
            longest: Gives the largest length that may be drawn at a step, counted from 0.
            generator: Source of the draws.
        """
        for step in count():
            length = int(torch.randint(2, longest(step) + 1, (), generator=generator))
            yield self.batch(batch_size, length, generator)
