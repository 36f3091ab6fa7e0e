"""A state that fades and is fed: the recurrence at the core of state-space models, in three forms.

Every number of the state by itself follows h_t = a_t h_(t-1) + b_t, with a_t and b_t known before
the loop begins. That is why steps can be joined: first (a, b), then (a', b') is a step of the same
kind, with the factor a a' and the addend a' b + b'.

Axes: T positions first; behind them D channels, and any other axes of the state.
"""

import torch
from jaxtyping import Float
from torch import Tensor

StateStep = tuple[Tensor, Tensor]
"""What share of the state a step keeps, and what it adds."""


def join_steps(first: StateStep, second: StateStep) -> StateStep:
    """Make one step of two.

    Blelloch 1990 ("Prefix sums and their applications") joins the steps of a recurrence so.

    Args:
        first: Factor and addend of the earlier step.
        second: Factor and addend of the later one.

    Returns:
        Factor and addend of both together.
    """
    return first[0] * second[0], second[0] * first[1] + second[1]


def states_in_turn(
    factors: Float[Tensor, "T D *state"], addends: Float[Tensor, "T D *state"]
) -> Float[Tensor, "T D *state"]:
    """Compute the state after each position, one after the other, from a state of 0.

    Args:
        factors: What share of the state each step keeps.
        addends: What it adds.

    Returns:
        The states; T steps, each of which waits for the one before.
    """
    state, states = torch.zeros_like(addends[0]), []
    for factor, addend in zip(factors, addends, strict=True):
        state = torch.addcmul(addend, factor, state)
        states.append(state)
    return torch.stack(states)


def states_by_doubling(
    factors: Float[Tensor, "T D *state"], addends: Float[Tensor, "T D *state"]
) -> Float[Tensor, "T D *state"]:
    """Compute the same states in as many rounds as T can be halved.

    Implements Hillis and Steele 1986 ("Data parallel algorithms"), the sum of all prefixes, with
    `join_steps` for the sum.

    Args:
        factors: What share of the state each step keeps.
        addends: What it adds.

    Returns:
        The states; all positions of a round can be computed at once.
    """
    reach = 1
    while reach < len(factors):
        earlier = factors[:-reach], addends[:-reach]
        joined_factors, joined_addends = join_steps(earlier, (factors[reach:], addends[reach:]))
        factors = torch.cat([factors[:reach], joined_factors])
        addends = torch.cat([addends[:reach], joined_addends])
        reach *= 2
    return addends


def states_by_chunks(
    factors: Float[Tensor, "T D *state"], addends: Float[Tensor, "T D *state"], chunk_len: int
) -> Float[Tensor, "T D *state"]:
    """Compute the same states chunk by chunk: all chunks side by side, then one pass over them.

    Args:
        factors: What share of the state each step keeps.
        addends: What it adds.
        chunk_len: Positions in a chunk; the last chunk may be shorter.

    Returns:
        The states.

    Raises:
        ValueError: A chunk would hold no position.
    """
    if chunk_len < 1:
        raise ValueError(f"a chunk holds at least one position, got {chunk_len}")
    state, found = torch.zeros_like(addends[0]), []
    pieces = zip(factors.split(chunk_len), addends.split(chunk_len), strict=True)
    for some_factors, some_addends in pieces:
        within = states_by_doubling(some_factors, some_addends)
        kept = some_factors.cumprod(dim=0)  # products of shares: they may only fall to 0
        found.append(within + kept * state)
        state = found[-1][-1]
    return torch.cat(found)
