"""Answers to the exercise about one step of training: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.capstone_mini_gpt.train_step_checks import exercise
from course_lib.own_gpt.parameters import nothing_yet
from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.tales import PAD

__all__ = ["exercise"]


@exercise.misconception(
    "The padding counts as something to foretell. Short texts would teach the model to write "
    "padding: have the loss ignore PAD."
)
def padding_counts(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Let every position count."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    past = nothing_yet(leaves, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, leaves, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids)
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


@exercise.misconception(
    "The step goes up the hill: the sign of the gradient is turned before `parts.update`, which "
    "already walks against it."
)
def uphill(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Turn the gradients round."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    past = nothing_yet(leaves, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, leaves, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids, PAD)
    grads = [-one for one in torch.autograd.grad(loss, list(leaves.values()))]
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


@exercise.misconception(
    "The loss is that of the model after its step. The curve of a training shows what each batch "
    "met: measure before you move."
)
def loss_after_the_step(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Measure once more."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    past = nothing_yet(leaves, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, leaves, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids, PAD)
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    moved, kept = parts.update(params, grads, state, lr, parts)
    logits, _ = parts.gpt(token_ids, moved, past, n_heads, parts)
    return parts.next_token_loss(logits, token_ids, PAD).item(), moved, kept


@exercise.misconception(
    "The parameters that come back are still part of a computation. The next step would drag all "
    "earlier ones along until memory is full: update from the detached parameters."
)
def hangs_on(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Move the leaves themselves."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    past = nothing_yet(leaves, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, leaves, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids, PAD)
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    moved, kept = parts.update(params, grads, state, lr, parts)
    return loss.item(), {name: one.requires_grad_() for name, one in moved.items()}, kept


@exercise.misconception(
    "The gradient is asked for at the parameters that came in. They require none, so torch has "
    "kept no notes of them: have the model read with copies that do, and ask for the copies'."
)
def asked_of_what_came_in(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Make no copies."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids, PAD)
    grads = list(torch.autograd.grad(loss, list(params.values())))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


@exercise.misconception(
    "The gradient is asked for at an empty list: of the parameters that came in none requires one. "
    "Make copies that do, have the model read with them, and ask for the gradient of each."
)
def asked_of_nothing(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Choose the parameters that require a gradient."""
    past = nothing_yet(params, len(token_ids), n_heads)
    logits, _ = parts.gpt(token_ids, params, past, n_heads, parts)
    loss = parts.next_token_loss(logits, token_ids, PAD)
    grads = list(torch.autograd.grad(loss, [one for one in params.values() if one.requires_grad]))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


@exercise.alternative
def with_backward(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Let the gradients gather in copies."""
    own = {name: one.clone().detach() for name, one in params.items()}
    for one in own.values():
        one.requires_grad = True
    scores = parts.gpt(
        token_ids, own, nothing_yet(own, token_ids.shape[0], n_heads), n_heads, parts
    )
    loss = parts.next_token_loss(scores[0], token_ids, ignore=PAD)
    loss.backward()
    with torch.no_grad():
        moved, kept = parts.update(params, [one.grad for one in own.values()], state, lr, parts)
    return float(loss), moved, kept


@exercise.alternative
def by_names(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Ask for the gradient by name."""
    names = list(params)
    leaves = {name: params[name].detach().clone().requires_grad_(True) for name in names}
    empty = nothing_yet(params, token_ids.size(0), n_heads)
    loss = parts.next_token_loss(
        parts.gpt(token_ids, leaves, empty, n_heads, parts)[0], token_ids, PAD
    )
    grads = torch.autograd.grad(loss, [leaves[name] for name in names])
    detached = [grad.detach() for grad in grads]
    return (loss.item(), *parts.update(params, detached, state, lr, parts))


@exercise.alternative
def as_a_function_of_tensors(
    token_ids: Tensor, params: dict, state: dict, lr: float, n_heads: int, parts: Parts
) -> tuple:
    """Write the loss as a function of the tensors, and differentiate that."""

    def loss_of(*tensors: Tensor) -> Tensor:
        own = dict(zip(params, tensors, strict=True))
        past = nothing_yet(own, token_ids.shape[0], n_heads)
        logits, _ = parts.gpt(token_ids, own, past, n_heads, parts)
        return parts.next_token_loss(logits, token_ids, PAD)

    leaves = [one.detach().requires_grad_() for one in params.values()]
    loss = loss_of(*leaves)
    grads = list(torch.autograd.grad(loss, leaves))
    moved, memory = parts.update(params, grads, state, lr, parts)
    return float(loss.detach()), moved, memory
