"""Answers to the exercise about attention by tiles: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.flash_attention_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Too many scores exist at one time: the whole table, T × T of them, or strips of block_q × T, "
    "which grow with the text too. At 16,384 positions the table is a gibibyte for each head. "
    "Make one tile of block_q × block_k scores, use it, and let it go."
)
def whole_table(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Attend in one piece."""
    scores = q @ k.mT / math.sqrt(q.shape[3])
    if causal:
        own = torch.arange(q.shape[2], device=q.device) + k.shape[2] - q.shape[2]
        hidden = torch.arange(k.shape[2], device=q.device) > own[:, None]
        scores = scores.masked_fill(hidden, -torch.inf)
    high = scores.amax(3, keepdim=True)
    powers = (scores - torch.where(high == -torch.inf, 0.0, high)).exp()
    total = powers.sum(3, keepdim=True)
    return powers @ v / torch.where(total > 0, total, 1.0)


@exercise.misconception(
    "The mixture is not scaled down when a tile brings a larger score; the sum is. What was mixed "
    "so far was weighed below the old maximum too: multiply it by the same factor."
)
def output_not_rescaled(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Scale the sum alone."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "The sum is not scaled down when a tile brings a larger score; the mixture is. Both were "
    "taken below the old maximum: multiply both."
)
def sum_not_rescaled(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Scale the mixture alone."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "The last tile is filled up with zeros, and they take part in the softmax: a score of 0 has "
    "the exponential e⁰ below the maximum, not 0. Let the last tile be shorter, or hide what is "
    "not there with −∞."
)
def padded_with_zeros(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Fill the last tile of keys up."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            missing = block_k - scores.shape[3]
            scores = torch.nn.functional.pad(scores, (0, missing))
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ torch.nn.functional.pad(
                v[:, :, j : j + block_k], (0, 0, 0, missing)
            )
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "The last, shorter tile of keys is left out. All keys take part: let the last tile hold what "
    "is left."
)
def ragged_tile_dropped(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Count whole tiles."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, max(n_keys - block_k + 1, 1), block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "The diagonal is drawn between tiles only: in a tile that it cuts, each query sees all keys, "
    "also those behind its own position. Compare single positions there."
)
def causal_between_tiles(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Hide whole tiles."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill((seen > own[:, None]) & (j > own[-1]), -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "The queries are taken for the *first* positions. They are the last ones of the keys' "
    "sequence, as with a cache: query i stands at i + (Tk − Tq)."
)
def aligned_top_left(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Count queries from the first key."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device)
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "A query does not see the key of its own position. A position looks at itself too: hide the "
    "keys *behind* it."
)
def blind_to_itself(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Hide the diagonal too."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen >= own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "A query that may look at nothing becomes nan: −∞ − (−∞) in the exponent, or 0/0 in the end. "
    "It gets zeros."
)
def nothing_seen_is_nan(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Divide by nothing."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = higher
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception("The scores are not divided by √Dh.")
def no_scale(q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool) -> Tensor:
    """Leave the root out."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q]
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "Every tile has a softmax of its own, and the results are added up: the weights of a query "
    "would sum to the number of tiles. Carry maximum and sum from tile to tile, and divide once "
    "in the end."
)
def softmax_in_each_tile(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Divide in each tile."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = (
                mixture
                + (powers / powers.sum(3, keepdim=True).clamp(min=1e-30)) @ v[:, :, j : j + block_k]
            )
            high = higher
        done.append(mixture)
    return torch.cat(done, 2)


@exercise.misconception("`causal` is ignored: every query sees every key.")
def never_causal(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Let all see all."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if False:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            base = torch.where(higher == -torch.inf, 0.0, higher)
            powers, shrink = (scores - base).exp(), (high - base).exp()
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.misconception(
    "No maximum is subtracted: the exponential of a large score is ∞, and ∞/∞ is nan."
)
def no_maximum_subtracted(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Take plain exponentials."""
    n_queries, n_keys, done = q.shape[2], k.shape[2], []
    for i in range(0, n_queries, block_q):
        rows = q[:, :, i : i + block_q] / math.sqrt(q.shape[3])
        own = torch.arange(i, i + rows.shape[2], device=q.device) + n_keys - n_queries
        high = rows.new_full((*rows.shape[:3], 1), -torch.inf)
        total, mixture = torch.zeros_like(high), 0
        for j in range(0, n_keys, block_k):
            scores = rows @ k[:, :, j : j + block_k].mT
            if causal:
                seen = torch.arange(j, j + scores.shape[3], device=q.device)
                scores = scores.masked_fill(seen > own[:, None], -torch.inf)
            higher = torch.maximum(high, scores.amax(3, keepdim=True))
            powers, shrink = scores.exp(), 1.0
            total = total * shrink + powers.sum(3, keepdim=True)
            mixture = mixture * shrink + powers @ v[:, :, j : j + block_k]
            high = higher
        done.append(mixture / torch.where(total > 0, total, 1.0))
    return torch.cat(done, 2)


@exercise.alternative
def keys_outside(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Let the keys' loop be the outer one, as in the first paper, skipping what is hidden."""
    (batch, heads, n_queries, width), n_keys = q.shape, k.shape[2]
    before = n_keys - n_queries
    lowest = torch.finfo(q.dtype).min
    sizes = [(batch, heads, one.shape[2], 1) for one in q.split(block_q, dim=2)]
    high = [q.new_full(one, lowest) for one in sizes]
    total, mixture = ([q.new_zeros(one) for one in sizes] for _ in range(2))
    for j in range(0, n_keys, block_k):
        k_tile, v_tile = k[:, :, j : j + block_k], v[:, :, j : j + block_k]
        for place, i in enumerate(range(0, n_queries, block_q)):
            q_tile = q[:, :, i : i + block_q]
            if causal and j > i + q_tile.shape[2] - 1 + before:
                continue
            scores = torch.einsum("bhid,bhjd->bhij", q_tile, k_tile) * width**-0.5
            if causal:
                ones = torch.ones(scores.shape[2:], dtype=torch.bool, device=q.device)
                scores = scores.masked_fill(~ones.tril(i + before - j), -torch.inf)
            top = torch.maximum(high[place], scores.amax(-1, keepdim=True))
            powers, factor = torch.exp(scores - top), torch.exp(high[place] - top)
            total[place] = factor * total[place] + powers.sum(-1, keepdim=True)
            found = torch.einsum("bhij,bhje->bhie", powers, v_tile)
            mixture[place] = factor * mixture[place] + found
            high[place] = top
    done = [
        (mixed / share.masked_fill(share == 0, 1)).expand(-1, -1, -1, v.shape[3])
        for mixed, share in zip(mixture, total, strict=True)
    ]
    return torch.cat(done, dim=2)


@exercise.alternative
def by_log_sum_exp(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Join finished tiles by the log-sum-exp of their scores."""
    n_before = k.shape[2] - q.shape[2]
    done = []
    for start, queries in zip(range(0, q.shape[2], block_q), q.split(block_q, 2), strict=True):
        lse, mixed = q.new_tensor(-math.inf), q.new_zeros(())
        pieces = zip(k.split(block_k, 2), v.split(block_k, 2), strict=True)
        for first, (keys, values) in zip(range(0, k.shape[2], block_k), pieces, strict=True):
            scores = queries @ keys.transpose(2, 3) / q.size(-1) ** 0.5
            if causal:
                rows = torch.arange(queries.size(2)).to(q.device) + start + n_before
                columns = torch.arange(keys.size(2)).to(q.device) + first
                open_ = columns.unsqueeze(0) <= rows.unsqueeze(1)
                scores = torch.where(open_, scores, -1e30)
            tile_lse = scores.logsumexp(-1, keepdim=True)
            tile = (scores - tile_lse).exp() @ values
            joined = torch.logaddexp(lse, tile_lse)
            mixed = mixed * (lse - joined).exp() + tile * (tile_lse - joined).exp()
            lse = joined
        done.append(torch.where(lse > -1e29, mixed, 0.0))
    return torch.concat(done, dim=2)


@exercise.alternative
def in_powers_of_two(
    q: Tensor, k: Tensor, v: Tensor, block_q: int, block_k: int, causal: bool
) -> Tensor:
    """Write into reserved room, with powers of 2 for powers of e."""
    n_queries, n_keys = q.size(2), k.size(2)
    scale = math.log2(math.e) / math.sqrt(q.size(3))
    lowest = torch.finfo(q.dtype).min
    tiles = []
    for i in range(0, n_queries, block_q):
        rows = q.narrow(2, i, min(block_q, n_queries - i)) * scale
        last = torch.arange(rows.size(2), device=q.device).add(i + n_keys - n_queries)[:, None]
        stop = min(n_keys, max(0, int(last[-1]) + 1)) if causal else n_keys
        high = torch.full_like(rows[..., :1], lowest)
        total = torch.zeros_like(high)
        mixture = torch.zeros_like(rows[..., :1]).expand(-1, -1, -1, v.size(3))
        for j in range(0, stop, block_k):
            size = min(block_k, n_keys - j)
            scores = rows.matmul(k.narrow(2, j, size).transpose(-2, -1))
            if causal and j + size - 1 > int(last[0]):
                places = torch.arange(j, j + size, device=q.device)
                scores = scores.masked_fill(places > last, -math.inf)
            before, high = high, torch.maximum(high, scores.amax(dim=-1, keepdim=True))
            powers = torch.exp2(scores - high)
            factor = torch.exp2(before - high)
            total = total * factor + powers.sum(dim=-1, keepdim=True)
            mixture = mixture * factor + powers.matmul(v.narrow(2, j, size))
        tiles.append(mixture / total.masked_fill(total == 0, 1.0))
    return torch.cat(tiles, dim=-2)
