"""A whole class from submissions to what the instructor and the learners read.

OUT/results/NAME.json      marks and reasons; the memory of earlier runs (NAME.times beside it)
OUT/feedback/NAME.html     what a learner reads
OUT/report.html, marks.csv the class at a glance
OUT/gradebook.db           nbgrader's gradebook
OUT/autograded/            nbgrader's marked notebooks, which its formgrader shows
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.errors import CourseError, UnreadableError
from autograder.feedback import feedback_page
from autograder.files import write_if_changed
from autograder.report import class_report, class_table
from autograder.result import Result
from autograder.runner import Graded, file_name, grade_class
from autograder.submissions.assignment import Assignment
from autograder.submissions.collect import HandedIn
from autograder.submissions.reading import Submission, read_submission
from autograder.submissions.transplant import transplant


def grade_and_write(
    assignment: Assignment,
    submissions: Sequence[HandedIn],
    out: Path,
    *,
    seed: int = 0,
    jobs: int = 1,
    on_graded: Callable[[Graded], None] | None = None,
) -> list[Graded]:
    """Grade a class and write everything that follows from the marks.

    Args:
        assignment: The chapter.
        submissions: One a learner.
        out: Folder to write into.
        seed: Seed of the class.
        jobs: Number of processes.
        on_graded: Called with each result as it comes.

    Raises:
        CourseError: The course is broken, or the gradebook does not fit it.
    """
    from autograder.gradebook import write_autograded, write_gradebook

    graded = grade_class(assignment, submissions, out, seed, jobs, on_graded)
    out.mkdir(parents=True, exist_ok=True)
    write_gradebook(f"sqlite:///{(out / 'gradebook.db').resolve()}", assignment, graded)
    for handed_in, one in zip(submissions, graded, strict=True):
        transplanted = transplant(assignment, _readable(handed_in))
        write_autograded(out, assignment, transplanted, one.result)
    write_pages(assignment, [one.result for one in graded], out)
    return graded


def write_pages(assignment: Assignment, results: Sequence[Result], out: Path) -> None:
    """Write each learner's feedback, the class report and the table of marks."""
    links = []
    for result in results:
        links.append(f"feedback/{file_name(result.learner)}.html")
        write_if_changed(out / links[-1], feedback_page(assignment, result))
    write_if_changed(out / "report.html", class_report(assignment, results, links))
    write_if_changed(out / "marks.csv", class_table(assignment, results))


def read_results(out: Path) -> list[Result]:
    """Read the results of an earlier run, sorted by learner.

    Raises:
        CourseError: There are none, or one is damaged.
    """
    results = []
    for path in sorted((out / "results").glob("*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            results.append(Result.from_json(json.dumps(kept["result"])))
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CourseError(f"{path} is damaged ({error}); run `course grade` again.") from None
    if not results:
        raise CourseError(f"There are no results in {out}; run `course grade` first.")
    return sorted(results, key=lambda result: result.learner)


def _readable(handed_in: HandedIn) -> Submission:
    """Read a submission again for its marked notebook; an unreadable one gives empty answers."""
    try:
        return read_submission(handed_in.data)
    except UnreadableError:
        return Submission(())
