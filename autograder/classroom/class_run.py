"""A whole class from submissions to what the instructor and the learners read.

Each step writes what the one before has made certain: the results, the gradebook, the pages. A run
that is killed between two of them, or within one, is completed by the next, and a run that finds
nothing to do changes no file but writes its log. Where everything stands is told in `folder.py`.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.classroom.by_hand import Entries, Marks, marks_of, read_by_hand
from autograder.classroom.database import gradebook_url, secrets_of, shown
from autograder.classroom.events import note
from autograder.classroom.folder import ClassFolder
from autograder.classroom.kept import read_kept
from autograder.classroom.run_log import run_log
from autograder.classroom.runner import Graded, grade_class
from autograder.classroom.times import Times
from autograder.errors import CourseError
from autograder.files import write_if_changed
from autograder.flags import Flag, find_flags
from autograder.pages.feedback import feedback_page
from autograder.pages.report import class_report, class_table
from autograder.result import Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.collect import HandedInClass
from autograder.worker import AnyWorker


@dataclass(frozen=True)
class ClassRun:
    """What came of grading a class.

    Attributes:
        graded: Its submissions, in the order of their names.
        flags: Places to look at.
        absent: Learners with marks in the gradebook who did not hand in this time.
    """

    graded: list[Graded]
    flags: tuple[Flag, ...]
    absent: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """What `course grade` ends with: 1 when a submission could not be read or graded."""
        return int(any(one.result.reason for one in self.graded))


def grade_and_write(
    assignment: Assignment,
    submissions: HandedInClass,
    out: Path,
    *,
    seed: int = 0,
    jobs: int = 1,
    database: str = "",
    unconfined: bool = False,
    elsewhere: Callable[[], AnyWorker] | None = None,
    answers: Mapping[str, str] | None = None,
    on_graded: Callable[[Graded], None] | None = None,
) -> ClassRun:
    """Grade a class and write everything that follows from the marks.

    Args:
        assignment: The chapter.
        submissions: One a learner; each is read when its turn comes.
        out: Folder to write into.
        seed: Seed of the class.
        jobs: Number of processes, or of submissions at a time that are judged elsewhere.
        database: URL of the gradebook; "" for a file in the folder.
        unconfined: Run the learners' code without protection of the machine.
        elsewhere: Gives something that judges on other machines, in place of processes here.
        answers: The course's own answers by exercise, for the feedback, once they are released.
        on_graded: Called with each result as it comes.

    Raises:
        CourseError: The course is broken, the gradebook cannot be used, or another run is at work.
    """
    # Here and not above: nbgrader takes two seconds to import, and `course report` needs none.
    from autograder.classroom.gradebook import open_gradebook, write_gradebook

    folder, url = ClassFolder(out, assignment.slug), gradebook_url(database, out)
    about = {"version": assignment.version, "seed": seed, "jobs": jobs, "confined": not unconfined}
    about |= {"submissions": len(submissions), "gradebook": shown(url)}
    with folder.alone(), run_log(folder, secrets=secrets_of(url), **about) as log:
        open_gradebook(url, assignment)  # first: a wrong URL is told at once
        folder.begin(submissions.learners)
        graded = grade_class(
            assignment,
            submissions,
            out,
            seed,
            jobs,
            on_graded,
            unconfined=unconfined,
            elsewhere=elsewhere,
        )
        with _kept_all_the_same():
            absent = write_gradebook(url, assignment, graded)
        pages = _write_pages(assignment, folder, read_by_hand(url, assignment), answers)
        note("written", to_look_at=len(pages.flags), absent=len(absent))
        run = ClassRun(graded, pages.flags, absent)
        log.exit_code = run.exit_code
    return run


@dataclass(frozen=True)
class Pages:
    """What was written for people to read.

    Attributes:
        results: The results of the class, sorted by learner.
        flags: Places to look at.
        marks: Marks with those by hand, in the same order.
        by_hand: What people have entered, by learner: what the marks were made from.
    """

    results: tuple[Result, ...]
    flags: tuple[Flag, ...]
    marks: tuple[Marks, ...]
    by_hand: Mapping[str, Entries]


def write_pages(
    assignment: Assignment,
    out: Path,
    *,
    database: str = "",
    answers: Mapping[str, str] | None = None,
) -> Pages:
    """Write feedback, report and table from the results that a run has left and the gradebook.

    Args:
        assignment: The chapter.
        out: Folder into which it was graded.
        database: URL of the gradebook; "" for a file in the folder.
        answers: The course's own answers by exercise, once they are released.

    Raises:
        CourseError: There are no results of a whole class, they are of other settings, the
            gradebook cannot be used, or another command is writing.
    """
    folder, url = ClassFolder(out, assignment.slug), gradebook_url(database, out)
    folder.learners()
    with folder.alone():
        return _write_pages(assignment, folder, read_by_hand(url, assignment), answers)


@contextlib.contextmanager
def _kept_all_the_same() -> Iterator[None]:
    """Add to an error of the gradebook that the grading itself was not for nothing."""
    try:
        yield
    except CourseError as error:
        told = f"{error} What was graded is kept; the same command goes on from there."
        raise CourseError(told) from None


def report_of(assignment: Assignment, out: Path) -> Path:
    """Give the path of a chapter's report."""
    return ClassFolder(out, assignment.slug).chapter / "report.html"


def _write_pages(
    assignment: Assignment,
    folder: ClassFolder,
    by_hand: Mapping[str, Entries],
    answers: Mapping[str, str] | None,
) -> Pages:
    results, links, marks = [], [], []
    for learner in folder.learners():
        result = _read(assignment, folder.result(learner))
        page, entries = folder.feedback(learner), by_hand.get(learner, {})
        write_if_changed(page, feedback_page(assignment, result, entries, answers))
        links.append(page.relative_to(folder.chapter).as_posix())
        results.append(_without_plots(result))
        marks.append(marks_of(assignment, result, entries))
    flags = find_flags(assignment, results)
    times = _read_times(folder, results)
    report = class_report(assignment, results, links, times=times, flags=flags, marks=marks)
    write_if_changed(folder.chapter / "report.html", report)
    write_if_changed(folder.chapter / "marks.csv", class_table(assignment, results, marks))
    return Pages(tuple(results), flags, tuple(marks), by_hand)


def _read(assignment: Assignment, path: Path) -> Result:
    try:
        result = read_kept(path).result
    except FileNotFoundError:
        raise CourseError(
            f"There is no {path}: the last run was not finished; run `course grade` again."
        ) from None
    except (ValueError, OSError) as error:
        raise CourseError(f"{path} is damaged ({error}); run `course grade` again.") from None
    worth = {one.exercise: one.max_points for one in (*result.verdicts, *result.written)}
    if worth != {one.name: one.points for one in assignment.chapter.exercises}:
        raise CourseError(
            f"{assignment.slug} was graded with other exercises or points; "
            "run `course grade` again."
        )
    return result


def _without_plots(result: Result) -> Result:
    """Keep the plots of a class of thousands out of memory; the report shows none."""
    return replace(result, cells=tuple(replace(cell, plots=()) for cell in result.cells))


def _read_times(folder: ClassFolder, results: Sequence[Result]) -> Mapping[str, Times]:
    """Read what grading took; nothing is known of submissions that could not be run."""
    found = {}
    for result in results:
        with contextlib.suppress(OSError, ValueError):
            text = folder.times(result.learner).read_text(encoding="utf-8")
            found[result.learner] = Times.from_json(text)
    return found
