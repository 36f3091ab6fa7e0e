"""How far back a gradient reaches: what a late output still feels of an early input.

The Jacobians whose products vanish or explode in Pascanu et al. 2013 (arXiv:1211.5063), section 2.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def gradient_reach(y: Float[Tensor, "B D"], x: Float[Tensor, "B T Din"]) -> Float[Tensor, "B T"]:
    """Measure how much each input moves an output.

    Args:
        y: The output looked at, such as the last hidden state; computed from `x`, each sequence of
            the batch by itself.
        x: The inputs, with `requires_grad` set before `y` was computed.

    Returns:
        The Frobenius norm of ∂y/∂x_t for every position t.

    Raises:
        ValueError: `y` was not computed from `x` with gradients required.
    """
    if not (x.requires_grad and y.requires_grad):
        raise ValueError("y must be computed from x, with gradients required of x")
    squares = x.new_zeros(x.shape[:2])
    # One row of the Jacobian at a time. The sum over the batch mixes nothing, since no sequence
    # depends on another.
    for component in y.sum(dim=0):
        (row,) = torch.autograd.grad(component, x, retain_graph=True)  # B T Din
        squares += row.square().sum(dim=-1)
    return squares.sqrt()
