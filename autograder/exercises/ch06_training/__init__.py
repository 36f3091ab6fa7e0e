"""Chapter 6: from a text without labels to a model that answers, and what its reward missed."""

TITLE = "How LLMs are actually trained"

ORDER = (
    "pack_documents",
    "adamw_step",
    "lr_at",
    "clip_by_global_norm",
    "fit_scaling_law",
    "compute_optimal",
    "sft_loss",
    "preference_loss",
    "grpo_advantages",
    "dpo_loss",
    "written",
)
