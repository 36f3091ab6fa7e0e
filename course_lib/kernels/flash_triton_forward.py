# ruff: noqa: ANN001, ANN201, ANN202 - Triton reads annotations as its own and knows no others
"""The forward pass of tiled attention in Triton; `flash_triton_tiles` says what a kernel sees.

Dao 2023 (arXiv:2307.08691), algorithm 1.
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

# Not −∞, whose difference from itself is nan: a row may see only hidden scores at first.
_LOWEST = tl.constexpr(-3.4028234663852886e38)  # the lowest finite float32
_LN_2 = tl.constexpr(0.6931471805599453)


@tuned(
    (128, 128, 8, 3),
    (128, 128, 8, 2),
    (128, 64, 8, 3),
    (128, 64, 4, 3),
    (64, 128, 4, 3),
    (64, 64, 4, 3),
)
@triton.jit
def forward_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    values_ptr,
    lse_ptr,
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
    """Mix the values for one tile of queries of one head."""
    tile = tl.program_id(0)
    if CAUSAL:  # the last tiles see most: begin with them, so that none ends alone
        tile = tl.num_programs(0) - 1 - tile
    head = tl.program_id(1).to(tl.int64)
    k_ptr += head // n_sharing * n_keys * D_HEAD
    v_ptr += head // n_sharing * n_keys * D_HEAD
    i = tile * BLOCK_Q + tl.arange(0, BLOCK_Q)
    q = load_rows(q_ptr + head * n_queries * D_HEAD, i, n_queries, D_HEAD, True)
    row_max = tl.full([BLOCK_Q], _LOWEST, tl.float32)
    row_sum = tl.zeros([BLOCK_Q], tl.float32)
    mixture = tl.zeros([BLOCK_Q, D_HEAD], tl.float32)
    n_before = n_keys - n_queries
    n_seen, n_whole = count_seen(tile * BLOCK_Q, n_keys, n_before, CAUSAL, BLOCK_Q, BLOCK_K)
    for start in tl.range(0, n_whole, BLOCK_K):
        j = start + tl.arange(0, BLOCK_K)
        k = load_rows(k_ptr, j, n_keys, D_HEAD, False)
        v = load_rows(v_ptr, j, n_keys, D_HEAD, False)
        scores = multiply(q, tl.trans(k))
        row_max, row_sum, mixture = _add_piece(row_max, row_sum, mixture, scores, v, scale)
    for start in tl.range(n_whole, n_seen, BLOCK_K):
        j = start + tl.arange(0, BLOCK_K)
        k = load_rows(k_ptr, j, n_keys, D_HEAD, True)
        v = load_rows(v_ptr, j, n_keys, D_HEAD, True)
        scores = hide(multiply(q, tl.trans(k)), i[:, None], j[None, :], n_keys, n_before, CAUSAL)
        row_max, row_sum, mixture = _add_piece(row_max, row_sum, mixture, scores, v, scale)
    saw_any = row_sum > 0
    row_sum = tl.where(saw_any, row_sum, 1.0)
    mixture /= row_sum[:, None]
    store_rows(values_ptr + head * n_queries * D_HEAD, i, n_queries, mixture, D_HEAD)
    lse = tl.where(saw_any, (row_max + tl.log2(row_sum)) * _LN_2, float("-inf"))
    tl.store(lse_ptr + head * n_queries + i, lse, mask=i < n_queries)


@triton.jit
def _add_piece(row_max, row_sum, mixture, scores, v, scale):
    """Take in one tile of scores, as `add_piece` of `online_softmax` does."""
    # Scaled only after the maximum is found: scaling and subtracting are then one instruction.
    larger = tl.maximum(row_max, tl.max(scores, 1) * scale)
    weights = tl.exp2(scores * scale - larger[:, None])
    shrink = tl.exp2(row_max - larger)
    row_sum = row_sum * shrink + tl.sum(weights, 1)
    mixture = multiply(weights.to(v.dtype), v, mixture * shrink[:, None])
    return larger, row_sum, mixture
