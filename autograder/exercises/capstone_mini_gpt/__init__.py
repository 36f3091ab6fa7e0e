"""The capstone: a GPT that is built, trained, aligned and made to write by one's own functions."""

TITLE = "A GPT of your own"

ORDER = (
    "gpt_block",
    "gpt",
    "update",
    "train_step",
    "train",
    "answer_log_p",
    "align_step",
    "generate_cached",
    "written",
)
