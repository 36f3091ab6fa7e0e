# ruff: noqa: ANN001, ANN202 - Triton reads annotations as its own and knows no others
"""Answers to the exercise about a Triton kernel: mistakes, and other right ways.

Triton is imported where an answer runs: it exists on Linux alone, and whether it interprets is
settled at its first import. The interpreter looks for `tl` among the names of a kernel's module.
"""

import os

import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.triton_flash_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The mixture is not scaled down when a tile brings a larger score; the sum is. Both were "
    "taken below the old maximum: multiply both."
)
def output_not_rescaled(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Scale the sum alone."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.misconception(
    "Keys that do not exist were read as zeros, and their scores, 0, take part in the softmax. "
    "Hide them with −∞."
)
def padding_takes_part(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Trust the zeros."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.misconception(
    "The queries are taken for the first positions. They are the last ones of the keys' sequence: "
    "query i sees the keys up to i + (Tk − Tq)."
)
def aligned_top_left(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Count queries from the first key."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.misconception(
    "The scores are not divided by √D: the factor is handed over, and has to be used."
)
def no_scale(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Forget the factor."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee")
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.misconception(
    "Rows that do not exist are written: the last tile of queries is not full, and `tl.store` "
    "needs the mask that its rows were read with."
)
def store_without_a_mask(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Mask what is read, and write everything."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out)

    n_rows, n_queries, width = q.shape
    # A tile of room behind the result, as in the launch that is given.
    room = q.new_full((n_rows * n_queries + 16, width), torch.inf)
    out = room[:-16].view(q.shape)
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    if (room[-16:] != torch.inf).any():
        raise IndexError("rows behind the last one were written, which do not exist")
    return out


@exercise.misconception("No key is ever hidden from a query: `CAUSAL` is not read.")
def never_causal(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Forget the flag."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL and BLOCK < 0:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.alternative
def columns_of_state(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Keep the state as columns, as long as tiles are."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp(scores - higher), tl.exp(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.alternative
def in_powers_of_two(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Use powers of 2, and skip the tiles behind the diagonal."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        mixture = tl.zeros([BLOCK, D], tl.float32)
        stop = n_keys
        if CAUSAL:
            last = tl.program_id(0) * BLOCK + BLOCK + n_keys - n_queries
            stop = tl.minimum(n_keys, tl.maximum(last, 0))
        for start in range(0, stop, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * (scale * 1.4426950408889634)
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            powers, shrink = tl.exp2(scores - higher), tl.exp2(high - higher)
            total = total * shrink + tl.sum(powers, 1, keep_dims=True)
            mixture = mixture * shrink + tl.dot(powers, v, input_precision="ieee")
            high = higher
        out = mixture / tl.where(total > 0, total, 1.0)
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out


@exercise.alternative
def in_two_passes(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Find maximum and sum first, and mix by the finished weights in a second pass."""
    global tl
    os.environ.setdefault("TRITON_INTERPRET", "1")
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(
        q_ptr,
        k_ptr,
        v_ptr,
        out_ptr,
        scale,
        n_queries,
        n_keys,
        CAUSAL: tl.constexpr,
        D: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
        row, d = tl.program_id(1), tl.arange(0, D)[None, :]
        q = tl.load(q_ptr + (row * n_queries + i) * D + d, mask=i < n_queries, other=0.0)
        high = tl.full([BLOCK, 1], -1.0e30, tl.float32)
        total = tl.zeros([BLOCK, 1], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            scores = tl.where(j[None, :] < n_keys, scores, float("-inf"))
            if CAUSAL:
                scores = tl.where(j[None, :] <= i + n_keys - n_queries, scores, float("-inf"))
            higher = tl.maximum(high, tl.max(scores, 1, keep_dims=True))
            total *= tl.exp(high - higher)
            total += tl.sum(tl.exp(scores - higher), 1, keep_dims=True)
            high = higher
        out = tl.zeros([BLOCK, D], tl.float32)
        for start in range(0, n_keys, BLOCK):
            j = start + tl.arange(0, BLOCK)
            place = (row * n_keys + j[:, None]) * D + d
            k = tl.load(k_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            v = tl.load(v_ptr + place, mask=j[:, None] < n_keys, other=0.0)
            scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
            seen = (j[None, :] < n_keys) & (i >= 0)
            if CAUSAL:
                seen = seen & (j[None, :] <= i + n_keys - n_queries)
            weights = tl.where(seen, tl.exp(scores - high) / tl.maximum(total, 1.0), 0.0)
            out += tl.dot(weights, v, input_precision="ieee")
        tl.store(out_ptr + (row * n_queries + i) * D + d, out, mask=i < n_queries)

    out, (n_rows, n_queries, width) = torch.empty_like(q), q.shape
    sizes = {"CAUSAL": causal, "D": width, "BLOCK": 16}
    kernel[(-(-n_queries // 16), n_rows)](q, k, v, out, width**-0.5, n_queries, k.shape[1], **sizes)
    return out
