"""How many directions the rows of a representation really use.

Axes: T rows, D components.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def effective_rank(x: Float[Tensor, "*batch T D"]) -> Float[Tensor, "*batch"]:
    """Count the directions of the rows, each by its share.

    Roy and Vetterli 2007, definition 1: e to the power of the entropy of the singular values, taken
    as shares of their sum. Rows that all point the same way have 1; T rows at right angles to each
    other and equally long have T. Rows that are all 0 have no direction, and 0.

    Args:
        x: Representations, one row a position.

    Returns:
        A number between 0 and the smaller of T and D for each representation.
    """
    sizes = torch.linalg.svdvals(x)  # *batch min(T, D)
    total = sizes.sum(dim=-1, keepdim=True)
    shares = torch.where(total > 0, sizes / total, 0)
    entropy = -torch.special.xlogy(shares, shares).sum(dim=-1)
    return torch.where(total.squeeze(-1) > 0, entropy.exp(), 0)
