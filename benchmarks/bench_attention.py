"""Attention as the course writes it beside torch's own kernel.

    python benchmarks/bench_attention.py [--json OUT]

The course's function also returns scores and weights, which the fused kernel never stores.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from side_by_side import Comparison, compare, report

from course_lib.attention import scaled_dot_product_attention

B, H, DH = 1, 8, 64
LENGTHS = (128, 512, 1024)


def comparisons() -> Iterator[Comparison]:
    """Time one call at each length."""
    generator = torch.Generator().manual_seed(0)
    for seq_len in LENGTHS:
        q, k, v = (torch.randn(B, H, seq_len, DH, generator=generator) for _ in range(3))
        yield compare(
            f"attention, T={seq_len}",
            lambda q=q, k=k, v=v: scaled_dot_product_attention(q, k, v),
            "torch, fused",
            lambda q=q, k=k, v=v: F.scaled_dot_product_attention(q, k, v),
            repeats=5,
        )


if __name__ == "__main__":
    report("Attention, step by step", comparisons())
