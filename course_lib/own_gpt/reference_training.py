"""Training steps that stand in for a learner's: of a language model, and towards a preference.

Axes: B texts, T tokens, P pairs of answers.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.own_gpt.chapter_functions import adamw_step, dpo_loss, lr_at, next_token_loss
from course_lib.own_gpt.parameters import ADAMW, MAX_NORM, Params, State, new_state, nothing_yet
from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.tales import PAD
from course_lib.training.clipping import clip_together

Answers = tuple[Tensor, Tensor]  # P T each; chosen and rejected texts differ in length
"""Texts, and True where a token belongs to the answer."""


def reference_update(
    params: Params,
    grads: Sequence[Float[Tensor, "..."]],
    state: State,
    lr: float,
    parts: object = None,
) -> tuple[Params, State]:
    """Shorten the gradient if it is too long, and move every parameter by AdamW.

    Args:
        params: Where they are.
        grads: One gradient a parameter, in their order.
        state: AdamW's memory of each.
        lr: Learning rate.
        parts: Not used; a learner's function takes its steps from there.

    Raises:
        ValueError: There are not as many gradients as parameters.
    """
    if len(grads) != len(params):
        raise ValueError(f"{len(params)} parameters have {len(grads)} gradients; each needs one")
    short = clip_together(grads, MAX_NORM).grads
    moved = {
        name: adamw_step(params[name].detach(), short[place], state[name], (lr, *ADAMW))
        for place, name in enumerate(params)
    }
    return {name: one[0] for name, one in moved.items()}, {n: one[1] for n, one in moved.items()}


def reference_train_step(
    token_ids: Int[Tensor, "B T"],
    params: Params,
    state: State,
    lr: float,
    n_heads: int,
    parts: Parts,
) -> tuple[float, Params, State]:
    """Take one step towards a lower loss on some texts; see `reference_update`.

    Returns:
        The loss before the step, in nats a token; parameters and memory after it.
    """
    leaves = _leaves(params)
    logits = parts.gpt(
        token_ids, leaves, nothing_yet(params, len(token_ids), n_heads), n_heads, parts
    )[0]
    loss = next_token_loss(logits, token_ids, PAD)
    loss.backward()
    return (loss.item(), *reference_update(params, _gradients(leaves), state, lr))


def reference_train(
    batches: Sequence[Int[Tensor, "_ _"]],  # of unequal sizes
    params: Params,
    n_heads: int,
    peak: float,
    warmup: int,
    parts: Parts,
) -> tuple[Params, list[float]]:
    """Take a step for each batch, at a rate that rises, and falls to 0 along half a cosine.

    Returns:
        The trained parameters, and the loss of each step.
    """
    state, losses = new_state(params), []
    for step in range(len(batches)):
        lr = lr_at(step, warmup, len(batches), peak, 0.0)
        loss, params, state = reference_train_step(batches[step], params, state, lr, n_heads, parts)
        losses.append(loss)
    return params, losses


def reference_answer_log_p(
    token_ids: Int[Tensor, "B T"],
    is_answer: Bool[Tensor, "B T"],
    params: Params,
    n_heads: int,
    parts: Parts,
) -> Float[Tensor, " B"]:
    """Add up ln p of the tokens of each answer, given all before them."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits = parts.gpt(token_ids, params, past, n_heads, parts)[0][:, :-1]
    surprise = F.cross_entropy(logits.mT, token_ids[:, 1:], reduction="none")  # B T-1
    return -surprise.masked_fill(~is_answer[:, 1:], 0.0).sum(dim=1)


def reference_align_step(
    chosen: Answers,
    rejected: Answers,
    params: Params,
    reference: Params,
    state: State,
    hyper: tuple[float, float],
    n_heads: int,
    parts: Parts,
) -> tuple[float, Params, State]:
    """Take one step towards the preferred answers by direct preference optimisation.

    Args:
        chosen: The answers that were preferred, with what stands before them.
        rejected: The other answer of each pair.
        params: Of the model that is moved.
        reference: Of the model that it began as.
        state: AdamW's memory.
        hyper: Learning rate, and beta: how dear it is to move away from the reference.
        n_heads: Number of heads.
        parts: Where the model is taken from.

    Returns:
        The loss before the step; parameters and memory after it.
    """
    leaves, (lr, beta) = _leaves(params), hyper
    with torch.no_grad():
        before = [
            reference_answer_log_p(*one, reference, n_heads, parts) for one in (chosen, rejected)
        ]
    now = [reference_answer_log_p(*one, leaves, n_heads, parts) for one in (chosen, rejected)]
    loss = dpo_loss(now[0], now[1], before[0], before[1], beta)
    loss.backward()
    return (loss.item(), *reference_update(params, _gradients(leaves), state, lr))


def _leaves(params: Params) -> Params:
    return {name: one.detach().clone().requires_grad_() for name, one in params.items()}


def _gradients(leaves: Params) -> list[Tensor]:
    """Read the gradients; a parameter that none reached has one of zeros."""
    return [torch.zeros_like(one) if one.grad is None else one.grad for one in leaves.values()]
