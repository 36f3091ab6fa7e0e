"""What each head is worth: the loss without it, less the loss with it.

One head at a time, as in Michel et al. 2019 (arXiv:1905.10650), section 3.2.

Axes: B batch, T positions, L layers, H heads.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.func import functional_call

from course_lib.decoder import Decoder


def next_token_loss(model: Decoder, token_ids: Int[Tensor, "B T"]) -> float:
    """Return the mean cross-entropy of each token given those before it, in nats."""
    return _loss(model(token_ids[:, :-1]).logits, token_ids).item()


@torch.no_grad()
def losses_without_each_head(model: Decoder, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "L H"]:
    """Measure by how much the loss rises when a head is silenced, for each head in turn.

    A silent head hands nothing to the output projection: the columns of that projection that read
    it are taken for 0. The model itself stays as it is.

    Args:
        model: A trained model.
        token_ids: Text to measure on.

    Returns:
        Loss without the head minus loss with all heads, in nats; below 0 where the head does harm.
    """
    base = next_token_loss(model, token_ids)
    width = model.cfg.d_head
    rises = torch.zeros(model.cfg.n_layers, model.cfg.n_heads)
    for layer in range(model.cfg.n_layers):
        name = f"blocks.{layer}.attention.to_out.weight"
        for head in range(model.cfg.n_heads):
            weight = model.get_parameter(name).clone()
            weight[:, head * width : (head + 1) * width] = 0
            logits = functional_call(model, {name: weight}, (token_ids[:, :-1],)).logits
            rises[layer, head] = _loss(logits, token_ids).item() - base
    return rises


def _loss(logits: Float[Tensor, "B n V"], token_ids: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())
