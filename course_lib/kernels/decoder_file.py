"""A trained decoder as one small file, its matrices in 8 bits: small enough to fetch and run.

The file is in the safetensors format. A matrix lies under its name as whole numbers, with a scale
for each row under the same name and ".scale"; gains and biases stay in float32. What else is needed
to run it stands in the metadata: the sizes, and the two constants of the arithmetic.
"""

import json
from dataclasses import asdict
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from course_lib.decoder import NORM_EPS, ROTARY_BASE, Decoder, DecoderConfig
from course_lib.kernels.quantization import Int8Weight, dequantize_int8, quantize_int8

SCALE = ".scale"
"""What the name of a matrix's scales ends in."""
DESCRIPTION = "description"
"""The one entry of the metadata: JSON. With several, their order would change from run to run."""
SIZE_BYTES = 8
"""The length of a safetensors header, in front of it."""
MATRIX_AXES = 2


def pack_decoder(model: Decoder) -> bytes:
    """Round the matrices of a decoder to 8 bits and write it as one file.

    Args:
        model: The decoder.

    Returns:
        The file. The same weights give the same bytes.

    Raises:
        ValueError: A weight is not finite.
    """
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        tensor = tensor.detach().float().contiguous()
        if tensor.dim() < MATRIX_AXES:
            tensors[name] = tensor
            continue
        rounded = quantize_int8(tensor)
        tensors[name], tensors[name + SCALE] = rounded.values, rounded.scale
    description = {
        "config": asdict(model.cfg),
        "norm_eps": NORM_EPS,
        "rotary_base": ROTARY_BASE,
    }
    return save(tensors, {DESCRIPTION: json.dumps(description)})


def unpack_decoder(data: bytes) -> Decoder:
    """Build the decoder that a file holds, with the weights that 8 bits have left of it.

    What it computes in float32 is what any reader of the file should compute.

    Args:
        data: A file of `pack_decoder`.

    Returns:
        The decoder, in evaluation mode.

    Raises:
        ValueError: The file is damaged, or holds something else.
    """
    try:
        found = load(data)
        model = Decoder(DecoderConfig(**_description(data)["config"]), torch.Generator())
        model.load_state_dict(_weights(found))
    except (SafetensorError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"these {len(data)} bytes are no file of a decoder: {error}") from None
    return model.eval()


def _weights(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Multiply the whole numbers with their scales."""
    return {
        name: dequantize_int8(Int8Weight(values=tensor, scale=found[name + SCALE]))
        if tensor.dtype == torch.int8
        else tensor
        for name, tensor in found.items()
        if not name.endswith(SCALE)
    }


def _description(data: bytes) -> dict[str, Any]:
    """Read the metadata, which the safetensors package gives for files on disk only."""
    end = SIZE_BYTES + int.from_bytes(data[:SIZE_BYTES], "little")
    return json.loads(json.loads(data[SIZE_BYTES:end])["__metadata__"][DESCRIPTION])
