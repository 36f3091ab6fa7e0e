"""The most memory that one attention takes, measured in a process of its own.

    python -m course_lib.analysis.peak_memory tiled 1024 64

A process that has once held much memory may go on holding it, so each number comes from a fresh
one. Read from Linux's /proc; elsewhere there is nothing to read it from.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.attention import scaled_dot_product_attention
from course_lib.kernels.flash_attention import flash_attention
from course_lib.masks import causal_mask

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")
PEAK = "5"  # what is written there to set the peak back: see Linux's proc(5)
SHORT = 64  # positions of a call that only warms up

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]


def _direct(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return scaled_dot_product_attention(q, k, v, causal_mask(q.shape[2], k.shape[2])).values


def _tiled(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return flash_attention(q, k, v, causal=True).values


def _fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


WAYS: Mapping[str, Attention] = MappingProxyType(
    {"direct": _direct, "tiled": _tiled, "fused": _fused}
)
"""The whole table of scores; the library's tiles; torch's own kernel. All are causal."""


def can_measure() -> bool:
    """Tell whether this machine shows the peak of a process."""
    return STATUS.is_file() and FORGET.is_file()


def attention_peak_bytes(way: str, seq_len: int, d_head: int = 64) -> int:
    """Attend once in a fresh process, with one head, and give the memory that it took at most.

    Inputs are not counted, the result is.

    Args:
        way: One of `WAYS`.
        seq_len: Queries, and keys (T).
        d_head: Width of the head.

    Raises:
        ValueError: There is no such way.
        RuntimeError: The machine shows no peak, or the process failed; its last words are told.
    """
    if way not in WAYS:
        raise ValueError(f"there is no way {way!r} to attend; there are {', '.join(WAYS)}")
    if not can_measure():
        raise RuntimeError(f"this machine has no {FORGET}, from which a peak can be read")
    command = [sys.executable, "-m", "course_lib.analysis.peak_memory", way, str(seq_len)]
    done = subprocess.run([*command, str(d_head)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way} at {seq_len} positions failed: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def measure(way: str, seq_len: int, d_head: int) -> int:
    """Attend once, here, and give the bytes above what was held before."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, 1, seq_len, d_head, generator=generator) for _ in range(3))
    attend = WAYS[way]
    with torch.no_grad():
        attend(*(one[:, :, :SHORT] for one in (q, k, v)))
        FORGET.write_text(PEAK, encoding="ascii")
        before = held_bytes("VmRSS")
        attend(q, k, v)
    return held_bytes("VmHWM") - before


def held_bytes(what: str) -> int:
    """Read what this process holds ("VmRSS"), or held at most ("VmHWM")."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(what + ":"))
    kibibyte = 1024
    return int(line.split()[1]) * kibibyte


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
