"""Chapter 6: from a text without labels to a model that answers, and what its reward missed."""

TITLE = "How LLMs are actually trained"

ORDER = (
    "adamw_step",
    "lr_at",
    "clip_by_global_norm",
    "pack_documents",
    "fit_scaling_law",
    "compute_optimal",
    "sft_loss",
    "preference_loss",
    "dpo_loss",
    "grpo_advantages",
    "written",
)
