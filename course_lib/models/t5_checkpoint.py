"""Where the parameters of a T5 stand in its published files."""

from collections.abc import Mapping

import torch
from torch import Tensor

from course_lib.models.public_checkpoint import Source, linear, norm


def _stack(ours: str, public: str, n_attentions: int) -> dict[str, Source]:
    """Say where the blocks of one stack stand, whose parts are numbered in their order."""
    ours, public = f"{ours}.blocks.*", f"{public}.block.*.layer"
    feed_forward = f"{public}.{n_attentions}.DenseReluDense"
    return {
        **_attention(f"{ours}.attention", f"{public}.0.SelfAttention"),
        **norm(f"{ours}.attention_norm", f"{public}.0.layer_norm"),
        **linear(f"{ours}.feed_forward.to_hidden", f"{feed_forward}.wi"),
        **linear(f"{ours}.feed_forward.to_gate", f"{feed_forward}.wi_0"),
        **linear(f"{ours}.feed_forward.to_up", f"{feed_forward}.wi_1"),
        **linear(f"{ours}.feed_forward.to_out", f"{feed_forward}.wo"),
        **norm(f"{ours}.feed_forward_norm", f"{public}.{n_attentions}.layer_norm"),
    }


def _attention(ours: str, public: str) -> dict[str, Source]:
    return {
        **linear(f"{ours}.to_q", f"{public}.q"),
        **linear(f"{ours}.to_k", f"{public}.k"),
        **linear(f"{ours}.to_v", f"{public}.v"),
        **linear(f"{ours}.to_out", f"{public}.o"),
    }


_BIAS = "block.0.layer.0.SelfAttention.relative_attention_bias.weight"
_CROSS = "stacks.decoder.blocks.*.cross_attention"
SOURCES = {
    **linear("embedding", "shared"),
    "encoder_bias.table": Source(f"encoder.{_BIAS}"),
    "decoder_bias.table": Source(f"decoder.{_BIAS}"),
    **_stack("stacks.encoder", "encoder", n_attentions=1),
    **_stack("stacks.decoder", "decoder", n_attentions=2),
    **_attention(_CROSS, "decoder.block.*.layer.1.EncDecAttention"),
    **norm(f"{_CROSS}_norm", "decoder.block.*.layer.1.layer_norm"),
    **norm("stacks.encoder.final_norm", "encoder.final_layer_norm"),
    **norm("stacks.decoder.final_norm", "decoder.final_layer_norm"),
    **linear("unembedding", "lm_head"),
}
"""Where each parameter stands. A model with tied embeddings has no unembedding of its own."""

NOT_USED = ("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",)
"""Biases of the cross-attention, which old files hold though T5 adds none to its scores."""

_COPIES = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")


def without_copies(found: Mapping[str, Tensor], ties_embeddings: bool) -> dict[str, Tensor]:
    """Leave out what some files hold more than once: the embeddings.

    Args:
        found: All tensors of the files.
        ties_embeddings: Whether the unembedding may be a copy of the embeddings too.

    Returns:
        The tensors but for those that are equal to the embeddings.
    """
    shared = found.get("shared.weight", torch.empty(0))
    copies = _COPIES if ties_embeddings else _COPIES[:2]
    return {
        name: tensor
        for name, tensor in found.items()
        if name not in copies or not torch.equal(tensor, shared)
    }
