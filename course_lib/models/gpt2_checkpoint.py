"""Where the parameters of a GPT-2 stand in its published files.

They hold matrices as (width in, width out), and the projections to queries, keys and values as one.
"""

from functools import partial

from torch import Tensor

from course_lib.models.public_checkpoint import Source, linear, norm, transposed


def _third(tensor: Tensor, part: int) -> Tensor:
    """Cut queries, keys or values out of what GPT-2 stores as one."""
    return tensor.tensor_split(3, dim=-1)[part]


def _third_transposed(tensor: Tensor, part: int) -> Tensor:
    return transposed(_third(tensor, part))


def _fused(ours: str, public: str, part: int) -> dict[str, Source]:
    return {
        f"{ours}.weight": Source(f"{public}.weight", partial(_third_transposed, part=part)),
        f"{ours}.bias": Source(f"{public}.bias", partial(_third, part=part)),
    }


def _transposed_linear(ours: str, public: str) -> dict[str, Source]:
    return linear(ours, public) | {f"{ours}.weight": Source(f"{public}.weight", transposed)}


_BLOCK = "decoder.blocks.*"
SOURCES = {
    **linear("embedding", "wte"),
    "positions.table": Source("wpe.weight"),
    **norm(f"{_BLOCK}.attention_norm", "h.*.ln_1"),
    **_fused(f"{_BLOCK}.attention.to_q", "h.*.attn.c_attn", part=0),
    **_fused(f"{_BLOCK}.attention.to_k", "h.*.attn.c_attn", part=1),
    **_fused(f"{_BLOCK}.attention.to_v", "h.*.attn.c_attn", part=2),
    **_transposed_linear(f"{_BLOCK}.attention.to_out", "h.*.attn.c_proj"),
    **norm(f"{_BLOCK}.feed_forward_norm", "h.*.ln_2"),
    **_transposed_linear(f"{_BLOCK}.feed_forward.to_hidden", "h.*.mlp.c_fc"),
    **_transposed_linear(f"{_BLOCK}.feed_forward.to_out", "h.*.mlp.c_proj"),
    **norm("decoder.final_norm", "ln_f"),
    "unembedding.weight": Source("lm_head.weight"),
}
"""Where each parameter stands. A model with tied embeddings has no unembedding of its own."""

OLD_CONSTANTS = ("h.*.attn.bias", "h.*.attn.masked_bias")
"""Masks, which old files hold though they are not learned."""
