"""What the published files of LLaMA, Mistral, Qwen, Gemma and Mixtral have in common."""

from course_lib.models.public_checkpoint import linear, norm
from course_lib.models.public_config import PublicConfig
from course_lib.models.rotary_decoder import RotaryDecoderConfig
from course_lib.rotary import Llama3Scaling

# Of configs that do not say it: Su et al. 2021 (arXiv:2104.09864), section 3.2.2.
DEFAULT_BASE = 10_000.0

BLOCK = "decoder.blocks.*"
PUBLIC_BLOCK = "model.layers.*"

ATTENTION_SOURCES = {
    **linear("embedding", "model.embed_tokens"),
    **linear(f"{BLOCK}.attention.to_q", f"{PUBLIC_BLOCK}.self_attn.q_proj"),
    **linear(f"{BLOCK}.attention.to_k", f"{PUBLIC_BLOCK}.self_attn.k_proj"),
    **linear(f"{BLOCK}.attention.to_v", f"{PUBLIC_BLOCK}.self_attn.v_proj"),
    **linear(f"{BLOCK}.attention.to_out", f"{PUBLIC_BLOCK}.self_attn.o_proj"),
    **linear("unembedding", "lm_head"),
}
"""Where embeddings and attention stand; Qwen's norms of queries and keys are not among them."""

NORM_SOURCES = {
    **norm(f"{BLOCK}.attention_norm", f"{PUBLIC_BLOCK}.input_layernorm"),
    **norm(f"{BLOCK}.feed_forward_norm", f"{PUBLIC_BLOCK}.post_attention_layernorm"),
    **norm("decoder.final_norm", "model.norm"),
}
"""Where the normalisations of blocks that normalise first stand."""

FEED_FORWARD_SOURCES = {
    **linear(f"{BLOCK}.feed_forward.to_gate", f"{PUBLIC_BLOCK}.mlp.gate_proj"),
    **linear(f"{BLOCK}.feed_forward.to_up", f"{PUBLIC_BLOCK}.mlp.up_proj"),
    **linear(f"{BLOCK}.feed_forward.to_out", f"{PUBLIC_BLOCK}.mlp.down_proj"),
}
"""Where the gated feed-forward layers stand."""

OLD_CONSTANTS = "model.layers.*.self_attn.rotary_emb.inv_freq"
"""Rotary frequencies, which old files hold though they are not learned."""


def ignored_names(cfg: RotaryDecoderConfig) -> tuple[str, ...]:
    """Say which public tensors hold nothing to learn: constants, and a copy of tied embeddings."""
    return (OLD_CONSTANTS, "lm_head.weight") if cfg.ties_embeddings else (OLD_CONSTANTS,)


def read_sizes(config: PublicConfig) -> RotaryDecoderConfig:
    """Read the sizes that all these models name alike; windows are for the caller to read.

    Raises:
        ValueError: A size is missing or is none, or the rotary positions are of another kind.
    """
    d_model, n_heads = config.size("hidden_size"), config.size("num_attention_heads")
    rotary_base, rotary_scaling = read_rotary(config)
    return RotaryDecoderConfig(
        vocab_size=config.size("vocab_size"),
        d_model=d_model,
        n_heads=n_heads,
        n_kv_heads=config.size("num_key_value_heads", default=n_heads),
        d_head=config.size("head_dim", default=d_model // n_heads),
        n_layers=config.size("num_hidden_layers"),
        d_ff=config.size("intermediate_size"),
        norm_eps=config.number("rms_norm_eps"),
        rotary_base=rotary_base,
        rotary_scaling=rotary_scaling,
        ties_embeddings=config.flag("tie_word_embeddings", default=False),
    )


def read_rotary(config: PublicConfig) -> tuple[float, Llama3Scaling | None]:
    """Read base and scaling of rotary positions, under their names of today or of before 2025.

    Raises:
        ValueError: The scaling is neither none nor that of LLaMA 3.
    """
    if config.says("rope_parameters"):
        rotary = config.part("rope_parameters")
        base = rotary.number("rope_theta", default=DEFAULT_BASE)
    else:
        rotary = config.part("rope_scaling")
        base = config.number("rope_theta", default=DEFAULT_BASE)
    rotary.must_be("partial_rotary_factor", 1.0)
    kind = "type" if rotary.says("type") and not rotary.says("rope_type") else "rope_type"
    if not rotary.one_of(kind, {"default": False, "llama3": True}, default="default"):
        return base, None
    return base, Llama3Scaling(
        factor=rotary.number("factor"),
        low_freq_factor=rotary.number("low_freq_factor"),
        high_freq_factor=rotary.number("high_freq_factor"),
        original_max_seq_len=rotary.size("original_max_position_embeddings"),
    )


def read_window(config: PublicConfig) -> int | None:
    """Read how many positions a query sees in every layer; None for all.

    Raises:
        ValueError: It is no size.
    """
    return config.size("sliding_window") if config.says("sliding_window") else None


def read_layer_windows(config: PublicConfig) -> tuple[int | None, ...]:
    """Read how many positions a query sees in each layer, where "layer_types" lists their kinds.

    Raises:
        ValueError: A kind is neither full nor sliding attention, or a window has no size.
    """
    windows = []
    for kind in config.settings["layer_types"]:
        if kind not in ("full_attention", "sliding_attention"):
            raise ValueError(f"{config.origin}: layer_types has {kind!r}, which is not supported")
        windows.append(config.size("sliding_window") if kind == "sliding_attention" else None)
    return tuple(windows)
