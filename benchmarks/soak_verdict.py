"""Judge a table of samples: does anything grow that should stay as it is?

Only looks at rest count, and of these not the first quarter, in which caches fill. A line is laid
through the rest by the median of the slopes between all pairs (Theil 1950; Sen 1968), which a few
outliers do not move. What grows must grow by more than a floor, by more than the values scatter
around the line, faster than is allowed, and in both halves of the time: a single step, as when a
large submission makes the heap larger once and for all, is no leak.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from soak_samples import Sample

MIB = 2**20
MIN_AT_REST = 6  # fewer looks tell nothing
WARM_UP = 4  # one part in so many is left out at the start
SCATTERS = 3.0  # a rise within so many typical deviations is noise
SHARE = 0.2  # of the whole slope that each half must have


@dataclass(frozen=True)
class Bound:
    """How much a column may grow.

    Attributes:
        column: Its name in `Sample`.
        floor: A rise that is not worth a word.
        each: What a submission may add for good.
        unit: What to divide by, and what it is called.
    """

    column: str
    floor: float
    each: float = 0.0
    unit: tuple[float, str] = (1.0, "")


_MEMORY = {"floor": 8.0 * MIB, "each": 10 * 1024, "unit": (MIB, " MiB")}
BOUNDS = (  # 10 KiB a submission: a class of ten thousand costs 100 MiB
    *(Bound(f"{who}_bytes", **_MEMORY) for who in ("parent", "worker", "warm", "tree")),
    Bound("out_bytes", floor=2.0 * MIB, each=1024, unit=(MIB, " MiB")),
    *(Bound(name, floor=1.5) for name in ("parent_fds", "tree_fds", "threads")),
    Bound("out_files", floor=2.5),
)
NEVER_MORE = ("processes", "temporary_files")  # than at the first look at rest


@dataclass(frozen=True)
class Trend:
    """What a column did.

    Attributes:
        bound: How much it might have grown.
        first: Median of the first few looks.
        last: Median of the last few.
        rise: Rise of the line from the first look to the last.
        steady: Both halves of the time rise, too.
        scatter: Typical distance of a value from the line.
        n_submissions: Submissions between the first look and the last.
    """

    bound: Bound
    first: float
    last: float
    rise: float
    steady: bool
    scatter: float
    n_submissions: int

    @property
    def leaks(self) -> bool:
        """Whether it grew as nothing may that is to run for long."""
        allowed = self.bound.each * self.n_submissions
        return self.steady and self.rise > max(self.bound.floor, SCATTERS * self.scatter, allowed)

    def told(self) -> str:
        """Say it in a line."""
        (size, name), mark = self.bound.unit, "GROWS" if self.leaks else "ok"
        return (
            f"{self.bound.column:>16} {self.first / size:>10.1f} {self.last / size:>10.1f}"
            f" {self.rise / size:>+10.2f}{name:4} ± {self.scatter / size:<8.2f} {mark}"
        )


def trends(samples: Sequence[Sample]) -> list[Trend]:
    """Give what each bounded column did at rest, the start left out.

    Raises:
        ValueError: There are too few looks at rest.
    """
    rest = [one for one in samples if one.at_rest]
    rest = rest[len(rest) // WARM_UP :]
    if len(rest) < MIN_AT_REST:
        raise ValueError(f"{len(rest)} looks at rest are too few; it must run longer")
    return [_trend(bound, rest) for bound in BOUNDS]


def faults(samples: Sequence[Sample]) -> list[str]:
    """Say what is wrong, a sentence each; nothing when all is well.

    Raises:
        ValueError: There are too few looks at rest.
    """
    rest = [one for one in samples if one.at_rest]
    told = [
        f"{one.bound.column} grows: {one.told().strip()}" for one in trends(samples) if one.leaks
    ]
    for column in NEVER_MORE:
        start, worst = getattr(rest[0], column), max(rest, key=lambda one: getattr(one, column))
        if getattr(worst, column) > start:
            told.append(
                f"{column}: {start} at first, {getattr(worst, column)} after round {worst.round}"
            )
    if len({one.worker_pid for one in rest}) > 1:
        told.append("the grading process that was to live through all rounds has died")
    return told


def _trend(bound: Bound, rest: Sequence[Sample]) -> Trend:
    x = [one.submissions for one in rest]
    y = [float(getattr(one, bound.column)) for one in rest]
    slope, half = _slope(x, y), len(x) // 2
    halves = _slope(x[:half], y[:half]), _slope(x[half:], y[half:])
    middle = statistics.median(b - slope * a for a, b in zip(x, y, strict=True))
    scatter = statistics.median(abs(b - slope * a - middle) for a, b in zip(x, y, strict=True))
    few = max(1, len(y) // 4)
    return Trend(
        bound=bound,
        first=statistics.median(y[:few]),
        last=statistics.median(y[-few:]),
        rise=slope * (x[-1] - x[0]),
        steady=min(halves) > SHARE * slope,
        scatter=scatter,
        n_submissions=x[-1] - x[0],
    )


def _slope(x: Sequence[int], y: Sequence[float]) -> float:
    """Give the median of the slopes between all pairs."""
    pairs = [(i, j) for i, j in combinations(range(len(x)), 2) if x[j] > x[i]]
    return statistics.median((y[j] - y[i]) / (x[j] - x[i]) for i, j in pairs)
