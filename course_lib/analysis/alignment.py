"""Where a writer looked in what it read: how much of it lies on the line that a task asks for."""

import torch
from jaxtyping import Float
from torch import Tensor


def antidiagonal_share(weights: Float[Tensor, "*batch T T"]) -> float:
    """Return in what share of the rows the largest weight lies on the anti-diagonal.

    That line runs from the upper right to the lower left: the first row looks at the last column,
    the last row at the first. It is where a writer must look that writes a sequence backwards.

    Args:
        weights: One row for each position written, one column for each position read. Among equal
            weights the first counts as the largest.
    """
    length = weights.shape[-1]
    backwards = torch.arange(length - 1, -1, -1, device=weights.device)
    return (weights.argmax(dim=-1) == backwards).double().mean().item()
