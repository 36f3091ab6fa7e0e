"""Tiled attention in plain torch beside the fused kernel, and its memory beside the direct form.

    python benchmarks/bench_flash_attention.py [--json OUT]

One batch, 8 heads of width 64, causal, float32, 8,192 positions. Memory is the most that a process
held while it attended once, less what it held before; each form has a process of its own. Linux
only: elsewhere a process cannot forget its earlier peak.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from side_by_side import Comparison, compare, report
from torch import Tensor

from course_lib.attention import scaled_dot_product_attention
from course_lib.kernels.flash_attention import flash_attention
from course_lib.masks import causal_mask

H, T, DH = 8, 8192, 64
KIB = 1024


def comparisons() -> Iterator[Comparison]:
    """Time both directions, and weigh them."""
    for backward, target in ((False, 0.70), (True, 0.60)):
        name = "forward and backward" if backward else "forward"
        inputs = heads(backward)
        found = compare(
            f"attention, T={T}, {name}",
            lambda inputs=inputs: run(tiled, inputs),
            "torch, fused",
            lambda inputs=inputs: run(fused, inputs),
            target=target,
        )
        grown = {form: extra_mib(form, backward) for form in FORMS}
        told = ", ".join(f"{form} {mib:.0f} MiB" for form, mib in grown.items())
        share = grown["direct"] / grown["tiled"]
        yield replace(found, note=f"memory: {told}; tiled 1/{share:.0f} of direct")


def heads(wants_gradient: bool) -> list[Tensor]:
    """Draw queries, keys and values."""
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randn(1, H, T, DH, generator=generator) for _ in range(3)]
    return [one.requires_grad_(wants_gradient) for one in drawn]


def tiled(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Ours, by tiles."""
    return flash_attention(q, k, v, causal=True).values


def fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Torch's own kernel."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def direct(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Ours as it is taught first: all scores at once."""
    return scaled_dot_product_attention(q, k, v, causal_mask(T, T)).values


FORMS = {"tiled": tiled, "fused": fused, "direct": direct}


def run(form: Callable[..., Tensor], inputs: list[Tensor]) -> None:
    """Attend once, and pass a gradient back where the inputs want one."""
    out = form(*inputs)
    if out.requires_grad:
        torch.autograd.grad(out, inputs, torch.ones_like(out))


def extra_mib(form: str, backward: bool) -> float:
    """Run a form in a process of its own and give the memory it took."""
    command = [sys.executable, __file__, "--weigh", form, str(int(backward))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def weigh(form: str, backward: bool) -> None:
    """Print the memory that one run takes, after a short one that warms up."""
    inputs = heads(backward)
    short = [one[:, :, : T // 32].detach().requires_grad_(backward) for one in inputs]
    if form != "direct":  # whose mask is as long as the inputs
        run(FORMS[form], short)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is forgotten
    before = held_kib("VmRSS")
    run(FORMS[form], inputs)
    print((held_kib("VmHWM") - before) / KIB)


def held_kib(what: str) -> int:
    """Read what this process holds, or held at most."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)
    )
    return int(line.split()[1])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--weigh"]:
        weigh(sys.argv[2], bool(int(sys.argv[3])))
    else:
        report("Tiled attention", comparisons())
