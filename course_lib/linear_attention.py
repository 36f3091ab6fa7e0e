"""Attention whose weights are products, so that its past fits in a table of fixed size.

Axes: T positions, Tq queries, Tk keys, Dh width of a key, Dv width of a value; any axes may stand
before them. What is called features here are queries and keys after `positive_features`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


def positive_features(x: Float[Tensor, "*batch Dh"]) -> Float[Tensor, "*batch Dh"]:
    """Make every number positive: x + 1 above 0, the exponential of x below.

    The elu plus 1 of Katharopoulos et al. 2020 (arXiv:2006.16236), section 3.2.
    """
    return torch.where(x > 0, x + 1, x.clamp(max=0).exp())


def mix_by_products(
    q_features: Float[Tensor, "*batch T Dh"],
    k_features: Float[Tensor, "*batch T Dh"],
    v: Float[Tensor, "*batch T Dv"],
) -> Float[Tensor, "*batch T Dv"]:
    """Mix the values of each position and those before it, all positions at once.

    The form for training: a table of T x T weights, as for softmax.

    Args:
        q_features: Queries, positive.
        k_features: Keys, positive.
        v: Values.

    Returns:
        One mixture a position; its weights are the products, over their sum.
    """
    weights = torch.tril(q_features @ k_features.mT)  # *batch T T
    return weights @ v / weights.sum(dim=-1, keepdim=True)


@dataclass(frozen=True)
class TableState:
    """What is kept of all positions so far.

    Attributes:
        table: Sum of each key times its value.
        total: Sum of the keys.
    """

    table: Float[Tensor, "*batch Dh Dv"]
    total: Float[Tensor, "*batch Dh"]

    def after(
        self, k_features: Float[Tensor, "*batch Dh"], v: Float[Tensor, "*batch Dv"]
    ) -> "TableState":
        """Return the state with one more key and value in it; this one stays as it is."""
        entry = torch.einsum("...d,...e->...de", k_features, v)
        return TableState(self.table + entry, self.total + k_features)

    def look_up(self, q_features: Float[Tensor, "*batch Dh"]) -> Float[Tensor, "*batch Dv"]:
        """Mix the values that were written, by how well their keys match a query."""
        mixed = torch.einsum("...d,...de->...e", q_features, self.table)
        return mixed / torch.einsum("...d,...d->...", q_features, self.total)[..., None]

    @property
    def n_numbers(self) -> int:
        """How many numbers are kept for one sequence and head."""
        d_head, d_value = self.table.shape[-2:]
        return d_head * (d_value + 1)


def empty_table(d_head: int, d_value: int, dtype: torch.dtype = torch.float32) -> TableState:
    """Return the state before the first position: zeros, which no query can look up."""
    return TableState(torch.zeros(d_head, d_value, dtype=dtype), torch.zeros(d_head, dtype=dtype))
