"""Answers to the exercise about a step with a cache: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.decode_step_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The query looks at the kept keys only, not at the key of its own token. A token looks at "
    "itself too, and the very first has nothing else: put the new key and value behind the others "
    "before the query looks."
)
def blind_to_itself(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Look first, keep afterwards."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    weights = (heads(x @ W_q) @ cache[0].mT / math.sqrt(cache[0].shape[-1])).softmax(-1)
    y = (weights @ cache[1]).transpose(1, 2).flatten(2) @ W_o
    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    return y, (k, v)


@exercise.misconception(
    "The cache that was handed in has changed. It is a value: whoever kept it, to try another "
    "token, finds a token there that they did not put in. Make new tensors."
)
def changes_the_cache(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Let the old tensors hold the new numbers."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    cache[0].data, cache[1].data = k, v
    return y, (k, v)


@exercise.misconception(
    "The new key is put beside the *heads* (axis 1), as if it were one head more. Positions are "
    "axis 2 of (B, H, T, Dh)."
)
def grows_by_heads(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Join along the heads."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=1)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=1)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The new key is put beside the *texts* of the batch (axis 0). Positions are axis 2 of (B, H, "
    "T, Dh)."
)
def grows_by_texts(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Join along the batch."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=0)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=0)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The new key is put *into* the kept ones, number by number (the last axis), as if heads grew "
    "wider. Positions are axis 2 of (B, H, T, Dh)."
)
def grows_in_width(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Join along the width."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=-1)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=-1)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The new position stands in front of the kept ones. The order of positions is that of the "
    "text: put it behind them."
)
def newest_in_front(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Join the other way round."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([heads(x @ W_k), cache[0]], dim=2)
    v = torch.cat([heads(x @ W_v), cache[1]], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "Only the new key and value come back. The step after this one needs all of them: hand back "
    "the kept ones with the new one behind."
)
def keeps_the_newest_only(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Forget the past."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k[:, :, -1:], v[:, :, -1:])


@exercise.misconception(
    "The cache comes back as it went in: the next token would not know of this one. Hand back the "
    "longer one."
)
def cache_does_not_grow(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Return what came."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, cache


@exercise.misconception(
    "Values and keys are exchanged in the cache that comes back. It is (k, v), as it came in."
)
def cache_turned_round(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Return values first."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (v, k)


@exercise.misconception(
    "The scores are not scaled: divide each product by the root of the width of a head."
)
def no_scale(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Leave the root out."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The scores are scaled by the root of the model's width. Each product runs over the width of "
    "a *head*: divide by √Dh."
)
def scaled_by_the_model(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Scale by the stream."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(x.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The width of a head is taken for D // n_heads. H·Dh and D need not be equal: the width of a "
    "head is that of the weights, or of the cache, whose last axis is Dh."
)
def width_from_the_stream(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Share the stream out among the heads."""
    B, _, D = x.shape
    d_head = D // n_heads
    q, k, v = ((x @ W).reshape(B, 1, n_heads, d_head).transpose(1, 2) for W in (W_q, W_k, W_v))
    k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
    weights = (q @ k.mT / d_head**0.5).softmax(-1)
    return (weights @ v).transpose(1, 2).reshape(B, 1, -1) @ W_o, (k, v)


@exercise.misconception(
    "All heads count as one: the whole width makes one query, and one softmax serves all. Each "
    "head compares its own numbers and has a softmax of its own."
)
def one_softmax_for_all_heads(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Add the scores of the heads up."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    scores = heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])
    weights = scores.sum(1, keepdim=True).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The heads take turns in the numbers: the first number to the first head, the second to the "
    "second. A head is a run of Dh adjacent numbers: cut the last axis into (H, Dh)."
)
def heads_take_turns(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Cut into (Dh, H)."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The softmax runs over the heads. Each head shares its attention out over the positions: the "
    "last axis of the scores."
)
def softmax_over_heads(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Let the heads compete."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "The keys are mixed in place of the values: the weights say how much of each *value* is wanted."
)
def keys_mixed(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Use the keys twice."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_k)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ k).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.misconception(
    "What is kept is the new token's query. A query is asked once and thrown away; later tokens "
    "look at its key, x @ W_k."
)
def query_kept(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Keep the query."""

    def heads(made: Tensor) -> Tensor:
        return made.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    k = torch.cat([cache[0], heads(x @ W_q)], dim=2)
    v = torch.cat([cache[1], heads(x @ W_v)], dim=2)
    weights = (heads(x @ W_q) @ k.mT / math.sqrt(k.shape[-1])).softmax(-1)
    y = (weights @ v).transpose(1, 2).flatten(2) @ W_o
    return y, (k, v)


@exercise.alternative
def from_torch_parts(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Let einsum name the axes, and join before the heads are cut."""
    batch_size, n_heads_kept, _, d_head = cache[0].shape
    W = (one.reshape(-1, n_heads_kept, d_head) for one in (W_q, W_k, W_v))
    q, k_new, v_new = (torch.einsum("btm,mhd->bhtd", x, one) for one in W)
    k = torch.concat((cache[0], k_new), 2)
    v = torch.concat((cache[1], v_new), 2)
    scores = torch.einsum("bhtd,bhsd->bhts", q, k) * d_head**-0.5
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    shares = powers / powers.sum(-1, keepdim=True)
    mixed = torch.einsum("bhts,bhsd->bthd", shares, v)
    return mixed.reshape(batch_size, 1, n_heads * d_head) @ W_o, (k, v)


@exercise.alternative
def head_by_head(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Go through the heads, and add up what each sends through its rows of W_o."""
    width = W_q.size(1) // n_heads
    y, kept_k, kept_v = 0, [], []
    for head in range(n_heads):
        own = slice(width * head, width * (head + 1))
        k = torch.cat([cache[0][:, head], x @ W_k[:, own]], dim=1)
        v = torch.cat([cache[1][:, head], x @ W_v[:, own]], dim=1)
        scores = (x @ W_q[:, own]) @ k.transpose(1, 2) / width**0.5
        y = y + torch.softmax(scores, dim=2) @ v @ W_o[own]
        kept_k.append(k)
        kept_v.append(v)
    return y, (torch.stack(kept_k, dim=1), torch.stack(kept_v, dim=1))


@exercise.alternative
def into_reserved_room(
    x: Tensor,
    cache: tuple,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    W_o: Tensor,
    n_heads: int,
) -> tuple:
    """Make room for one position more and write everything there."""
    k_old, v_old = cache
    batch, _, n_seen, width = k_old.shape
    k = k_old.new_empty(batch, n_heads, n_seen + 1, width)
    v = torch.empty_like(k)
    k[:, :, :n_seen], v[:, :, :n_seen] = k_old, v_old
    k[:, :, n_seen] = (x @ W_k).reshape(batch, n_heads, width)
    v[:, :, n_seen] = (x @ W_v).reshape(batch, n_heads, width)
    q = (x @ W_q).view(batch, n_heads, 1, width)
    weights = torch.softmax((q * k).sum(-1) / width**0.5, dim=-1)
    mixed = (weights[..., None] * v).sum(2)
    return mixed.reshape(batch, 1, -1) @ W_o, (k, v)
