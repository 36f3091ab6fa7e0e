# ruff: noqa: ANN001, ANN201, ANN202 - Triton reads annotations as its own and knows no others
"""The backward pass of tiled attention in Triton; `flash_triton_tiles` says what a kernel sees.

One kernel goes along the rows of the table of scores for the queries, another down its columns
for the keys and values. Each makes the weights again: two more products than the single pass of
Dao 2023 (arXiv:2307.08691), algorithm 2, but no two programs ever add to the same place, so the
result is the same at every run.
"""

import triton
import triton.language as tl

from course_lib.kernels.flash_triton_tiles import (
    count_seen,
    hide,
    load_rows,
    multiply,
    store_rows,
    tuned,
)

_LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def delta_kernel(
    values_ptr,
    d_values_ptr,
    d_lse_ptr,
    delta_ptr,
    n_rows,
    D_HEAD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute `mixture_pull` of `flash_backward` for some rows of all heads."""
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    values = load_rows(values_ptr, i, n_rows, D_HEAD, True).to(tl.float32)
    d_values = load_rows(d_values_ptr, i, n_rows, D_HEAD, True).to(tl.float32)
    d_lse = tl.load(d_lse_ptr + i, mask=i < n_rows, other=0.0)
    tl.store(delta_ptr + i, tl.sum(values * d_values, 1) - d_lse, mask=i < n_rows)


@tuned(
    (128, 128, 8, 2),
    (128, 64, 8, 2),
    (128, 64, 8, 3),
    (64, 128, 4, 2),
    (64, 64, 4, 3),
)
@triton.jit
def queries_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    lse_ptr,
    d_values_ptr,
    delta_ptr,
    d_q_ptr,
    scale,  # log₂ e over the root of the head width
    n_queries,
    n_keys,
    n_sharing,
    size_class,
    CAUSAL: tl.constexpr,
    D_HEAD: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Compute the slopes of one tile of queries of one head."""
    tile = tl.program_id(0)
    if CAUSAL:  # the last tiles see most: begin with them, so that none ends alone
        tile = tl.num_programs(0) - 1 - tile
    head = tl.program_id(1).to(tl.int64)
    k_ptr += head // n_sharing * n_keys * D_HEAD
    v_ptr += head // n_sharing * n_keys * D_HEAD
    i = tile * BLOCK_Q + tl.arange(0, BLOCK_Q)
    q = load_rows(q_ptr + head * n_queries * D_HEAD, i, n_queries, D_HEAD, True)
    d_out = load_rows(d_values_ptr + head * n_queries * D_HEAD, i, n_queries, D_HEAD, True)
    lse = _load_lse(lse_ptr + head * n_queries, i, n_queries)
    delta = tl.load(delta_ptr + head * n_queries + i, mask=i < n_queries, other=0.0)
    d_q = tl.zeros([BLOCK_Q, D_HEAD], tl.float32)
    n_before = n_keys - n_queries
    n_seen, n_whole = count_seen(tile * BLOCK_Q, n_keys, n_before, CAUSAL, BLOCK_Q, BLOCK_K)
    for start in tl.range(0, n_whole, BLOCK_K):
        j = start + tl.arange(0, BLOCK_K)
        k = load_rows(k_ptr, j, n_keys, D_HEAD, False)
        v = load_rows(v_ptr, j, n_keys, D_HEAD, False)
        weights = tl.exp2(multiply(q, tl.trans(k)) * scale - lse[:, None])
        d_scores = weights * (multiply(d_out, tl.trans(v)) - delta[:, None])
        d_q = multiply(d_scores.to(k.dtype), k, d_q)
    for start in tl.range(n_whole, n_seen, BLOCK_K):
        j = start + tl.arange(0, BLOCK_K)
        k = load_rows(k_ptr, j, n_keys, D_HEAD, True)
        v = load_rows(v_ptr, j, n_keys, D_HEAD, True)
        scores = hide(multiply(q, tl.trans(k)), i[:, None], j[None, :], n_keys, n_before, CAUSAL)
        weights = tl.exp2(scores * scale - lse[:, None])
        d_scores = weights * (multiply(d_out, tl.trans(v)) - delta[:, None])
        d_q = multiply(d_scores.to(k.dtype), k, d_q)
    d_q *= scale / _LOG2_E
    store_rows(d_q_ptr + head * n_queries * D_HEAD, i, n_queries, d_q, D_HEAD)


@tuned(
    (64, 128, 8, 2),
    (64, 128, 8, 3),
    (32, 128, 8, 3),
    (64, 64, 4, 3),
    (32, 64, 4, 3),
)
@triton.jit
def keys_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    lse_ptr,
    d_values_ptr,
    delta_ptr,
    d_k_ptr,
    d_v_ptr,
    scale,  # log₂ e over the root of the head width
    n_queries,
    n_keys,
    n_sharing,
    size_class,
    CAUSAL: tl.constexpr,
    D_HEAD: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Compute the slopes of one tile of keys and values, from all query heads that share it.

    Tables of scores lie on their side here: keys down, queries across.
    """
    first = tl.program_id(0) * BLOCK_K
    kv_head = tl.program_id(1).to(tl.int64)
    j = first + tl.arange(0, BLOCK_K)
    k = load_rows(k_ptr + kv_head * n_keys * D_HEAD, j, n_keys, D_HEAD, True)
    v = load_rows(v_ptr + kv_head * n_keys * D_HEAD, j, n_keys, D_HEAD, True)
    d_k = tl.zeros([BLOCK_K, D_HEAD], tl.float32)
    d_v = tl.zeros([BLOCK_K, D_HEAD], tl.float32)
    n_before = n_keys - n_queries
    n_blind = 0  # queries before the first tile of queries that sees any of these keys
    n_partly = 0  # queries before the first tile of queries from which all see all of them
    if CAUSAL:
        n_blind = tl.maximum(first - n_before, 0) // BLOCK_Q * BLOCK_Q
        n_partly = tl.maximum(first + BLOCK_K - 1 - n_before, 0)
        n_partly = tl.minimum(tl.cdiv(n_partly, BLOCK_Q) * BLOCK_Q, n_queries)
    for member in range(n_sharing):
        head = kv_head * n_sharing + member
        q_rows = q_ptr + head * n_queries * D_HEAD
        d_rows = d_values_ptr + head * n_queries * D_HEAD
        lse_row = lse_ptr + head * n_queries
        delta_row = delta_ptr + head * n_queries
        for start in tl.range(n_blind, n_partly, BLOCK_Q):
            i = start + tl.arange(0, BLOCK_Q)
            q = load_rows(q_rows, i, n_queries, D_HEAD, True)
            scores = multiply(k, tl.trans(q))
            scores = hide(scores, i[None, :], j[:, None], n_keys, n_before, CAUSAL)
            d_k, d_v = _add_slopes(
                d_k, d_v, scores, q, v, d_rows, lse_row, delta_row, i, n_queries, scale, D_HEAD
            )
        # Keys past the end need no hiding here: their slopes are never stored.
        for start in tl.range(n_partly, n_queries, BLOCK_Q):
            i = start + tl.arange(0, BLOCK_Q)
            q = load_rows(q_rows, i, n_queries, D_HEAD, True)
            scores = multiply(k, tl.trans(q))
            d_k, d_v = _add_slopes(
                d_k, d_v, scores, q, v, d_rows, lse_row, delta_row, i, n_queries, scale, D_HEAD
            )
    d_k *= scale / _LOG2_E
    store_rows(d_k_ptr + kv_head * n_keys * D_HEAD, j, n_keys, d_k, D_HEAD)
    store_rows(d_v_ptr + kv_head * n_keys * D_HEAD, j, n_keys, d_v, D_HEAD)


@triton.jit
def _add_slopes(
    d_k,
    d_v,
    scores,
    q,
    v,
    d_values_ptr,
    lse_ptr,
    delta_ptr,
    i,
    n_queries,
    scale,
    D_HEAD: tl.constexpr,
):
    """Add what one tile of queries pulls at the keys and values."""
    d_out = load_rows(d_values_ptr, i, n_queries, D_HEAD, True)
    lse = _load_lse(lse_ptr, i, n_queries)
    delta = tl.load(delta_ptr + i, mask=i < n_queries, other=0.0)
    weights = tl.exp2(scores * scale - lse[None, :])
    d_v = multiply(weights.to(d_out.dtype), d_out, d_v)
    d_scores = weights * (multiply(v, tl.trans(d_out)) - delta[None, :])
    d_k = multiply(d_scores.to(q.dtype), q, d_k)
    return d_k, d_v


@triton.jit
def _load_lse(pointer, i, n_queries):
    """Load the log-sum-exp of some rows, in base 2.

    A query that saw nothing has −∞. With any finite number its weights become 0.
    """
    lse = tl.load(pointer + i, mask=i < n_queries, other=0.0)
    return tl.where(lse == float("-inf"), 0.0, lse * _LOG2_E)
