"""Calls the pieces that the kernels share, each from a small kernel of its own."""

import json

import torch
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

POISON = -7.0
WIDTH = 16


@triton.jit
def copy_kernel(source, target, first, n_rows, BOUNDED: tl.constexpr):
    rows = first + tl.arange(0, 4)
    x = load_rows(source, rows, n_rows, 16, BOUNDED)
    # What a row past the end holds would show as another number in the row before.
    store_rows(target, rows, n_rows, x + tl.sum(x, 0), 16)


@triton.jit
def count_kernel(
    target, first, n_keys, n_before, CAUSAL: tl.constexpr, Q: tl.constexpr, K: tl.constexpr
):
    n_seen, n_whole = count_seen(first, n_keys, n_before, CAUSAL, Q, K)
    tl.store(target, n_seen)
    tl.store(target + 1, n_whole)


@triton.jit
def hide_kernel(target, first_i, first_j, n_keys, n_before, CAUSAL: tl.constexpr):
    i = first_i + tl.arange(0, 4)
    j = first_j + tl.arange(0, 8)
    scores = hide(tl.zeros([4, 8], tl.float32), i[:, None], j[None, :], n_keys, n_before, CAUSAL)
    tl.store(target + tl.arange(0, 4)[:, None] * 8 + tl.arange(0, 8)[None, :], scores)


@triton.jit
def multiply_kernel(a, b, onto, target):
    rows = tl.arange(0, 16)
    x = load_rows(a, rows, 16, 16, False)
    y = load_rows(b, rows, 16, 16, False)
    store_rows(target, rows, 16, multiply(x, y, load_rows(onto, rows, 16, 16, False)), 16)


def copied(first, n_rows, bounded):
    """Copy the four rows from `first` on of ten, which a kernel is told are `n_rows`."""
    source = torch.arange(10.0)[:, None].expand(10, WIDTH).contiguous()
    target = torch.full((10, WIDTH), POISON)
    copy_kernel[(1,)](source, target, first, n_rows, bounded)
    return target[:, WIDTH - 1].tolist()


def counted(first, n_keys, n_before, causal, block_q, block_k):
    target = torch.zeros(2, dtype=torch.int32)
    count_kernel[(1,)](target, first, n_keys, n_before, causal, block_q, block_k)
    return target.tolist()


def hidden(first_i, first_j, n_keys, n_before, causal):
    target = torch.ones(4, 8)
    hide_kernel[(1,)](target, first_i, first_j, n_keys, n_before, causal)
    return (target == -torch.inf).tolist()


def product_error():
    a, b, onto = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0)).unbind()
    target = torch.empty(16, 16)
    multiply_kernel[(1,)](a, b, onto, target)
    return float((target.double() - (onto.double() + a.double() @ b.double())).abs().max())


COUNTS = [
    (first, n_keys, n_before, causal, block_q, block_k)
    for causal in (False, True)
    for block_q, block_k in ((4, 3), (2, 5))
    for n_keys, n_before in ((7, 2), (7, -3), (11, 0))
    for first in range(0, n_keys - n_before, block_q)
]
HIDDEN = [(2, 0, 9, 3, True), (0, 3, 9, 2, True), (4, 2, 7, -3, True), (4, 2, 7, -3, False)]


if __name__ == "__main__":
    tried = [len(tuned((64, 32, 4, 2), (32, 64, 8, 3))(copy_kernel).configs)]
    print(
        json.dumps(
            {
                "inside": copied(2, 10, False),
                "at the end": copied(7, 9, True),
                "counts": [(*case, *counted(*case)) for case in COUNTS],
                "hidden": [(*case, hidden(*case)) for case in HIDDEN],
                "product error": product_error(),
                "configurations": tried,
            }
        )
    )
