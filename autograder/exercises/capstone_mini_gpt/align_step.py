"""Answers to the exercise about a step towards preferences: mistakes, and other right ways."""

import torch

from autograder.exercises.capstone_mini_gpt.align_step_checks import exercise
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "Chosen and rejected are exchanged: the model walks towards what nobody wanted. "
    "`parts.dpo_loss` takes the chosen answers first."
)
def the_wrong_way_round(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Prefer the rejected."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    both = [parts.answer_log_p(*one, leaves, n_heads, parts) for one in (rejected, chosen)]
    with torch.no_grad():
        kept = [parts.answer_log_p(*one, reference, n_heads, parts) for one in (rejected, chosen)]
    loss = parts.dpo_loss(*both, *kept, hyper[1])
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(params, grads, state, hyper[0], parts))


@exercise.misconception(
    "The model is compared with itself: the reference plays no part, and the loss is ln 2 for "
    "ever. Take the second pair of probabilities from `reference`."
)
def its_own_reference(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Let the model of now be the reference."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    both = [parts.answer_log_p(*one, leaves, n_heads, parts) for one in (chosen, rejected)]
    loss = parts.dpo_loss(*both, *(one.detach() for one in both), hyper[1])
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(params, grads, state, hyper[0], parts))


@exercise.misconception(
    "`hyper` is read the wrong way round: the first number is the learning rate, the second is "
    "beta."
)
def rate_and_beta_exchanged(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Take beta for the rate."""
    beta, lr = hyper
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    both = [parts.answer_log_p(*one, leaves, n_heads, parts) for one in (chosen, rejected)]
    with torch.no_grad():
        kept = [parts.answer_log_p(*one, reference, n_heads, parts) for one in (chosen, rejected)]
    loss = parts.dpo_loss(*both, *kept, beta)
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


@exercise.misconception(
    "What is moved is the reference. It is the mark from which the model measures how far it has "
    "gone, and stays where it is: update `params`."
)
def reference_moved(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Begin the step at the reference."""
    leaves = {name: one.detach().requires_grad_() for name, one in params.items()}
    both = [parts.answer_log_p(*one, leaves, n_heads, parts) for one in (chosen, rejected)]
    with torch.no_grad():
        kept = [parts.answer_log_p(*one, reference, n_heads, parts) for one in (chosen, rejected)]
    loss = parts.dpo_loss(*both, *kept, hyper[1])
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(reference, grads, state, hyper[0], parts))


@exercise.alternative
def with_backward(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Write the four probabilities out, and gather gradients in copies."""
    lr, beta = hyper
    own = {name: one.detach().clone().requires_grad_(True) for name, one in params.items()}
    now = parts.answer_log_p(chosen[0], chosen[1], own, n_heads, parts)
    now_other = parts.answer_log_p(rejected[0], rejected[1], own, n_heads, parts)
    before = parts.answer_log_p(chosen[0], chosen[1], reference, n_heads, parts).detach()
    before_other = parts.answer_log_p(rejected[0], rejected[1], reference, n_heads, parts).detach()
    loss = parts.dpo_loss(now, now_other, before, before_other, beta)
    loss.backward()
    moved, memory = parts.update(params, [one.grad for one in own.values()], state, lr, parts)
    return loss.detach().item(), moved, memory


@exercise.alternative
def with_a_helper(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Let a function measure both texts of the pairs."""

    def both(numbers: dict) -> list:
        return [parts.answer_log_p(ids, mask, numbers, n_heads, parts) for ids, mask in pairs]

    pairs = [tuple(chosen), tuple(rejected)]
    leaves = {name: params[name].detach().requires_grad_() for name in params}
    reference_log_p = [one.detach() for one in both(reference)]
    loss = parts.dpo_loss(*both(leaves), *reference_log_p, hyper[1])
    grads = [grad.detach() for grad in torch.autograd.grad(loss, [*leaves.values()])]
    return (loss.item(), *parts.update(params, grads, state, hyper[0], parts))


@exercise.alternative
def reference_first(
    chosen: tuple,
    rejected: tuple,
    params: dict,
    reference: dict,
    state: dict,
    hyper: tuple,
    n_heads: int,
    parts: Parts,
) -> tuple:
    """Measure the reference before anything is to be differentiated."""
    with torch.no_grad():
        there = parts.answer_log_p(*chosen, reference, n_heads, parts)
        there_too = parts.answer_log_p(*rejected, reference, n_heads, parts)
    names = list(params)
    own = dict(zip(names, [params[n].clone().detach() for n in names], strict=True))
    for one in own.values():
        one.requires_grad_()
    here = parts.answer_log_p(*chosen, own, n_heads, parts)
    here_too = parts.answer_log_p(*rejected, own, n_heads, parts)
    loss = parts.dpo_loss(here, here_too, there, there_too, hyper[1])
    grads = torch.autograd.grad(loss, [own[n] for n in names])
    moved, memory = parts.update(params, list(grads), state, hyper[0], parts)
    return float(loss), moved, memory
