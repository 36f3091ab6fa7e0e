"""The functions from which a GPT is built, trained, aligned and made to write, one field each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The functions, by the names of the exercises that ask for them.

    Attributes:
        embed: Token ids and a table → one-hot rows and vectors.
        stable_softmax: Scores → shares along an axis.
        split_heads: B T D → B H T Dh.
        merge_heads: And back.
        apply_rope: Turns queries and keys by their positions.
        causal_mask: Who may look at whom.
        next_token_loss: Mean surprise at each next token.
        sample_token: Draws a token at a temperature.
        top_p_filter: Leaves the most probable tokens.
        rms_norm: Brings rows to one size.
        swiglu: A gated feed-forward layer.
        adamw_step: Moves one parameter.
        lr_at: Learning rate of a step.
        clip_by_global_norm: Shortens gradients.
        dpo_loss: The loss of a preference.
        gpt_block: One block with its past.
        gpt: The whole model.
        update: Moves every parameter.
        train_step: One step of training.
        answer_log_p: ln p of answers.
    """

    embed: Function
    stable_softmax: Function
    split_heads: Function
    merge_heads: Function
    apply_rope: Function
    causal_mask: Function
    next_token_loss: Function
    sample_token: Function
    top_p_filter: Function
    rms_norm: Function
    swiglu: Function
    adamw_step: Function
    lr_at: Function
    clip_by_global_norm: Function
    dpo_loss: Function
    gpt_block: Function
    gpt: Function
    update: Function
    train_step: Function
    answer_log_p: Function
