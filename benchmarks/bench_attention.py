"""Attention as the course writes it, beside torch's own: seconds of one call, as a ratio.

The course's function also returns scores and weights, which torch's fused kernel never stores.
"""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from course_lib.attention import scaled_dot_product_attention

B, H, DH = 1, 8, 64
LENGTHS = (128, 512, 1024)
ROUNDS = 15


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print one line a length: both medians, interleaved, and their ratio."""
    torch.manual_seed(0)
    print(f"B={B} H={H} Dh={DH}, float32, {torch.get_num_threads()} threads, {ROUNDS} rounds")
    print(f"{'T':>6} {'course ms':>10} {'torch ms':>10} {'ratio':>7}")
    for seq_len in LENGTHS:
        q, k, v = (torch.randn(B, H, seq_len, DH) for _ in range(3))
        rivals = {
            "course": lambda q=q, k=k, v=v: scaled_dot_product_attention(q, k, v),
            "torch": lambda q=q, k=k, v=v: F.scaled_dot_product_attention(q, k, v),
        }
        times = {name: [] for name in rivals}
        for _ in range(ROUNDS):
            for name, call in rivals.items():
                times[name].append(seconds(call))
        course, peer = (statistics.median(t) * 1000 for t in times.values())
        print(f"{seq_len:>6} {course:>10.2f} {peer:>10.2f} {course / peer:>7.2f}")


if __name__ == "__main__":
    main()
