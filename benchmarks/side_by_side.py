"""Two ways to do one thing, timed in turn in one process: the ratio of their speeds, with interval.

Ours and the peer's alternate, so that whatever else the machine does meets both. A pair gives one
ratio, peer's seconds over ours: above 1 the course is faster. The interval is that of the median of
the pairs, from their order alone: no shape of the noise is assumed.
"""

import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

RESULTS = Path(__file__).resolve().parents[1] / "_build" / "bench"
N_PAIRS = 9
CONFIDENCE = 0.95
N_THREADS = 2


@dataclass(frozen=True)
class Comparison:
    """What came of timing two ways.

    Attributes:
        what: The work.
        peer: Who else does it.
        ours_s: Seconds of each of our runs.
        peer_s: Seconds of each of the peer's, in the same order.
        target: Ratio that is asked for; 0 where none is.
        note: What else was measured.
    """

    what: str
    peer: str
    ours_s: list[float]
    peer_s: list[float]
    target: float = 0.0
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """How many times as fast ours was, pair by pair, sorted."""
        return sorted(peer / ours for ours, peer in zip(self.ours_s, self.peer_s, strict=True))

    @property
    def median(self) -> float:
        """The ratio in the middle."""
        return statistics.median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds of the median, at `CONFIDENCE` or a little more."""
        margin = median_margin(len(self.ratios), CONFIDENCE)
        return self.ratios[margin], self.ratios[-1 - margin]

    @property
    def is_met(self) -> bool:
        """Whether the interval reaches the target."""
        return self.interval[1] >= self.target

    def row(self) -> str:
        """Write a row of the table."""
        low, high = self.interval
        asked = f"{self.target:g}" if self.target else "–"
        met = ("met" if self.is_met else "missed") if self.target else "–"
        times = f"{_seconds(self.ours_s)} | {_seconds(self.peer_s)}"
        ratio = f"{self.median:.2f} ({low:.2f}–{high:.2f})"
        return f"| {self.what} | {self.peer} | {times} | {ratio} | {asked} | {met} | {self.note} |"


def median_margin(n: int, confidence: float) -> int:
    """Say how many values at each end of a sorted sample an interval of its median leaves out.

    The true median lies below the k-th smallest of n values with the chance that fewer than k
    throws of n coins show heads.

    Args:
        n: How many values.
        confidence: Chance that the interval holds the median, at least.
    """
    outside, margin = 0.0, -1
    while margin + 1 < n // 2:
        outside += 2 * math.comb(n, margin + 1) / 2**n
        if outside > 1 - confidence:
            break
        margin += 1
    return max(margin, 0)


def compare(
    what: str,
    ours: Callable[[], object],
    peer_name: str,
    peer: Callable[[], object],
    *,
    target: float = 0.0,
    n_pairs: int = N_PAIRS,
    repeats: int = 1,
    note: str = "",
) -> Comparison:
    """Time two ways in turn, after one run of each that does not count.

    Args:
        what: The work.
        ours: Does it our way.
        peer_name: Who else does it.
        peer: Does it their way.
        target: Ratio that is asked for; 0 where none is.
        n_pairs: How often each is timed.
        repeats: How often a timed run does the work; for work of microseconds.
        note: What else is to be said.
    """
    ours_s, peer_s = [], []
    ours(), peer()
    for pair in range(n_pairs):
        ways = [(ours, ours_s), (peer, peer_s)]
        for way, times in ways if pair % 2 else reversed(ways):  # whoever is first has no edge
            times.append(seconds(way, repeats))
    return Comparison(what, peer_name, ours_s, peer_s, target, note)


def seconds(call: Callable[[], object], repeats: int = 1) -> float:
    """Time some calls, and give the seconds of one."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def machine(packages: Iterable[str]) -> dict[str, object]:
    """Say what was measured on, and with which versions."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def report(
    name: str, comparisons: Iterable[Comparison], packages: Sequence[str] = ("torch",)
) -> None:
    """Print a table row by row as the work is done, and write all times as JSON.

    Args:
        name: Of the benchmark.
        comparisons: Made while they are asked for.
        packages: Whose versions belong to the figures.
    """
    parser = argparse.ArgumentParser(description=name)
    default = RESULTS / f"{Path(sys.argv[0]).stem}.json"
    parser.add_argument("--json", type=Path, default=default, help="where to write all times")
    out = parser.parse_args().json
    torch.set_num_threads(N_THREADS)
    told = machine(packages)
    print(f"{name}: {', '.join(f'{key} {value}' for key, value in told.items())}\n")
    print("| what | peer | ours | peer's | ratio (interval) | asked | | note |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    done = []
    for one in comparisons:
        print(one.row(), flush=True)
        done.append({**asdict(one), "median": one.median, "interval": one.interval})
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": told, "results": done}, indent=1) + "\n")


def _seconds(times: Sequence[float]) -> str:
    middle = statistics.median(times)
    if middle < 1e-3:
        return f"{middle * 1e6:.0f} µs"
    return f"{middle * 1e3:.2f} ms" if middle < 1 else f"{middle:.2f} s"


def _processor() -> str:
    """Name the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
