"""Grade a class: a pool of warm processes, results kept by content.

A result is written in one step when it is known, so that a run that is killed loses at most the
submissions in flight; the next run grades only what is new or changed.
"""

import hashlib
import json
import queue
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from socket import gethostname

from autograder.errors import WorkerDiedError
from autograder.files import write_if_changed
from autograder.grading import Measurement, grade_measured, unreadable
from autograder.result import Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.collect import HandedIn
from autograder.worker import Worker

ATTEMPTS = 2
_UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Attributes:
        result: Its marks.
        fresh: Graded now, and not taken from an earlier run.
    """

    result: Result
    fresh: bool


def grade_class(
    assignment: Assignment,
    submissions: Sequence[HandedIn],
    out: Path,
    seed: int = 0,
    jobs: int = 1,
    on_graded: Callable[[Graded], None] | None = None,
) -> list[Graded]:
    """Grade the submissions of a class.

    Args:
        assignment: The chapter.
        submissions: One a learner.
        out: Folder for `results/`, which is also the memory of earlier runs.
        seed: Seed of the class.
        jobs: Number of processes.
        on_graded: Called with each result as it comes.

    Returns:
        The graded submissions in the order given.

    Raises:
        CourseError: The course itself is broken.
    """
    with _worker_pool(jobs) as workers, ThreadPoolExecutor(jobs) as pool:

        def one(submission: HandedIn) -> Graded:
            graded = _grade_or_recall(assignment, submission, out / "results", seed, workers)
            if on_graded:
                on_graded(graded)
            return graded

        return list(pool.map(one, submissions))


def file_name(learner: str) -> str:
    """Give a file name for a learner that is safe anywhere and as readable as can be."""
    safe = _UNSAFE.sub("_", learner)[:60].lstrip(".") or "_"
    if safe == learner:
        return safe
    return f"{safe}-{hashlib.sha256(learner.encode('utf-8', 'replace')).hexdigest()[:8]}"


class _Workers:
    """Warm processes, started when first needed and replaced when they die."""

    def __init__(self, jobs: int) -> None:
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(jobs):
            self._idle.put(None)

    @contextmanager
    def borrow(self) -> Iterator[Worker]:
        worker = self._idle.get() or Worker()
        try:
            yield worker
        except BaseException:
            worker.close()  # whatever went wrong, it is in the middle of something
            self._idle.put(None)
            raise
        self._idle.put(worker)

    def close(self) -> None:
        while not self._idle.empty():
            worker = self._idle.get()
            if worker:
                worker.close()


@contextmanager
def _worker_pool(jobs: int) -> Iterator[_Workers]:
    workers = _Workers(jobs)
    try:
        yield workers
    finally:
        workers.close()


def _grade_or_recall(
    assignment: Assignment, submission: HandedIn, folder: Path, seed: int, workers: _Workers
) -> Graded:
    if submission.problem:
        result = unreadable(assignment, submission.learner, seed, submission.problem)
        return Graded(_with_note(result, submission.note), fresh=True)
    path = folder / f"{file_name(submission.learner)}.json"
    key = _key(assignment, submission, seed)
    known = _recall(path, key)
    if known:
        return Graded(known, fresh=False)
    trouble = ""
    for _ in range(ATTEMPTS):
        try:
            with workers.borrow() as worker:
                result, measurement = grade_measured(
                    submission.data, assignment, submission.learner, seed, worker
                )
        except WorkerDiedError as error:
            trouble = str(error)
        else:
            result = _with_note(result, submission.note)
            _keep(path, key, result, measurement)
            return Graded(result, fresh=True)
    # Not kept: another run may have more memory.
    return Graded(unreadable(assignment, submission.learner, seed, trouble), fresh=True)


def _with_note(result: Result, note: str) -> Result:
    return replace(result, repairs=(note, *result.repairs)) if note else result


def _key(assignment: Assignment, submission: HandedIn, seed: int) -> str:
    """Hash of everything that the result depends on."""
    digest = hashlib.sha256(submission.data)
    for part in (assignment.slug, assignment.version, submission.learner, seed, submission.note):
        digest.update(f"\x1f{part}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _recall(path: Path, key: str) -> Result | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Result.from_json(json.dumps(kept["result"])) if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, or cut short by something else than us: grade again


def _keep(path: Path, key: str, result: Result, measurement: Measurement) -> None:
    kept = {"key": key, "result": json.loads(result.to_json())}
    text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
    times = json.dumps({**asdict(measurement), "host": gethostname()}, sort_keys=True)
    write_if_changed(path.with_suffix(".times"), times + "\n")
    write_if_changed(path, text + "\n")
