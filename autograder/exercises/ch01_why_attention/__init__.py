"""Chapter 1: what recurrent networks cannot carry, and what looking back brings."""

TITLE = "Why attention changed AI forever"

ORDER = (
    "rnn_step",
    "lstm_step",
    "jacobian_norms",
    "soft_lookup",
    "additive_scores",
    "luong_scores",
    "attend",
    "written",
    "layer_costs",
)
