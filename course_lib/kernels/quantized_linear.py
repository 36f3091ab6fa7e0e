"""Linear layers that keep their weights in 8 or 4 bits.

Axes: Dout width out, Din width in: matrices lie as an `nn.Linear` stores them.
"""

import copy
from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.kernels.int8_product import int8_product
from course_lib.kernels.quantization import (
    Int4Weight,
    Int8Weight,
    dequantize_int4,
    quantize_int4,
    quantize_int8,
)

QuantizeLinear = Callable[[Float[Tensor, "Dout Din"], Float[Tensor, " Dout"] | None], nn.Module]
"""Makes a layer from the weight and the bias of an `nn.Linear`."""


class Int8Linear(nn.Module):
    """Multiply with weights in 8 bits, a scale for each output; see `int8_product`.

    Args:
        weight: The weights to round.
        bias: Added to the product, as it is. None adds nothing.
        n_digits: How finely the rows are rounded; with 2 the error is that of the weights alone.
    """

    values: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(
        self,
        weight: Float[Tensor, "Dout Din"],
        bias: Float[Tensor, " Dout"] | None = None,
        n_digits: int = 2,
    ) -> None:
        super().__init__()
        rounded = quantize_int8(weight.detach())
        self.n_digits = n_digits
        self.register_buffer("values", rounded.values)
        self.register_buffer("scale", rounded.scale)
        self.register_buffer("bias", _copied(bias))

    @property
    def weight(self) -> Int8Weight:
        """The weights in 8 bits."""
        return Int8Weight(values=self.values, scale=self.scale)

    def forward(self, x: Float[Tensor, "*batch Din"]) -> Float[Tensor, "*batch Dout"]:
        """Multiply and add the bias."""
        product = int8_product(x, self.weight, self.n_digits)
        return product if self.bias is None else product + self.bias


class Int4Linear(nn.Module):
    """Multiply with weights in 4 bits, a scale for each run of weights in a row.

    The matrix is turned back at every call: this saves memory, not time.

    Args:
        weight: The weights to round.
        bias: Added to the product, as it is. None adds nothing.
        n_per_scale: How many weights share a scale.
    """

    packed: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(
        self,
        weight: Float[Tensor, "Dout Din"],
        bias: Float[Tensor, " Dout"] | None = None,
        n_per_scale: int = 32,
    ) -> None:
        super().__init__()
        rounded = quantize_int4(weight.detach(), n_per_scale)
        self.register_buffer("packed", rounded.packed)
        self.register_buffer("scale", rounded.scale)
        self.register_buffer("bias", _copied(bias))

    @property
    def weight(self) -> Int4Weight:
        """The weights in 4 bits."""
        return Int4Weight(packed=self.packed, scale=self.scale)

    def forward(self, x: Float[Tensor, "*batch Din"]) -> Float[Tensor, "*batch Dout"]:
        """Turn the weights back, multiply and add the bias."""
        product = x @ dequantize_int4(self.weight).to(x.dtype).mT
        return product if self.bias is None else product + self.bias


def with_quantized_linears(model: nn.Module, quantize: QuantizeLinear) -> nn.Module:
    """Return a copy of a model in which every `nn.Linear` is quantized.

    What else it holds, such as embeddings and normalisations, stays as it is.

    Args:
        model: The model.
        quantize: Makes the layer that takes the place of a linear one: `Int8Linear`, say.
    """
    if isinstance(model, nn.Linear):
        return quantize(model.weight, model.bias)
    quantized = copy.deepcopy(model)
    for module in list(quantized.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, quantize(child.weight, child.bias))
    return quantized


def _copied(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.detach().clone()
