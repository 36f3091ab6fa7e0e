"""How strongly a loss pulls at each layer of a model."""

from collections.abc import Callable, Iterable
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor, nn


def layer_gradients(
    loss: Callable[[], Float[Tensor, ""]], layers: Iterable[nn.Module]
) -> Float[Tensor, " L"]:
    """Measure the length of the gradient of all parameters of each layer.

    Parameters that the loss does not depend on count as 0. No gradient is left behind.

    Args:
        loss: Computes the loss.
        layers: The layers, such as the blocks of a stack.

    Returns:
        One length a layer: the root of the sum of all squared derivatives.
    """
    owned = [list(layer.parameters()) for layer in layers]
    flat = [parameter for parameters in owned for parameter in parameters]
    found = iter(torch.autograd.grad(loss(), flat, allow_unused=True))
    return torch.stack([_length(islice(found, len(parameters))) for parameters in owned])


def _length(gradients: Iterable[Tensor | None]) -> Float[Tensor, ""]:
    squares = [gradient.square().sum() for gradient in gradients if gradient is not None]
    return torch.stack(squares).sum().sqrt() if squares else torch.zeros(())
