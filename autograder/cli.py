"""The `course` command. What a command needs is imported in it, so that `--help` comes at once.

Exit codes, the same for every command:
    0: done, and nothing is wrong;
    1: done, and something is wrong with what was looked at: a submission that could not be read,
       an exercise that does not pass, an exercise's definition that fails its self-test;
    2: not done: a wrong command, a missing file, a broken course. One sentence says why.
"""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.errors import CourseError, UnreadableError, WorkerDiedError

app = typer.Typer(
    name="course",
    help="Work through the course, or grade a class.",
    epilog="Exit code 0: all is well. 1: something that was looked at is wrong. 2: not done.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
complaints = Console(stderr=True)

Chapter = Annotated[
    str, typer.Option("--chapter", help="Chapter, such as ch02; by default the notebooks say it.")
]


@app.command()
def grade(
    submissions: Annotated[
        list[Path],
        typer.Argument(
            help="A folder with one NAME.ipynb a learner, nbgrader's course folder, a zip archive "
            "of either, or single notebooks.",
            show_default=False,
        ),
    ],
    chapter: Chapter = "",
    out: Annotated[
        Path, typer.Option(help="Folder for marks, feedback, report and gradebook.")
    ] = Path("graded"),
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the class; the inputs of the checks follow from it.")
    ] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a processor.")
    ] = None,
) -> None:
    """Grade a class: marks, feedback for each learner, a report, and nbgrader's gradebook.

    Run it again after a fix or with more submissions: only what changed is graded, and marks that
    you gave by hand stay.
    """
    from autograder.class_run import grade_and_write
    from autograder.show import show_class
    from autograder.submissions.assignment import load_assignment
    from autograder.submissions.collect import collect, guess_chapter

    assignment = load_assignment(chapter or guess_chapter(submissions))
    handed_in = collect(submissions, assignment.slug)
    with _progress() as progress:
        task = progress.add_task(f"grading {assignment.slug}", total=len(handed_in))
        graded = grade_and_write(
            assignment,
            handed_in,
            out,
            seed=seed,
            jobs=min(jobs or os.cpu_count() or 1, len(handed_in)),
            on_graded=lambda _: progress.advance(task),
        )
    results = [one.result for one in graded]
    show_class(console, assignment, results, n_known=sum(not one.fresh for one in graded))
    console.print(f"Report: [bold]{escape(str(out / 'report.html'))}[/]")
    if any(result.reason for result in results):
        raise typer.Exit(1)


@app.command()
def report(
    out: Annotated[Path, typer.Argument(help="Folder that `course grade --out` wrote.")],
    chapter: Chapter = "",
) -> None:
    """Write the class report and the feedback again from the results of an earlier run."""
    from autograder.class_run import read_results, write_pages
    from autograder.show import show_class
    from autograder.submissions.assignment import load_assignment

    results = read_results(out)
    assignment = load_assignment(chapter or results[0].chapter)
    write_pages(assignment, results, out)
    show_class(console, assignment, results)
    console.print(f"Report: [bold]{escape(str(out / 'report.html'))}[/]")


@app.command()
def check(
    what: Annotated[
        str, typer.Argument(help="A chapter, such as ch02, or the path of a notebook.")
    ],
    full: Annotated[
        bool, typer.Option("--full", help="Run the hidden checks too, on fresh inputs.")
    ] = False,
) -> None:
    """Tell where you stand: what passes, what fails first and why, and what is next."""
    from autograder.check import check as check_notebook
    from autograder.files import COURSE
    from autograder.show import show_check
    from autograder.submissions.assignment import load_assignment
    from autograder.submissions.collect import guess_chapter
    from autograder.submissions.reading import read_bytes
    from autograder.worker import Worker

    if Path(what).suffix == ".ipynb":
        path = Path(what)
        assignment = load_assignment(guess_chapter([path]))
    else:
        assignment = load_assignment(what)
        path = COURSE.notebooks / f"{assignment.slug}.ipynb"
    try:
        with Worker() as worker, console.status("running your cells"):
            seed = secrets.randbits(32) if full else None
            checked = check_notebook(read_bytes(path), assignment, worker, seed)
    except UnreadableError as error:
        raise CourseError(f"{path} cannot be read. {error}") from None
    show_check(console, assignment, checked)
    if checked.next:
        raise typer.Exit(1)


@app.command()
def selftest(
    chapter: Annotated[str, typer.Argument(help="Chapter, such as ch02; by default all.")] = "",
    exercise: Annotated[str, typer.Argument(help="One of its exercises; by default all.")] = "",
) -> None:
    """Test the exercises: right answers get all points, mistakes none, and each is named."""
    from autograder import selftest as tests

    arguments = [argument for argument in (chapter, exercise) if argument]
    raise typer.Exit(tests.main(arguments))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an expected error becomes one sentence and exit code 2."""
    try:
        app(arguments)
    except (CourseError, WorkerDiedError) as error:
        complaints.print(f"[bold red]course:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(2)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


if __name__ == "__main__":
    main()
