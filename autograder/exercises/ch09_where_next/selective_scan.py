"""Answers to the exercise about a selective state space: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch09_where_next.selective_scan_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The state is multiplied by A itself. A says how fast the state fades *per unit of time*: over "
    "a step of length Δ it keeps the share exp(Δ · A)."
)
def a_not_discretised(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Use A as it comes."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = A * h + (delta[t] * x[t])[:, None] * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "Δ is in the fading and not in what is fed. A longer step hears its input for longer: what is "
    "fed is Δ · B · x."
)
def delta_lost_on_b(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Feed B · x."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (delta[t][:, None] * A).exp() * h + x[t][:, None] * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "You read the state before it is fed, so that every position is deaf to itself. First the new "
    "state, then the output."
)
def output_from_the_old_state(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Read first."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        y.append(h @ C[t])
        h = (delta[t][:, None] * A).exp() * h + (delta[t] * x[t])[:, None] * B[t]
    return torch.stack(y)


@exercise.misconception(
    "The state fades by exp(A), whatever the length of the step. The step is what makes the model "
    "selective: exp(Δ · A)."
)
def delta_lost_on_a(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Let all steps be one unit long."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = A.exp() * h + (delta[t] * x[t])[:, None] * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "The fading is 1 + Δ · A, the first two terms of the exponential. With a long step that is "
    "negative: take exp(Δ · A) itself."
)
def first_terms_only(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Take an Euler step for the state too."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (1 + delta[t][:, None] * A) * h + (delta[t] * x[t])[:, None] * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "B is discretised exactly, as if x stayed the same during the step: (exp(Δ · A) − 1)/A · B. "
    "That is another rule, and a good one; asked for is the simple one, Δ · B."
)
def b_held_exactly(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Hold the input over the step."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        kept = (delta[t][:, None] * A).exp()
        h = kept * h + (kept - 1) / A * B[t] * x[t][:, None]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "B and C are exchanged. B says into which numbers of the state an input goes, C from which the "
    "output is read; for one position alone it makes no difference."
)
def b_and_c_exchanged(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Write with C and read with B."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (delta[t][:, None] * A).exp() * h + (delta[t] * x[t])[:, None] * C[t]
        y.append(h @ B[t])
    return torch.stack(y)


@exercise.misconception(
    "The new input fades in the step that brings it: you add first and multiply then. Multiply the "
    "*old* state, and add to it."
)
def new_input_fades(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Multiply what was just fed."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (delta[t][:, None] * A).exp() * (h + (delta[t] * x[t])[:, None] * B[t])
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "All channels share one state: what one of them hears comes out of all. Each channel has N "
    "numbers of its own, and the output of a channel is read from these alone."
)
def one_state_for_all(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Sum over the channels."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (delta[t][:, None] * A).exp() * h + (delta[t] * x[t]).sum() * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "A is taken for a logarithm: you fade by exp(−Δ · exp(A)). Some models keep their A so; here A "
    "is below 0 already and is used as it is."
)
def a_taken_for_a_logarithm(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Undo a logarithm that nobody took."""
    h, y = torch.zeros_like(A), []
    for t in range(len(x)):
        h = (-delta[t][:, None] * A.exp()).exp() * h + (delta[t] * x[t])[:, None] * B[t]
        y.append(h @ C[t])
    return torch.stack(y)


@exercise.misconception(
    "You divide by how much has faded since the beginning, to do without the loop. After some tens "
    "of positions that number is 0, and what is divided by it is ∞: let the state itself fade, "
    "step by step."
)
def divided_by_all_that_faded(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Sum up what was fed, measured at the beginning."""
    faded = (delta.unsqueeze(2) * A).cumsum(0).exp()
    fed = (delta * x).unsqueeze(2) * B.unsqueeze(1)
    return (faded * (fed / faded).cumsum(0) * C.unsqueeze(1)).sum(2)


@exercise.alternative
def by_einsum(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Name the axes, and keep all states to read them in the end."""
    kept = torch.exp(torch.einsum("td,dn->tdn", delta, A))
    fed = torch.einsum("td,td,tn->tdn", delta, x, B)
    states = [fed[0]]
    for factor, added in zip(kept[1:], fed[1:], strict=True):
        states.append(torch.addcmul(added, factor, states[-1]))
    return torch.einsum("tdn,tn->td", torch.stack(states), C)


@exercise.alternative
def number_by_number(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Go through the numbers of the state, each of them a tiny model by itself."""
    total = torch.zeros_like(x)
    for n in range(A.shape[1]):
        state, heard = x.new_zeros(x.shape[1]), []
        for t in range(x.shape[0]):
            state = state * torch.exp(delta[t] * A[:, n]) + delta[t] * B[t, n] * x[t]
            heard.append(C[t, n] * state)
        total = total + torch.stack(heard, 0)
    return total


@exercise.alternative
def in_halves(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Join neighbouring stretches: two steps, one after the other, are a step of the same kind."""
    kept = (delta[..., None] * A).exp()
    state = (delta * x)[..., None] * B[:, None]
    reach = 1
    while reach < len(x):
        # Each position takes in the stretch of `reach` positions that ends before its own.
        joined = state[reach:] + kept[reach:] * state[:-reach]
        longer = kept[reach:] * kept[:-reach]
        state = torch.cat([state[:reach], joined])
        kept = torch.cat([kept[:reach], longer])
        reach *= 2
    return (state * C[:, None]).sum(-1)
