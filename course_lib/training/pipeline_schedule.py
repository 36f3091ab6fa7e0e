"""Who works when, if the layers of a model lie on several devices one behind the other.

A batch is cut into small ones that follow each other through the stages, forward and then
backward. A stage that waits for its neighbour does nothing: the bubble. Times are simulated; a
small batch takes the same time on every stage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["forward", "backward"]
Work = tuple[Kind, int]

TIMES: dict[Kind, int] = {"forward": 1, "backward": 2}
"""How long a stage takes for a small batch: backward two products of matrices for each forward."""


@dataclass(frozen=True)
class Job:
    """A small batch on a stage.

    Attributes:
        stage: Number of the stage, from 0.
        kind: Which way.
        batch: Number of the small batch, from 0.
        start: When it begins.
    """

    stage: int
    kind: Kind
    batch: int
    start: int

    @property
    def end(self) -> int:
        """When it is done."""
        return self.start + TIMES[self.kind]


@dataclass(frozen=True)
class Schedule:
    """A whole batch on all stages.

    Attributes:
        jobs: What is done, stage by stage in the order of time.
        n_stages: How many stages there are.
    """

    jobs: tuple[Job, ...]
    n_stages: int

    @property
    def duration(self) -> int:
        """When the last job is done."""
        return max(job.end for job in self.jobs)

    @property
    def idle_share(self) -> float:
        """Share of the stages' time in which nothing is done."""
        busy = sum(TIMES[job.kind] for job in self.jobs)
        return 1 - busy / (self.duration * self.n_stages)

    def most_held(self, stage: int) -> int:
        """Return for how many small batches a stage keeps activations at once, at most."""
        held = most = 0
        for job in self.jobs:
            if job.stage == stage:
                held += 1 if job.kind == "forward" else -1
                most = max(most, held)
        return most


def all_forward_first(n_stages: int, n_batches: int) -> Schedule:
    """Send all small batches forward, then all backward (Huang et al. 2019, arXiv:1811.06965).

    Raises:
        ValueError: There is no stage or no batch.
    """
    _check(n_stages, n_batches)
    forward = _work("forward", range(n_batches))
    backward = _work("backward", reversed(range(n_batches)))
    return _run([[*forward, *backward]] * n_stages)


def one_forward_one_backward(n_stages: int, n_batches: int) -> Schedule:
    """Go backward with a small batch as soon as it can, so that little has to be kept.

    The schedule of PipeDream (Narayanan et al. 2019, arXiv:1806.03377) with a flush after each
    batch, as in Narayanan et al. 2021 (arXiv:2104.04473), figure 4.

    Raises:
        ValueError: There is no stage or no batch.
    """
    _check(n_stages, n_batches)
    orders: list[list[Work]] = []
    for stage in range(n_stages):
        n_ahead = min(n_stages - stage - 1, n_batches)  # what the later stages need to begin
        order = _work("forward", range(n_ahead))
        for batch in range(n_batches - n_ahead):
            order.append(("forward", n_ahead + batch))
            order.append(("backward", batch))
        order += _work("backward", range(n_batches - n_ahead, n_batches))
        orders.append(order)
    return _run(orders)


def _work(kind: Kind, batches: Iterable[int]) -> list[Work]:
    return [(kind, batch) for batch in batches]


def _run(orders: Sequence[Sequence[Work]]) -> Schedule:
    """Let every stage do its jobs in order, each as soon as it has what it needs."""
    done: dict[tuple[int, Kind, int], Job] = {}
    free, place = [0] * len(orders), [0] * len(orders)
    while any(at < len(order) for at, order in zip(place, orders, strict=True)):
        before = len(done)
        for stage, order in enumerate(orders):
            if place[stage] == len(order):
                continue
            kind, batch = order[place[stage]]
            neighbour = stage - 1 if kind == "forward" else stage + 1
            need = (neighbour, kind, batch)
            is_first = not 0 <= neighbour < len(orders)  # at this end nobody hands it over
            if is_first or need in done:
                start = free[stage] if is_first else max(free[stage], done[need].end)
                job = Job(stage, kind, batch, start)
                done[stage, kind, batch] = job
                free[stage], place[stage] = job.end, place[stage] + 1
        assert len(done) > before, "the stages wait for each other"
    jobs = sorted(done.values(), key=lambda job: (job.stage, job.start))
    return Schedule(tuple(jobs), len(orders))


def _check(n_stages: int, n_batches: int) -> None:
    if n_stages < 1 or n_batches < 1:
        raise ValueError(f"{n_stages} stages and {n_batches} small batches make no schedule")
