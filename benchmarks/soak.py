"""Grade a mixed class again and again for an hour, and see that nothing grows.

Each round is a class of the tests' small chapter (right, wrong, hostile, slow, unreadable), another
one each time, through the real pool: two grading processes, of which one lives through all rounds
and one is ended and started anew. Marks, gradebook, feedback, report and log are written as
`course grade` writes them, into one folder. Between the rounds nothing of a learner's may be left.

    python benchmarks/soak.py [--minutes 60] [--out _build/soak.csv]
    python benchmarks/soak.py --judge _build/soak.csv       what a table says, also before its end

Exit code 0: every mark was right and nothing grew. 1: something is wrong; it is said. 2: too short
to tell.
"""

import argparse
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import psutil
from soak_samples import Sample, Table, look, peaks, read_table
from soak_verdict import MIB, faults, trends

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the class stands among the tests

from autograder.classroom import runner
from autograder.classroom.class_run import grade_and_write
from autograder.session import Event, Step
from autograder.submissions.collect import collect
from autograder.worker import Worker
from tests.attacks.watchers import left_behind
from tests.autograder.small_chapter import assignment
from tests.load.mixed_class import Member, mixed_class

ROOT = Path(__file__).resolve().parents[1]
EVERY_S = 10.0  # between two looks while a class is graded
SETTLED_S = 10.0  # for what was killed to be gone
MIN_ROUNDS = 8
BROKEN = 4  # rounds with wrong marks after which nobody need wait for the end


class Shelf:
    """Grading processes between two rounds: the oldest is kept, the others are ended."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Id of the process that is kept; 0 while it is lent or there is none."""
        with self._lock:
            return self._idle[0].pid if self._idle else 0

    def lend(self) -> "Lent":
        """Give the kept process, or a new one."""
        with self._lock:
            kept = self._idle.pop(0) if self._idle else None
        return Lent(kept or Worker(), self)

    def take_back(self, worker: Worker) -> None:
        """Keep a process that has done its work."""
        with self._lock:
            self._idle.append(worker)
            self._idle.sort(key=lambda one: psutil.Process(one.pid).create_time())

    def settle(self, n_kept: int) -> None:
        """End all but so many."""
        while len(self._idle) > n_kept:
            self._idle.pop().close()


class Lent:
    """A grading process that outlives its pool, unless it was ended in the middle of its work."""

    def __init__(self, worker: Worker, shelf: Shelf) -> None:
        self.pid = worker.pid
        self._worker, self._shelf, self._at_work = worker, shelf, False

    def run(self, reference: str, steps: list[Step], seed: int) -> list[Event]:
        """Run a submission; see `Worker.run`."""
        self._at_work = True
        events = self._worker.run(reference, steps, seed)
        self._at_work = False
        return events

    def close(self) -> None:
        """Give it back, or end it."""
        if self._at_work:
            self._worker.close()
        else:
            self._shelf.take_back(self._worker)


class Soak:
    """The rounds and what was seen of them.

    Args:
        folder: For the class and its marks.
        table: What was seen.
        size: Submissions a round.
    """

    def __init__(self, folder: Path, table: Table, size: int) -> None:
        self.given, self.out = folder / "class", folder / "out"
        self.table, self.size = table, size
        self.round = self.submissions = 0
        self.wrong: list[str] = []  # marks, and processes that were left behind
        self.shelf = Shelf()
        self._began = time.monotonic()

    def run(self, minutes: float) -> None:
        """Grade one class after the other until the time is up, but enough of them to tell."""
        n_bad = 0
        while n_bad < BROKEN and (self.round < MIN_ROUNDS or self._time_s < 60 * minutes):
            self.round += 1
            n_before = len(self.wrong)
            self._grade(mixed_class(self.size, self.round))
            n_bad += len(self.wrong) > n_before
            self._settle()
            self._look(at_rest=True)
        self.shelf.settle(0)

    @property
    def _time_s(self) -> float:
        return time.monotonic() - self._began

    def _grade(self, members: list[Member]) -> None:
        shutil.rmtree(self.given, ignore_errors=True)
        self.given.mkdir(parents=True)
        for member in members:
            member.hand_in(self.given)
        chapter = assignment()
        with self._looking(), mock.patch.object(runner, "Worker", self.shelf.lend):
            done = grade_and_write(chapter, collect([self.given], chapter.slug), self.out, jobs=2)
        must = {member.name: member for member in members}
        for one in done.graded:
            member, points = must[one.result.learner], one.result.points
            if points != member.points:
                self.wrong.append(
                    f"round {self.round}: {member.about} got {points:g}, not {member.points:g}"
                )
        self.submissions += len(done.graded)

    def _settle(self) -> None:
        """Wait until what was killed is gone, and say what is not."""
        self.shelf.settle(1)
        gc.collect()
        deadline = time.monotonic() + SETTLED_S
        me = psutil.Process()
        while any(map(_is_ending, me.children(recursive=True))) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.wrong += [f"round {self.round}: process {one.pid} was left" for one in left_behind()]

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Look again and again from a thread."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(EVERY_S):
                self._look(at_rest=False)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _look(self, *, at_rest: bool) -> None:
        seen = look(self._time_s, self.round, self.submissions, at_rest, self.shelf.pid, self.out)
        self.table.add(seen)


def main() -> int:
    """Run the soak, or judge a table, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--size", type=int, default=48, help="submissions a round")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "soak.csv")
    parser.add_argument("--judge", type=Path, metavar="CSV", help="only judge a table")
    chosen = parser.parse_args()
    if chosen.judge:
        try:
            samples = read_table(chosen.judge)
        except (OSError, ValueError) as error:
            parser.error(str(error))
        return _told(samples, [])
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, Table(chosen.out) as table:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)  # of the grading processes, too
        tempfile.tempdir = None
        soak = Soak(Path(folder), table, chosen.size)
        soak.run(chosen.minutes)
        return _told(table.samples, soak.wrong)


def _told(samples: list[Sample], wrong: list[str]) -> int:
    """Print what was seen; give the exit code."""
    if samples:  # none in a table that has just been begun
        print(_at_most(samples))
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    try:
        seen, grown = trends(samples), faults(samples)
    except ValueError as error:
        print(f"{error}.")
        return 1 if wrong else 2
    print(f"{'at rest':>16} {'first':>10} {'last':>10} {'rise':>10}")
    for trend in seen:
        print(trend.told())
    for sentence in grown:
        print(f"WRONG: {sentence}")
    return 1 if wrong or grown else 0


def _at_most(samples: list[Sample]) -> str:
    most = peaks(samples)
    return (
        f"{most['round']} rounds, {most['submissions']} submissions in "
        f"{most['time_s'] / 60:.1f} minutes; at most {most['tree_bytes'] / MIB:.0f} MiB, "
        f"{most['processes']} processes, {most['tree_fds']} open files"
    )


def _is_ending(process: psutil.Process) -> bool:
    """Whether a process is dead and not yet gone."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:  # it went meanwhile
        return False


if __name__ == "__main__":
    sys.exit(main())
