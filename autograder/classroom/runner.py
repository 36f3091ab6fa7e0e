"""Grade a class: a pool of warm processes, results kept by content.

Of each submission the marked notebook is written first, then the times, then the result, each in
one step. The result is what counts: a run that is killed loses at most the submissions in flight,
and the next one grades those, and what is new or changed.
"""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import nbformat

from autograder.classroom.events import note, note_death, note_result, note_trouble
from autograder.classroom.folder import ClassFolder
from autograder.classroom.kept import NEVER, Kept, content_key, keep, recall, submission_hash
from autograder.classroom.pool import StoppedError, StuckError, WorkerPool
from autograder.errors import CourseError, UnreadableError, WorkerDiedError
from autograder.files import write_if_changed
from autograder.grading import Measurement, grade_transplanted, unreadable
from autograder.plain_text import one_line
from autograder.result import Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.collect import HandedIn
from autograder.submissions.marked import mark_notebook
from autograder.submissions.reading import Submission, read_submission
from autograder.submissions.transplant import Transplanted, transplant
from autograder.worker import AnyWorker, Worker

ATTEMPTS = 2
_TROUBLE = (
    "The grader itself failed on this submission ({}); the next run tries again. "
    "Please tell those who look after the course."
)


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Attributes:
        result: Its marks. What its cells printed and drew is in the kept file alone: a class of
            thousands must fit into memory.
        fresh: Graded now, and not taken from an earlier run.
        submission: Hash of what was handed in.
    """

    result: Result
    fresh: bool
    submission: str = ""


def grade_class(
    assignment: Assignment,
    submissions: Sequence[HandedIn],
    out: Path,
    seed: int = 0,
    jobs: int = 1,
    on_graded: Callable[[Graded], None] | None = None,
    *,
    unconfined: bool = False,
    elsewhere: Callable[[], AnyWorker] | None = None,
) -> list[Graded]:
    """Grade the submissions of a class.

    Args:
        assignment: The chapter.
        submissions: One a learner; each is read when its turn comes.
        out: Folder for results and marked notebooks, which is also the memory of earlier runs.
        seed: Seed of the class.
        jobs: Number of processes, or of submissions at a time that are judged elsewhere.
        on_graded: Called with each result as it comes, from several threads.
        unconfined: Run the learners' code without protection of the machine.
        elsewhere: Gives something that judges on other machines, in place of processes here.

    Returns:
        The graded submissions in the order given.

    Raises:
        CourseError: The course itself is broken, or nothing can be confined here.
    """
    here = functools.partial(Worker, unconfined=True) if unconfined else Worker
    make = elsewhere or here
    with _stopping_pool(jobs, make) as (workers, threads):
        folder = ClassFolder(out, assignment.slug)
        grader = _Grader(assignment, folder, seed, unconfined, workers)

        def one(index: int) -> Graded:
            graded = grader.grade(submissions[index])
            if on_graded:
                on_graded(graded)
            return graded

        futures = [threads.submit(one, index) for index in range(len(submissions))]
        for future in wait(futures, return_when=FIRST_EXCEPTION).done:
            future.result()
        return [future.result() for future in futures]


@contextmanager
def _stopping_pool(
    jobs: int, make: Callable[[], AnyWorker]
) -> Iterator[tuple[WorkerPool, ThreadPoolExecutor]]:
    """Give processes and as many threads; whatever goes wrong, both end at once."""
    # The threads outlast the processes: on Linux a process may be bound to the life of the thread
    # that started it.
    with ThreadPoolExecutor(jobs) as threads, WorkerPool(jobs, make) as workers:
        try:
            yield workers, threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


@dataclass(frozen=True)
class _Grader:
    """What grading every submission of a class needs."""

    assignment: Assignment
    folder: ClassFolder
    seed: int
    unconfined: bool
    workers: WorkerPool

    def grade(self, handed_in: HandedIn) -> Graded:
        """Grade a submission, or recall its result."""
        try:
            return self._grade(handed_in)
        except (CourseError, StoppedError, OSError):
            raise  # the next submission would fare no better
        except Exception as error:
            note_trouble(handed_in.learner, error)
            # Whatever a stranger's file has brought about, it stops nobody else's.
            reason = _TROUBLE.format(f"{type(error).__name__}: {one_line(str(error), 200)}")
            nothing = transplant(self.assignment, Submission(()))
            return self._keep(handed_in, nothing, self._not_graded(handed_in, reason), None, NEVER)

    def _grade(self, handed_in: HandedIn) -> Graded:
        key = content_key(self.assignment, handed_in, self.seed, unconfined=self.unconfined)
        known = recall(self.folder.result(handed_in.learner), key)
        if known:
            note("recalled", learner=handed_in.learner, points=known.result.points)
        if known and self._marked(handed_in).exists():
            return _graded(known, fresh=False)
        transplanted, problem = self._transplant(handed_in)
        if known:
            self._write_marked(handed_in, transplanted, known.result)
            return _graded(known, fresh=False)
        if problem:
            result, took = self._not_graded(handed_in, problem), None
        else:
            result, took, key = self._run(handed_in, transplanted, key)
        if handed_in.note:
            result = replace(result, repairs=(handed_in.note, *result.repairs))
        return self._keep(handed_in, transplanted, result, took, key)

    def _keep(
        self,
        handed_in: HandedIn,
        transplanted: Transplanted,
        result: Result,
        took: Measurement | None,
        key: str,
    ) -> Graded:
        """Write everything of one submission, the result last."""
        self._write_marked(handed_in, transplanted, result)
        times = self.folder.times(handed_in.learner)
        if took:
            write_if_changed(times, json.dumps(asdict(took), sort_keys=True) + "\n")
        else:
            times.unlink(missing_ok=True)
        kept = Kept(result, key, submission_hash(handed_in))
        keep(self.folder.result(handed_in.learner), kept)
        note_result(result, took, again=key == NEVER)
        return _graded(kept, fresh=True)

    def _transplant(self, handed_in: HandedIn) -> tuple[Transplanted, str]:
        """Rebuild a submission; one that cannot be read gives empty answers and the reason."""
        problem = handed_in.problem
        try:
            submission = Submission(()) if problem else read_submission(handed_in.data)
        except UnreadableError as error:
            submission, problem = Submission(()), str(error)
        return transplant(self.assignment, submission), problem

    def _run(
        self, handed_in: HandedIn, transplanted: Transplanted, key: str
    ) -> tuple[Result, Measurement | None, str]:
        """Run and judge in a worker; what was the grader's trouble gets `NEVER` for a key."""
        trouble = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.workers.borrow() as worker:
                    learner, seed = handed_in.learner, self.seed
                    size = len(handed_in.data)
                    note("begun", learner=learner, bytes=size, worker=worker.pid, attempt=attempt)
                    return (
                        *grade_transplanted(self.assignment, transplanted, learner, seed, worker),
                        key,
                    )
            except WorkerDiedError as error:
                trouble = str(error)
                note_death(handed_in.learner, attempt, trouble)
                if isinstance(error, StuckError):
                    break
        return self._not_graded(handed_in, trouble), None, NEVER

    def _not_graded(self, handed_in: HandedIn, reason: str) -> Result:
        return unreadable(self.assignment, handed_in.learner, self.seed, reason)

    def _marked(self, handed_in: HandedIn) -> Path:
        return self.folder.marked(handed_in.learner)

    def _write_marked(
        self, handed_in: HandedIn, transplanted: Transplanted, result: Result
    ) -> None:
        mark_notebook(self.assignment, transplanted.notebook, result)
        text = nbformat.writes(transplanted.notebook).rstrip("\n")
        write_if_changed(self._marked(handed_in), text + "\n")


def _graded(kept: Kept, *, fresh: bool) -> Graded:
    return Graded(replace(kept.result, cells=()), fresh, kept.submission)
