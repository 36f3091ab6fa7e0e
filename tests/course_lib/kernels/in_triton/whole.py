"""Calls `flash_attention_triton` and measures how far it is from the whole table in float64.

As a share of the size of what is right: ‖got − want‖ / ‖want‖.
"""

import json
import sys

import torch

from course_lib.kernels.flash_triton import flash_attention_triton
from tests.course_lib.kernels.dense import dense_attention, qkv

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# The interpreter cannot multiply bfloat16.
HALF = torch.bfloat16 if DEVICE == "cuda" else torch.float16
# Sequences, query heads, kv heads, queries, keys, width
SMALL = [(2, 4, 2, 19, 37, 16), (1, 2, 2, 40, 40, 32), (1, 2, 1, 37, 21, 16)]
LARGE = [(2, 6, 3, 500, 1000, 64), (1, 4, 4, 1024, 1024, 128), (1, 4, 1, 777, 333, 64)]


def side_by_side(x):
    """Lay heads out in memory as `split_heads` leaves them: those of a position side by side."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


def errors(shape, causal, dtype):
    inputs = [side_by_side(x).to(DEVICE, dtype) for x in qkv(*shape, shape[-1])]
    inputs = [x.requires_grad_() for x in inputs]
    exact = [x.detach().double().requires_grad_() for x in inputs]
    out = flash_attention_triton(*inputs, causal=causal)
    values, lse = dense_attention(*(x.cpu() for x in exact), causal)
    seen = lse > -torch.inf
    assert torch.equal(out.lse.cpu() > -torch.inf, seen)
    generator = torch.Generator().manual_seed(9)
    pulls = [torch.randn(x.shape, generator=generator) for x in (values, lse[seen])]
    got = torch.autograd.grad(
        (out.values, out.lse[seen.to(DEVICE)]),
        inputs,
        (side_by_side(pulls[0].to(DEVICE, dtype)), pulls[1].to(DEVICE)),
    )
    pulls = [pulls[0].to(dtype).double(), pulls[1].double()]
    want = torch.autograd.grad((values, lse[seen]), exact, pulls)
    pairs = zip(
        (out.values, out.lse[seen.to(DEVICE)], *got), (values, lse[seen], *want), strict=True
    )
    names = ("values", "lse", "d_q", "d_k", "d_v")
    with torch.no_grad():
        return {
            name: float((ours.cpu().double() - right.cpu()).norm() / right.norm())
            for name, (ours, right) in zip(names, pairs, strict=True)
        }


def refused(*tensors):
    try:
        flash_attention_triton(*tensors)
    except ValueError as error:
        return str(error)
    return "not refused"


def refusals():
    q, k, v = (x.float() for x in qkv(1, 4, 2, 5, 7, 16, 16))
    return {
        "widths": refused(q, k[..., :8], v),
        "heads": refused(q[:, :3], k, v),
        "values": refused(q, k, v[..., :8]),
        "power of 2": refused(*(torch.cat([x, x, x], dim=-1) for x in (q, k, v))),
        "too narrow": refused(*(x[..., :8] for x in (q, k, v))),
        "dtypes": refused(q, k, v.double()),
        "double": refused(*(x.double() for x in (q, k, v))),
        "bfloat16": refused(*(x.bfloat16() for x in (q, k, v))),
    }


if __name__ == "__main__":
    found = [
        {"causal": causal, "dtype": str(dtype), "errors": errors(shape, causal, dtype)}
        for shape in (LARGE if DEVICE == "cuda" else SMALL)
        for causal in (False, True)
        for dtype in (torch.float32, HALF)
    ]
    json.dump({"found": found, "refused": refusals()}, sys.stdout)
