"""Grading on a Dask cluster beside the local pool, with as many workers as processes.

    python benchmarks/bench_cluster.py [--submissions 40] [--workers 1 2] [--rounds 3]

Scheduler and workers are processes of this machine. Each round grades the same class, every
submission another file, with each number of workers: here, there, here, there. Speed is that
between the first result and the last; what comes before, the start and the shipping of the course,
and what comes behind, gradebook and pages, stand in columns of their own. At the end the time of a
large class is computed from what was measured; what is taken for granted is printed with it.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_class import machine, write_class
from measuring import spread

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sample class stands among the tests

LARGE = 10_000
GUESSED_WORKERS = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class Run:
    """What grading a class took.

    Attributes:
        before_s: From the start to the first result: connecting, shipping, starting to judge.
        grading_s: From the first result to the last.
        after_s: From the last result to the end: gradebook, feedback, report.
        home_cpu_s: Processor time of this process alone between the first result and the last.
        n: How many were graded.
    """

    before_s: float
    grading_s: float
    after_s: float
    home_cpu_s: float
    n: int

    @property
    def rate(self) -> float:
        """Submissions a second."""
        return (self.n - 1) / self.grading_s


def main() -> None:
    """Print a row for each way and number of workers, then what follows for a large class."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.submissions < 2 or min(chosen.rounds, *chosen.workers) < 1:
        parser.error("a speed needs two submissions, a worker and a round")
    runs: dict[tuple[str, int], list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-cluster-") as folder:
        given = Path(folder, "class")
        write_class(given, chosen.submissions, "right")
        print(f"{chosen.submissions} submissions of chapter 2, right ones, {machine()}", flush=True)
        tell_archive()
        with contextlib.ExitStack() as stack:
            addresses = {
                n: stack.enter_context(cluster(Path(folder, f"cluster-{n}"), n))
                for n in chosen.workers
            }
            for number in range(chosen.rounds + 1):
                for n_workers, address in addresses.items():
                    for way, where in (("here", ""), ("cluster", address)):
                        out = Path(folder, f"out-{number}-{n_workers}-{way}")
                        run = grade(given, out, where, n_workers)
                        if number:  # the first round fills caches, and does not count
                            runs[way, n_workers].append(run)
    tell(runs, chosen.workers)
    tell_large(runs, chosen.workers)


def grade(given: Path, out: Path, address: str, n_workers: int) -> Run:
    """Grade the class once."""
    from autograder.classroom.class_run import grade_and_write
    from autograder.cluster.places import places_on
    from autograder.submissions.assignment import load_assignment
    from autograder.submissions.collect import collect

    assignment = load_assignment("ch02")
    handed_in = collect([given], assignment.slug)
    seen: list[tuple[float, float]] = []
    began = time.perf_counter()
    with places_on(address, assignment.reference, False) as places:
        grade_and_write(
            assignment,
            handed_in,
            out,
            jobs=places.jobs if places else n_workers,
            elsewhere=places and places.make,
            on_graded=lambda _: seen.append((time.perf_counter(), time.process_time())),
        )
        ended = time.perf_counter()
    (first, first_cpu), (last, last_cpu) = min(seen), max(seen)
    return Run(first - began, last - first, ended - last, last_cpu - first_cpu, len(seen))


@contextlib.contextmanager
def cluster(folder: Path, n_workers: int) -> Iterator[str]:
    """Start a scheduler and workers, and give the address."""
    from tests.autograder.cluster.processes import Processes

    folder.mkdir()
    with Processes(folder) as processes:
        for number in range(n_workers):
            processes.worker(f"worker-{number}")
        yield processes.address


def tell_archive() -> None:
    """Print what is shipped to each worker, and what packing it takes."""
    from autograder.cluster.shipping import course_files, pack

    began = time.perf_counter()
    archive, _ = pack(course_files("ch02_self_attention"))
    took_s = time.perf_counter() - began
    print(f"shipped to each worker: {len(archive) / 2**20:.1f} MiB, packed in {took_s:.2f} s\n")


def tell(runs: dict[tuple[str, int], list[Run]], workers: list[int]) -> None:
    """Print the medians, with the range of the rounds."""
    print("| way | workers | submissions a second | efficiency | before s | after s | home CPU s |")
    print("|---|---|---|---|---|---|---|")
    for way in ("here", "cluster"):
        alone = statistics.median(run.rate for run in runs[way, workers[0]])
        for n_workers in workers:
            done = runs[way, n_workers]
            rate = statistics.median(run.rate for run in done)
            efficiency = rate / alone / (n_workers / workers[0])
            columns = [
                spread([run.rate for run in done], "{:.2f}"),
                f"{efficiency:.2f}",
                spread([run.before_s for run in done], "{:.1f}"),
                spread([run.after_s for run in done], "{:.1f}"),
                spread([run.home_cpu_s / (run.n - 1) for run in done], "{:.3f}"),
            ]
            print(f"| {way} | {n_workers} | {' | '.join(columns)} |")
    for n_workers in workers:
        pairs = zip(runs["here", n_workers], runs["cluster", n_workers], strict=True)
        shares = [there.rate / here.rate for here, there in pairs]
        print(f"cluster's speed as a share of the pool's, {n_workers}: {spread(shares, '{:.2f}')}")


def tell_large(runs: dict[tuple[str, int], list[Run]], workers: list[int]) -> None:
    """Print what follows for a large class, and what is taken for granted."""
    done = runs["cluster", workers[0]]
    judged_s = statistics.median(workers[0] / run.rate for run in done)
    home_s = statistics.median(run.home_cpu_s / (run.n - 1) for run in done)
    after_s = statistics.median(run.after_s / run.n for run in done)
    before_s = statistics.median(run.before_s for run in done)
    print(f"\n{LARGE:,} submissions, computed and not measured:")
    for n_workers in GUESSED_WORKERS:
        grading_s = LARGE * max(judged_s / n_workers, home_s)
        all_s = before_s + grading_s + LARGE * after_s
        print(
            f"  {n_workers:>4} workers: {all_s / 60:6.1f} min, {grading_s / 60:6.1f} of them graded"
        )
    print(
        f"taken for granted: a submission takes a worker {judged_s:.3f} s, as here with "
        f"{workers[0]}; this process {home_s:.3f} s of one processor, for all workers one after\n"
        f"the other, so that more than {judged_s / home_s:.0f} workers gain nothing; gradebook and "
        f"pages {after_s:.3f} s each, behind the rest; {before_s:.0f} s before the first result,\n"
        "however many workers there are; the network and the scheduler hold nothing up; nobody's "
        "submission runs to its limits."
    )


if __name__ == "__main__":
    main()
