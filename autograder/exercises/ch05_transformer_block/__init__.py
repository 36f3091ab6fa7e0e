"""Chapter 5: what stands around attention in a Transformer, and what the whole is trained on."""

TITLE = "The full Transformer block"

ORDER = (
    "layer_norm",
    "rms_norm",
    "swiglu",
    "PreNormBlock",
    "count_parameters",
    "mask_tokens",
    "corrupt_spans",
    "cross_attention",
    "logit_lens",
    "written",
)
