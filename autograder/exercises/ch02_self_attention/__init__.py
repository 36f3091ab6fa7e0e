"""Chapter 2: tokens, vectors, and every step of self-attention."""

TITLE = "Inside self-attention, step by step"

ORDER = (
    "most_frequent_pair",
    "bpe_encode",
    "embed",
    "stable_softmax",
    "attention_weights",
    "self_attention",
    "softmax_jacobian",
    "contextual_similarity",
    "written",
)
