"""Chapter 2: tokens, vectors, and every step of self-attention."""

TITLE = "Inside self-attention, step by step"

ORDER = (
    "most_frequent_pair",
    "bpe_encode",
    "embed",
    "stable_softmax",
    "softmax_jacobian",
    "attention_weights",
    "self_attention",
    "contextual_similarity",
    "written",
)
