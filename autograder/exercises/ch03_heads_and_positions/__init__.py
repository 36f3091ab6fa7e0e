"""Chapter 3: several heads side by side, and four ways to put positions in."""

TITLE = "Multi-head attention and positional encoding"

ORDER = (
    "split_merge_heads",
    "MultiHeadAttention",
    "sinusoidal_encoding",
    "shift_matrix",
    "apply_rope",
    "alibi_bias",
    "head_scores",
    "ablate",
    "written",
)
