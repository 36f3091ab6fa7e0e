"""Stand-ins for the functions that the chapters' exercises ask for, by the library's own means.

Each has the signature of its exercise. A GPT runs with them until a learner's own take their place.
Axes: B texts, T tokens, D width of the stream, H heads of width Dh, F feed-forward width, V tokens.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib import attention, masks
from course_lib.generation.sampling import draw, keep_top_p, scale_by_temperature
from course_lib.layers import gated
from course_lib.rotary import rotary_frequencies, rotate_interleaved
from course_lib.training.adamw import AdamWConfig, Moments, adamw_update
from course_lib.training.clipping import clip_together
from course_lib.training.preferences import ScoredPairs
from course_lib.training.schedules import cosine_decay

AdamState = tuple[Tensor, Tensor, int]
"""AdamW's of one parameter: two running means and the number of updates."""


def embed(
    token_ids: Int[Tensor, "*batch T"], table: Float[Tensor, "V D"]
) -> tuple[Float[Tensor, "*batch T V"], Float[Tensor, "*batch T D"]]:
    """Give every token its one-hot row and its vector."""
    return F.one_hot(token_ids, len(table)).to(table), F.embedding(token_ids, table)


def stable_softmax(x: Float[Tensor, "*axes"], dim: int) -> Float[Tensor, "*axes"]:
    """Turn scores into shares along one axis; zeros where all of them are minus infinity."""
    hopeless = torch.isneginf(x).all(dim=dim, keepdim=True)
    return x.masked_fill(hopeless, 0.0).softmax(dim).masked_fill(hopeless, 0.0)


def split_heads(x: Float[Tensor, "B T D"], n_heads: int) -> Float[Tensor, "B {n_heads} T Dh"]:
    """Cut the width into heads, and put the head axis before the positions."""
    heads: Tensor = attention.split_heads(x, n_heads)
    return heads


def merge_heads(x: Float[Tensor, "B H T Dh"]) -> Float[Tensor, "B T D"]:
    """Put the heads of each position side by side again."""
    merged: Tensor = attention.merge_heads(x)
    return merged


def apply_rope(
    x: Float[Tensor, "*batch T Dh"], positions: Int[Tensor, "*B T"], base: float = 10000
) -> Float[Tensor, "*batch T Dh"]:
    """Turn each pair of neighbours by an angle that grows with the position."""
    frequencies = rotary_frequencies(x.shape[-1], float(base), device=x.device)
    angles = positions.unsqueeze(-1).double() * frequencies  # T Dh/2, or B T Dh/2
    while positions.dim() > 1 and angles.dim() < x.dim():
        angles = angles.unsqueeze(1)  # between the batch and the positions
    return rotate_interleaved(x, angles.cos().to(x), angles.sin().to(x))


def causal_mask(n_queries: int, n_keys: int) -> Bool[Tensor, "{n_queries} {n_keys}"]:
    """Let each query, one of the last positions, look at its own and at all before it."""
    mask: Tensor = masks.causal_mask(n_queries, n_keys)
    return mask


def next_token_loss(
    logits: Float[Tensor, "B T V"], token_ids: Int[Tensor, "B T"], ignore: int | None = None
) -> Float[Tensor, ""]:
    """Measure the mean surprise at each next token, in nats."""
    passed_over = -1 if ignore is None else ignore  # no token is -1
    rows, targets = logits[:, :-1].flatten(0, 1), token_ids[:, 1:].flatten()
    return F.cross_entropy(rows, targets, ignore_index=passed_over)


def sample_token(
    logits: Float[Tensor, " V"], temperature: float, generator: torch.Generator
) -> int:
    """Draw the next token; at temperature 0 take the largest."""
    if not temperature:
        return int(logits.argmax())
    warmed = scale_by_temperature(logits.unsqueeze(0), temperature)
    return int(draw(warmed, generator))


def top_p_filter(logits: Float[Tensor, "*batch V"], p: float) -> Float[Tensor, "*batch V"]:
    """Leave the most probable tokens that are needed to hold a share p of the mass."""
    return keep_top_p(logits, min(1.0, p))


def rms_norm(
    x: Float[Tensor, "*batch D"], gamma: Float[Tensor, " D"], eps: float
) -> Float[Tensor, "*batch D"]:
    """Divide each row by the root of its mean square, then scale its components."""
    return F.rms_norm(x, gamma.shape, gamma, eps)


def swiglu(
    x: Float[Tensor, "*batch D"],
    W_gate: Float[Tensor, "D F"],
    W_up: Float[Tensor, "D F"],
    W_down: Float[Tensor, "F D"],
) -> Float[Tensor, "*batch D"]:
    """Let one projection of each position open and close the gates of another."""
    return gated(x, W_gate, W_up, W_down, activation=F.silu)


def adamw_step(
    param: Float[Tensor, "*shape"],
    grad: Float[Tensor, "*shape"],
    state: AdamState,
    hyper: tuple[float, float, float, float, float],
) -> tuple[Float[Tensor, "*shape"], AdamState]:
    """Move a parameter once: `hyper` is learning rate, beta_1, beta_2, eps, weight decay."""
    learning_rate, beta_1, beta_2, eps, weight_decay = hyper
    cfg = AdamWConfig(
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        eps=eps,
        weight_decay=weight_decay,
    )
    moved, moments = adamw_update(param, grad, Moments(*state), cfg)
    return moved, (moments.mean, moments.square, moments.n_updates)


def lr_at(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Give the learning rate of a step: warm-up, then half a cosine, then the floor."""
    if step < warmup:
        return peak * step / warmup
    share = cosine_decay(total - warmup)(step - warmup) if total > warmup else 0.0
    return math.fsum((floor, (peak - floor) * share))


def clip_by_global_norm(
    grads: list[Float[Tensor, "..."]], max_norm: float
) -> list[Float[Tensor, "..."]]:
    """Shorten gradients that are too long, taken as one vector."""
    return list(clip_together(grads, max_norm).grads)


def dpo_loss(
    policy_chosen: Float[Tensor, " P"],
    policy_rejected: Float[Tensor, " P"],
    ref_chosen: Float[Tensor, " P"],
    ref_rejected: Float[Tensor, " P"],
    beta: float,
) -> Float[Tensor, ""]:
    """Measure how surprised a policy is by what was preferred, by how far it has moved."""
    chosen = beta * (policy_chosen - ref_chosen.detach())
    return ScoredPairs(chosen, beta * (policy_rejected - ref_rejected.detach())).loss
