"""The `course` command. What a command needs is imported in it, so that `--help` comes at once.

What the exit codes mean stands in `exit_codes.py`.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.classroom import commands as instructors
from autograder.errors import CourseError, WorkerDiedError, system_said
from autograder.exit_codes import NOT_DONE, STOPPED, add_to_help
from autograder.learner import commands as learners
from autograder.school import commands as schools

app = typer.Typer(
    name="course",
    help="Work through the course, or grade a class.",
    epilog="Exit code 0: all is well. 1: something that was looked at is wrong. 2: not done.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
learners.register(app)
console = Console()
complaints = Console(stderr=True)

UNCONFINED = (
    "nothing protects this machine. A notebook can read and delete every file that you can, other "
    "submissions among them, use the network, and fill memory and disk. Marks are still judged "
    "from outside its process. Better: a container (see the instructor's guide)."
)

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
        int | None, typer.Option(min=0, help="Seed of the class, in place of course.toml's.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a processor.")
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="COURSE_DATABASE",
            help="Gradebook, such as postgresql://user@host/name; by default the one that "
            "course.toml names, or OUT/gradebook.db.",
            show_default=False,
        ),
    ] = "",
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Run the learners' code without walls around it.")
    ] = False,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Judge on a Dask cluster, such as tcp://host:8786; --jobs is then how many "
            "submissions are on it at a time.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Grade a class: marks, feedback for each learner, a report, and nbgrader's gradebook.

    Run it again after a fix or with more submissions: only what changed is graded, and marks that
    you gave by hand stay.
    """
    from autograder.classroom.adapted import settings_of_run
    from autograder.classroom.answers import released_answers
    from autograder.classroom.class_run import grade_and_write, report_of
    from autograder.cluster.places import places_on
    from autograder.plain_text import one_line
    from autograder.processors import processors
    from autograder.show import show_class
    from autograder.submissions.assignment import load_assignment
    from autograder.submissions.collect import collect, guess_chapter

    if unconfined:
        complaints.print(f"[bold yellow]Warning:[/] {UNCONFINED}", soft_wrap=True)
    known = load_assignment(chapter or guess_chapter(submissions))
    assignment, settings = settings_of_run(known, out, submissions)
    handed_in = collect(submissions, assignment.slug)
    reference = assignment.reference
    with places_on(scheduler, reference, unconfined) as places, _progress() as progress:
        task = progress.add_task(f"grading {assignment.slug}", total=len(handed_in))
        run = grade_and_write(
            assignment,
            handed_in,
            out,
            seed=settings.seed if seed is None else seed,
            jobs=min(jobs or (places.jobs if places else processors()), len(handed_in)),
            database=database or settings.database,
            unconfined=unconfined,
            elsewhere=places and places.make,
            answers=released_answers(assignment.slug, settings),
            on_graded=lambda _: progress.advance(task),
        )
    results = [one.result for one in run.graded]
    n_known = sum(not one.fresh for one in run.graded)
    show_class(console, assignment, results, n_known=n_known, flags=run.flags)
    if run.absent:
        console.print(
            "Not handed in this time, and still in the gradebook: "
            + escape(one_line(", ".join(run.absent), 1000)),
            soft_wrap=True,
        )
    console.print(f"Report: [bold]{escape(str(report_of(assignment, out)))}[/]")
    raise typer.Exit(run.exit_code)


@app.command()
def selftest(
    chapter: Annotated[str, typer.Argument(help="Chapter, such as ch02; by default all.")] = "",
    exercise: Annotated[str, typer.Argument(help="One of its exercises; by default all.")] = "",
    mutants: Annotated[
        bool, typer.Option("--mutants/--no-mutants", help="Judge the solutions' mutants too.")
    ] = True,
) -> None:
    """Test the exercises: right answers get all points, mistakes are named, mutants lose points."""
    from autograder import selftest as tests

    arguments = [argument for argument in (chapter, exercise) if argument]
    raise typer.Exit(tests.main(arguments if mutants else [*arguments, tests.NO_MUTANTS]))


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder to make: missing, empty, or made by an earlier run.")
    ],
    chapter: Annotated[
        list[str] | None,
        typer.Option("--chapter", help="Chapter, such as ch02; may be repeated; by default all."),
    ] = None,
) -> None:
    """Make nbgrader's course folder: source, release, gradebook and settings.

    Run it again after the course has changed: what you have edited is kept, the rest refreshed.
    """
    from autograder.nbgrader_course.folder import make_course_folder

    outcomes = make_course_folder(folder, chapter or ())
    for outcome in outcomes:
        console.print(f"{outcome.state:9} {escape(outcome.path)}", soft_wrap=True)
    if any(outcome.state == "kept" for outcome in outcomes):
        console.print("What is kept you have changed; remove it to have it made again.")
    there = shlex.quote(str(folder))
    console.print(
        "Hand out what is in release/, put what comes back under submitted/LEARNER/CHAPTER/, then: "
        f"course grade {escape(there)} --out {escape(there)}",
        soft_wrap=True,
    )


instructors.register(app)
schools.register(app)
add_to_help(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an expected error becomes one sentence and exit code 2."""
    try:
        app(arguments)
    except SystemExit as end:
        if end.code == STOPPED:
            complaints.print("course: stopped. What is done is kept; the same command goes on.")
        raise
    except OSError as error:  # such as a full disk
        complaints.print(f"[bold red]course:[/] {escape(system_said(error))}.", soft_wrap=True)
        sys.exit(NOT_DONE)
    except ModuleNotFoundError as error:
        complaints.print(
            f"[bold red]course:[/] {escape(_missing(error.name or ''))}", soft_wrap=True
        )
        sys.exit(NOT_DONE)
    except (CourseError, WorkerDiedError) as error:
        complaints.print(f"[bold red]course:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(NOT_DONE)


def _missing(module: str) -> str:
    """Say what it means that a module is not here."""
    if module.startswith("autograder"):
        return "This command comes with the whole repository and is not in a learner's bundle."
    return f"The package {module} is not installed; `course doctor` tells what to do."


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
