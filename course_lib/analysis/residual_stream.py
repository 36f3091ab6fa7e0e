"""What the residual stream of a decoder holds behind each of its layers.

It has its name from Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits".

Axes: L layers, B batch, T positions, D width of the residual stream.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.decoder import Decoder


@torch.no_grad()
def residual_stream(model: Decoder, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "_ B T D"]:
    """Read the stream in front of the first block and behind each block.

    The final norm is not applied: what is given is what the blocks add to.

    Args:
        model: The decoder.
        token_ids: The texts that it reads.

    Returns:
        One stream more than there are blocks; the first is that of the embeddings.
    """
    x = model.embed(token_ids)
    context = model.context(token_ids.shape[1], x, keep_weights=False)
    streams = [x]
    for block in model.blocks:
        x = block(x, context).x
        streams.append(x)
    return torch.stack(streams)
