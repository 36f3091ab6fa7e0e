"""Answers to the exercise about attention with a state: mistakes, and other right ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch09_where_next.linear_attention_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The mixture is not divided by the sum of its weights, so it grows with every position. Divide "
    "by φ(q) · z: only then is it a mean of values."
)
def no_normaliser(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Read the sum of values alone."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    return (q.unsqueeze(3) @ S).squeeze(3), (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "Every position sees the whole text, the later part too: you add all keys and values up before "
    "anybody reads. Position t reads what was added up to t."
)
def not_causal(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Sum over everything."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = k.mT @ v, k.sum(2)
    if state is not None:
        S, z = S + state[0], z + state[1]
    return q @ S / (q @ z.unsqueeze(3)), (S, z)


@exercise.misconception(
    "The sum of the values stops at each position, but the weights are divided by the sum over the "
    "*whole* text. Above and below the line stand the same positions."
)
def divided_by_everything(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Normalise with later keys."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.sum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1]
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q @ z.unsqueeze(3))
    return y, (S[:, :, -1], z)


@exercise.misconception(
    "The old state is not used: every piece begins with an empty past. Begin with the S and z that "
    "were handed in."
)
def state_dropped(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Begin anew."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "Of the old state only S is used. Its keys belong below the line as well: z goes on from the "
    "old z."
)
def old_keys_dropped(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Carry the values alone."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    if state is not None:
        S = S + state[0].unsqueeze(2)
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "The results know of the old state, but the new state holds this piece alone. Whoever goes on "
    "from it has forgotten everything before: hand the sums on with what was in them."
)
def new_state_of_this_piece(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Return what was added here."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    own = S[:, :, -1], z[:, :, -1]
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    return (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True), own


@exercise.misconception(
    "Each position reads before its own key and value are added, so the first one finds nothing "
    "and gives 0/0. Add first, then read."
)
def own_position_missing(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Read the state of the position before."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    added = k.unsqueeze(4) * v.unsqueeze(3)
    S, z = added.cumsum(2), k.cumsum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    y = (q.unsqueeze(3) @ (S - added)).squeeze(3) / (q * (z - k)).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "φ is the elu without the 1. It is negative for negative numbers, and weights may not be: add "
    "1, so that every weight is above 0."
)
def one_not_added(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Forget the one."""
    q, k = F.elu(q), F.elu(k)
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "φ is the exponential. It is so for negative numbers only; above 0 elu + 1 goes on as a "
    "straight line, x + 1."
)
def exponential_for_phi(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Take exp on both sides of 0."""
    q, k = q.exp(), k.exp()
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "The queries are divided by √Dh, as before a softmax. There is none here, and φ is no product: "
    "what is scaled before it gives other weights. Use q and k as they come."
)
def scaled_before_phi(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Scale the queries."""
    q, k = F.elu(q / q.shape[3] ** 0.5) + 1, F.elu(k) + 1
    S, z = (k.unsqueeze(4) * v.unsqueeze(3)).cumsum(2), k.cumsum(2)
    if state is not None:
        S, z = S + state[0].unsqueeze(2), z + state[1].unsqueeze(2)
    y = (q.unsqueeze(3) @ S).squeeze(3) / (q * z).sum(3, keepdim=True)
    return y, (S[:, :, -1], z[:, :, -1])


@exercise.misconception(
    "φ is taken of the product q · k. It has to be taken of q and of k *before* they meet: only "
    "then can the keys be added up without knowing who will ask."
)
def phi_of_the_product(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Bend the scores."""
    weights = (F.elu(q @ k.mT) + 1).tril()
    mixed, total = weights @ v, weights.sum(3, keepdim=True)
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z = k.mT @ v, k.sum(2)
    if state is not None:
        mixed, total = mixed + q @ state[0], total + q @ state[1].unsqueeze(3)
        S, z = S + state[0], z + state[1]
    return mixed / total, (S, z)


@exercise.alternative
def position_by_position(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple:
    """Carry the state through a loop, as when writing."""
    q, k = (torch.where(one > 0, one + 1, torch.exp(one.clamp(max=0))) for one in (q, k))
    if state is None:
        S, z = v.new_zeros(*k.shape[:2], k.shape[3], v.shape[3]), v.new_zeros(*k[:, :, 0].shape)
    else:
        S, z = state
    found = []
    for t in range(q.shape[2]):
        S = S + k[:, :, t, :, None] * v[:, :, t, None, :]
        z = z + k[:, :, t]
        above = torch.einsum("bhd,bhde->bhe", q[:, :, t], S)
        found.append(above / (q[:, :, t] * z).sum(-1, keepdim=True))
    return torch.stack(found, dim=2), (S, z)


@exercise.alternative
def as_weights_under_a_mask(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Make the table of all weights, with the past as what comes before its first column."""
    q, k = F.elu(q) + 1, F.elu(k) + 1
    weights = torch.tril(torch.matmul(q, k.transpose(-2, -1)))
    mixed, total = weights @ v, weights.sum(-1, keepdim=True)
    S, z = torch.einsum("bhtd,bhte->bhde", k, v), k.sum(dim=2)
    if state is not None:
        old_S, old_z = state
        mixed, total = mixed + q @ old_S, total + (q * old_z[:, :, None]).sum(-1, keepdim=True)
        S, z = S + old_S, z + old_z
    return mixed / total, (S, z)


@exercise.alternative
def one_more_value(q: Tensor, k: Tensor, v: Tensor, state: tuple | None = None) -> tuple:
    """Give every value a 1 at its end: what becomes of it is the sum of the weights."""
    q, k = F.elu(q).add(1), F.elu(k).add(1)
    v = torch.cat([v, torch.ones_like(v[..., :1])], dim=3)
    table = torch.einsum("bhtd,bhte->bhtde", k, v)
    if state is not None:
        old = torch.cat([state[0], state[1].unsqueeze(3)], dim=3)
        table = torch.cat([table[:, :, :1] + old.unsqueeze(2), table[:, :, 1:]], dim=2)
    table = table.cumsum(dim=2)
    read = torch.einsum("bhtd,bhtde->bhte", q, table)
    last = table[:, :, -1]
    return read[..., :-1] / read[..., -1:], (last[..., :-1], last[..., -1])
