"""A source whose next symbol depends on the last two, and whose entropy is therefore known exactly.

Axes: V symbols; entry (a, b, c) of a table speaks of symbol c after a and b. B sequences, T places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

N_ROUNDS = 200  # of the power iteration; a table without zeros forgets its start long before
N_AT_ONCE = 50
"""Batches that are drawn together: the loop over places costs the same for one and for many."""


@dataclass(frozen=True)
class MarkovSource:
    """Draws symbols one after the other, each given the two before it.

    Attributes:
        table: The probability of each symbol after each pair, all above 0.

    Raises:
        ValueError: A probability is not above 0, or those after a pair do not add up to 1.
    """

    table: Float[Tensor, "V V V"]

    def __post_init__(self) -> None:
        if not (self.table > 0).all():
            raise ValueError(f"every probability must be above 0, got {self.table.min().item()}")
        sums = self.table.sum(dim=-1)
        # A sum of V rounded numbers is off by some units of the last place.
        if not torch.allclose(sums, torch.ones_like(sums), rtol=0, atol=1e-6):
            raise ValueError(f"probabilities add up to {sums.min().item()} to {sums.max().item()}")

    @property
    def n_symbols(self) -> int:
        """How many different symbols there are (V)."""
        return len(self.table)

    @cached_property
    def pairs(self) -> Float[Tensor, "V V"]:
        """How often each pair of neighbours stands in a text without end."""
        share = torch.full_like(self.table[0], self.n_symbols**-2)
        for _ in range(N_ROUNDS):
            share = (share.unsqueeze(-1) * self.table).sum(dim=0)
        return share / share.sum()

    @cached_property
    def entropy(self) -> float:
        """Mean surprise at a symbol whose two forerunners are known, in nats: the least loss."""
        by_pair = -(self.table * self.table.log()).sum(dim=-1)  # V V
        return (self.pairs * by_pair).sum().item()

    def draw(self, batch_size: int, seq_len: int, generator: torch.Generator) -> Int[Tensor, "B T"]:
        """Draw stretches of the text.

        Args:
            batch_size: How many.
            seq_len: Symbols in each, at least two.
            generator: Source of the draws.

        Raises:
            ValueError: A stretch has no room for the first pair.
        """
        if seq_len < len(self.pairs.shape):
            raise ValueError(f"{seq_len=} leaves no room for a pair")
        first = torch.multinomial(
            self.pairs.flatten(), batch_size, replacement=True, generator=generator
        )
        symbols = [first // self.n_symbols, first % self.n_symbols]
        chances = torch.rand(seq_len - 2, batch_size, generator=generator)
        for chance in chances.to(self.table.dtype):
            below = self._sums[symbols[-2], symbols[-1]] < chance.unsqueeze(-1)  # B V
            symbols.append(below.sum(dim=-1).clamp(max=self.n_symbols - 1))
        return torch.stack(symbols, dim=1)

    def batches(
        self, batch_size: int, seq_len: int, generator: torch.Generator
    ) -> Iterator[Int[Tensor, "B T"]]:
        """Draw batches without end; see `draw`."""
        while True:
            yield from self.draw(batch_size * N_AT_ONCE, seq_len, generator).split(batch_size)

    def excess(
        self, logits: Float[Tensor, "B T V"], token_ids: Int[Tensor, "B T"]
    ) -> Float[Tensor, ""]:
        """Return how far a model's loss lies above the entropy, without the luck of the draw.

        At each place but the first, where only one symbol is known, the model's distribution is
        compared with the true one, not with the symbol that was drawn: the mean divergence.

        Args:
            logits: Scores of the symbol that follows each place.
            token_ids: What was read.
        """
        true = self.table[token_ids[:, :-1], token_ids[:, 1:]].to(logits.dtype)  # B T-1 V
        return (true * (true.log() - logits[:, 1:].log_softmax(dim=-1))).sum(dim=-1).mean()

    @cached_property
    def _sums(self) -> Float[Tensor, "V V V"]:
        return self.table.cumsum(dim=-1)


def make_markov_source(
    seed: int, n_symbols: int = 40, fall: float = 1.25, spread: float = 2.0
) -> MarkovSource:
    """Make a source with something to find at every scale.

    Each symbol has as many features as there are symbols, some of great weight and others of ever
    less. For each feature the next symbol tends to agree with the last one or to differ from it,
    and likewise with the one before. A model of a size has room for so many features, and the next
    larger one for some more.

    Args:
        seed: Of the features and of who agrees.
        n_symbols: Different symbols (V).
        fall: Feature k has a weight of k to the power of minus this.
        spread: Standard deviation of the logits.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = n_symbols, n_symbols
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
    features, _ = torch.linalg.qr(drawn)  # one column a feature, none like another
    agrees = torch.randint(2, (2, n_symbols), generator=generator).double() * 2 - 1
    weights = torch.arange(1, n_symbols + 1, dtype=torch.float64) ** -fall
    older, newer = ((features * weights * sign) @ features.mT for sign in agrees)  # V V
    logits = older.unsqueeze(1) + newer  # V V V
    return MarkovSource((logits * (spread / logits.std())).softmax(dim=-1))
