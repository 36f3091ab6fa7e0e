"""Answers to the exercise about silencing a head: mistakes, and other right ways."""

# The answers know the model by what the statement says of it, not by its type.
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalMemberAccess=false, reportOperatorIssue=false, reportArgumentType=false

import torch
from torch import Tensor, nn

from autograder.exercises.ch03_heads_and_positions.ablate_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You set the head's *scores* to 0. Equal scores give equal weights: the head then averages, "
    "which is not silence. Set to 0 what it hands over, its part of the input of to_out."
)
def scores_set_to_zero(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Make the head average by silencing its queries."""

    def loss() -> Tensor:
        logits = model(token_ids[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())

    def silence(_: nn.Module, __: tuple, out: Tensor) -> Tensor:
        width = model.cfg.d_head
        out = out.clone()
        out[..., head * width : (head + 1) * width] = 0
        return out

    with torch.no_grad():
        base = loss()
        installed = model.blocks[layer].attention.to_q.register_forward_hook(silence)
        try:
            return (loss() - base).item()
        finally:
            installed.remove()


@exercise.misconception(
    "The head stays silent afterwards: a hook was left in the model, or a weight was changed. "
    "Remove the hook when the loss is measured, or put the weight back, for whoever uses the model "
    "next."
)
def hook_left_installed(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Forget to take the hook away."""

    def loss() -> Tensor:
        logits = model(token_ids[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())

    def silence(_: nn.Module, inputs: tuple) -> tuple:
        width = model.cfg.d_head
        heads = inputs[0].clone()
        heads[..., head * width : (head + 1) * width] = 0
        return (heads,)

    with torch.no_grad():
        base = loss()
        model.blocks[layer].attention.to_out.register_forward_pre_hook(silence)
        return (loss() - base).item()


@exercise.misconception(
    "The sign is turned: a head that helps has a *positive* worth, the loss without it minus the "
    "loss with it."
)
def sign_turned(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Subtract the other way round."""

    def loss() -> Tensor:
        logits = model(token_ids[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())

    def silence(_: nn.Module, inputs: tuple) -> tuple:
        width = model.cfg.d_head
        heads = inputs[0].clone()
        heads[..., head * width : (head + 1) * width] = 0
        return (heads,)

    with torch.no_grad():
        base = loss()
        installed = model.blocks[layer].attention.to_out.register_forward_pre_hook(silence)
        try:
            return (base - loss()).item()
        finally:
            installed.remove()


@exercise.misconception(
    "You give the loss without the head. How much it is worth is the *rise*: subtract the loss "
    "with all heads."
)
def loss_not_rise(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Forget the loss to compare with."""

    def silence(_: nn.Module, inputs: tuple) -> tuple:
        width = model.cfg.d_head
        heads = inputs[0].clone()
        heads[..., head * width : (head + 1) * width] = 0
        return (heads,)

    installed = model.blocks[layer].attention.to_out.register_forward_pre_hook(silence)
    try:
        with torch.no_grad():
            logits = model(token_ids[:, :-1]).logits
    finally:
        installed.remove()
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())
    return loss.item()


@exercise.misconception(
    "The whole layer is silenced. Only the slice of one head is set to 0: D/H numbers of the input "
    "of to_out."
)
def whole_layer_silenced(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Silence every head of the layer."""

    def loss() -> Tensor:
        logits = model(token_ids[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())

    with torch.no_grad():
        base = loss()
        installed = model.blocks[layer].attention.to_out.register_forward_pre_hook(
            lambda _, inputs: (torch.zeros_like(inputs[0]),)
        )
        try:
            return (loss() - base).item()
        finally:
            installed.remove()


@exercise.misconception(
    "Predictions and tokens are not shifted: position t predicts token t + 1. Compare the logits "
    "of all but the last position with all tokens but the first."
)
def not_shifted(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Ask each position for the token that it has just read."""

    def loss() -> Tensor:
        logits = model(token_ids).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids.flatten())

    def silence(_: nn.Module, inputs: tuple) -> tuple:
        width = model.cfg.d_head
        heads = inputs[0].clone()
        heads[..., head * width : (head + 1) * width] = 0
        return (heads,)

    with torch.no_grad():
        base = loss()
        installed = model.blocks[layer].attention.to_out.register_forward_pre_hook(silence)
        try:
            return (loss() - base).item()
        finally:
            installed.remove()


@exercise.alternative
def by_changing_a_copy(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Copy the model, and clear the columns of the copy that read the head."""
    from copy import deepcopy

    silent, width = deepcopy(model), model.cfg.d_head
    losses = []
    with torch.no_grad():
        weight = silent.blocks[layer].attention.to_out.weight
        weight[:, head * width : (head + 1) * width] = 0
        for each in (silent, model):
            logits = each(token_ids).logits[:, :-1].log_softmax(dim=-1)
            chosen = logits.gather(2, token_ids[:, 1:].unsqueeze(2))
            losses.append(-chosen.mean().item())
    return losses[0] - losses[1]


@exercise.alternative
def by_changing_and_putting_back(
    model: nn.Module, token_ids: Tensor, layer: int, head: int
) -> float:
    """Clear the columns for a while."""

    def loss() -> float:
        with torch.no_grad():
            logits = model(token_ids[:, :-1]).logits
        chosen = torch.nn.functional.cross_entropy(logits.transpose(1, 2), token_ids[:, 1:])
        return float(chosen)

    weight = model.blocks[layer].attention.to_out.weight.data
    width = weight.shape[1] // model.cfg.n_heads
    mine = slice(head * width, head * width + width)
    kept = weight[:, mine].clone()
    before = loss()
    try:
        weight[:, mine] = 0.0
        return loss() - before
    finally:
        weight[:, mine] = kept


@exercise.alternative
def by_silencing_the_values(model: nn.Module, token_ids: Tensor, layer: int, head: int) -> float:
    """Let the head mix nothing: values of 0."""
    width = model.cfg.d_head

    def silence(_: nn.Module, __: tuple, values: Tensor) -> Tensor:
        return torch.cat(
            [
                values[..., : head * width],
                torch.zeros_like(values[..., :width]),
                values[..., (head + 1) * width :],
            ],
            dim=-1,
        )

    def loss() -> Tensor:
        logits = model(token_ids).logits[:, :-1]
        return torch.nn.functional.nll_loss(
            logits.log_softmax(-1).flatten(0, 1), token_ids[:, 1:].flatten()
        )

    with torch.no_grad():
        with_all = loss()
        installed = model.blocks[layer].attention.to_v.register_forward_hook(silence)
        without = loss()
    installed.remove()
    return (without - with_all).item()
