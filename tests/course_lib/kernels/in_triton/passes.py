"""Launches the kernels on random heads, and measures how far they are from the whole table.

What they write to is filled with nan first, and has rows behind its end that must stay as they are.
"""

import json
import math
import sys

import torch

from course_lib.kernels.flash_triton_backward import delta_kernel, keys_kernel, queries_kernel
from course_lib.kernels.flash_triton_forward import forward_kernel
from course_lib.kernels.online_softmax import LOG2_E
from tests.course_lib.kernels.dense import dense_attention, rand

# kv heads, query heads that share one, queries, keys, width. The interpreter's tiles are 16 × 32.
SHAPES = [(2, 1, 37, 37, 16), (1, 3, 21, 70, 32), (1, 2, 70, 21, 16), (1, 1, 90, 97, 16)]
N_BEHIND = 40


class Guarded:
    """A tensor of nan with rows behind its end."""

    def __init__(self, *shape):
        n = math.prod(shape)
        self.memory = torch.full((n + N_BEHIND * shape[-1],), torch.nan)
        self.memory[n:] = 5.0
        self.behind, self.tensor = self.memory[n:], self.memory[:n].view(shape)

    def error(self, expected):
        """Largest distance, or infinity where something was not written or written behind."""
        finite = expected > -torch.inf
        if not torch.equal(finite, self.tensor > -torch.inf) or (self.behind != 5.0).any():
            return math.inf
        return float((self.tensor.double() - expected)[finite].abs().max())


def tiles(n_rows, n_heads, block):
    """How many programs to launch, once the size of the tiles is settled."""
    return lambda chosen: (-(-n_rows // chosen[block]), n_heads)


class Case:
    """Random heads, and what the whole table in float64 makes of them."""

    def __init__(self, n_kv_heads, n_sharing, n_queries, n_keys, d_head, causal):
        n = n_kv_heads * n_sharing
        self.by_queries = tiles(n_queries, n, "BLOCK_Q")
        self.by_keys = tiles(n_keys, n_kv_heads, "BLOCK_K")
        q, d_values = rand(n, n_queries, d_head), rand(n, n_queries, d_head, seed=3)
        k, v = rand(n_kv_heads, n_keys, d_head, seed=1), rand(n_kv_heads, n_keys, d_head, seed=2)
        d_lse = rand(n, n_queries, seed=4)
        inputs = [x.requires_grad_() for x in (q, k, v)]
        values, lse = (x[0] for x in dense_attention(q[None], k[None], v[None], causal))
        seen = lse > -torch.inf
        slopes = torch.autograd.grad((values, lse[seen]), inputs, (d_values, d_lse[seen]))
        names = ("q", "k", "v", "values", "lse", "d_values", "d_lse", "d_q", "d_k", "d_v")
        tensors = (q, k, v, values, lse, d_values, d_lse, *slopes)
        self.exact = {name: x.detach() for name, x in zip(names, tensors, strict=True)}
        self.exact["delta"] = (self.exact["values"] * d_values).sum(-1) - d_lse
        self.given = {name: x.float() for name, x in self.exact.items()}
        self.sizes = {
            "scale": LOG2_E / math.sqrt(d_head),
            "n_queries": n_queries,
            "n_keys": n_keys,
            "n_sharing": n_sharing,
            "size_class": 0,
            "CAUSAL": causal,
            "D_HEAD": d_head,
        }

    def inputs(self, *names):
        return [self.given[name] for name in names]

    def outputs(self, *names):
        return {name: Guarded(*self.given[name].shape) for name in names}

    def errors(self, outputs):
        return {name: guarded.error(self.exact[name]) for name, guarded in outputs.items()}


def forward(case):
    out = case.outputs("values", "lse")
    forward_kernel[case.by_queries](
        *case.inputs("q", "k", "v"), out["values"].tensor, out["lse"].tensor, **case.sizes
    )
    return case.errors(out)


def backward(case):
    out = case.outputs("delta", "d_q", "d_k", "d_v")
    n_rows = case.given["lse"].numel()
    delta_kernel[(-(-n_rows // 8),)](
        *case.inputs("values", "d_values", "d_lse"),
        out["delta"].tensor,
        n_rows,
        D_HEAD=case.sizes["D_HEAD"],
        BLOCK=8,
    )
    inputs = case.inputs("q", "k", "v", "lse", "d_values", "delta")
    queries_kernel[case.by_queries](*inputs, out["d_q"].tensor, **case.sizes)
    keys_kernel[case.by_keys](*inputs, out["d_k"].tensor, out["d_v"].tensor, **case.sizes)
    return case.errors(out)


if __name__ == "__main__":
    errors = {"forward": forward, "backward": backward}[sys.argv[1]]
    cases = [(*shape, causal) for shape in SHAPES for causal in (False, True)]
    print(json.dumps([{"case": case, "errors": errors(Case(*case))} for case in cases]))
