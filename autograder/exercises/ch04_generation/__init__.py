"""Chapter 4: from the scores of the next token to a text."""

TITLE = "How GPT actually generates text"

ORDER = (
    "causal_mask",
    "next_token_loss",
    "sample_token",
    "top_k_filter",
    "top_p_filter",
    "penalise_repeats",
    "generate",
    "beam_search",
    "written",
)
