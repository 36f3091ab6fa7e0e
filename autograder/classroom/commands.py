"""The commands of `course` for a class that has been graded; `autograder.cli` registers them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from autograder.classroom.class_run import Pages
    from autograder.submissions.assignment import Assignment

console = Console()

Graded = Annotated[Path, typer.Argument(help="Folder that `course grade --out` wrote.")]
Chapter = Annotated[str, typer.Option("--chapter", help="Chapter, such as ch02.")]
Database = Annotated[
    str,
    typer.Option(
        metavar="URL", help="Gradebook, as in `course grade --database`.", show_default=False
    ),
]
MAX_NAMED = 10  # learners in a sentence


def register(app: typer.Typer) -> None:
    """Add the commands to `course`."""
    app.command()(report)
    app.command()(publish)


def report(out: Graded, chapter: Chapter = "", database: Database = "") -> None:
    """Write report, feedback and table again: from the last run, and marks by hand since then."""
    from autograder.classroom.class_run import report_of
    from autograder.show import show_class

    assignment, pages = write_again(out, chapter, database)
    show_class(console, assignment, pages.results, flags=pages.flags)
    console.print(f"Report: [bold]{escape(str(report_of(assignment, out)))}[/]")


def publish(
    out: Graded,
    chapter: Chapter = "",
    database: Database = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also while answers await marking.")
    ] = False,
) -> None:
    """Pack feedback with marks by hand and comments into an archive, and write the table of marks.

    The course's own answers are in it once course.toml says `solutions = "released"`.
    """
    from autograder.classroom.folder import ClassFolder
    from autograder.classroom.publishing import pack_feedback

    assignment, pages = write_again(out, chapter, database)
    waiting = [
        result.learner
        for result, marks in zip(pages.results, pages.marks, strict=True)
        if marks.awaiting
    ]
    if waiting and not anyway:
        count = "1 learner" if len(waiting) == 1 else f"{len(waiting)} learners"
        console.print(
            f"Answers of {count} await marking ({_named(waiting)}). Mark them in nbgrader's "
            "formgrader, or give --anyway.",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    folder = ClassFolder(out, assignment.slug)
    archive = pack_feedback(folder, [result.learner for result in pages.results])
    console.print(f"Feedback: [bold]{escape(str(archive))}[/]", soft_wrap=True)
    console.print(f"Marks: [bold]{escape(str(folder.chapter / 'marks.csv'))}[/]", soft_wrap=True)


def write_again(out: Path, chapter: str, database: str) -> "tuple[Assignment, Pages]":
    """Write the pages of a graded class as its settings and its gradebook now stand.

    Args:
        out: Folder into which it was graded.
        chapter: The chapter, or "" where the folder holds one alone.
        database: URL of the gradebook; "" for a file in the folder.

    Raises:
        CourseError: There are no results of a whole class, or they are of other settings.
    """
    from autograder.classroom.adapted import class_assignment
    from autograder.classroom.answers import released_answers
    from autograder.classroom.class_run import write_pages
    from autograder.classroom.folder import ClassFolder
    from autograder.submissions.assignment import load_assignment

    known = load_assignment(chapter or ClassFolder.found(out).slug)
    assignment, settings = class_assignment(known, out)
    answers = released_answers(assignment.slug, settings)
    return assignment, write_pages(assignment, out, database=database, answers=answers)


def _named(learners: list[str]) -> str:
    from autograder.plain_text import one_line

    shown = ", ".join(one_line(name, 40) for name in learners[:MAX_NAMED])
    more = len(learners) - MAX_NAMED
    return escape(f"{shown} and {more} more" if more > 0 else shown)
