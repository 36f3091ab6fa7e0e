"""What importing the library costs over importing torch, in processes of their own.

    python benchmarks/bench_imports.py [--json OUT]

The ratio is torch's seconds over those with the library: near 1. The note says the difference,
which may be a tenth of a second.
"""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from side_by_side import Comparison, compare, report

MODULES = ("course_lib.transformer", "course_lib.generation.sampling", "course_lib.tokenizer")
MOST_S = 0.1


def comparisons() -> Iterator[Comparison]:
    """Time both in turn."""
    found = compare(
        f"import {', '.join(MODULES)}",
        lambda: start("\n".join(f"import {module}" for module in MODULES)),
        "import torch",
        lambda: start("import torch"),
    )
    more = statistics.median(
        ours - torch for ours, torch in zip(found.ours_s, found.peer_s, strict=True)
    )
    verdict = "met" if more <= MOST_S else "missed"
    yield replace(found, note=f"{more:+.3f} s, {MOST_S} s asked at most: {verdict}")


def start(source: str) -> None:
    """Run a line in a new process."""
    subprocess.run([sys.executable, "-c", source], check=True)


if __name__ == "__main__":
    report("Imports", comparisons())
