"""The learner's commands of `course`; what each needs is imported in it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from autograder.errors import CourseError

if TYPE_CHECKING:
    from autograder.learner.workspace import Workspace

console = Console()

Folder = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        envvar="COURSE_WORKSPACE",
        help="Your folder; by default `workspace` in the course's.",
        show_default=False,
    ),
]
OneExercise = Annotated[
    str, typer.Argument(help="Its name, such as embed, or with its chapter, such as ch02/written.")
]


def register(app: typer.Typer) -> None:
    """Add the learner's commands to `course`."""
    for command in (start, check, hint, solution, progress, submit, doctor):
        app.command(rich_help_panel="For learners")(command)


def start(
    chapter: Annotated[
        str, typer.Argument(help="Chapter, such as ch02; by default where you left off.")
    ] = "",
    opened: Annotated[
        bool, typer.Option("--open/--no-open", help="Open JupyterLab, or only make the folder.")
    ] = True,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser on it, too.")
    ] = True,
    port: Annotated[int | None, typer.Option(help="Port of JupyterLab.", min=1)] = None,
    workspace: Folder = None,
) -> None:
    """Make your own copies of the notebooks, and open JupyterLab. What you have is kept."""
    from autograder.learner.lab import open_lab
    from autograder.learner.outline import course_outline, find_chapter
    from autograder.learner.progress import read_progress
    from autograder.learner.show import next_exercise

    found = _workspace(workspace)
    chapters = course_outline()
    if chapter:
        slug = find_chapter(chapter).slug
    else:
        following = next_exercise(chapters, read_progress(found.folder))
        slug = following.slug if following else chapters[0].slug
    copied = found.make()
    n_new = sum(one.is_new for one in copied)
    console.print(f"Your notebooks are in [bold]{escape(str(found.folder))}[/].", soft_wrap=True)
    console.print(f"{n_new} put there now; {len(copied) - n_new} were there and are as they were.")
    notebook = found.notebook(slug)
    if not opened:
        console.print(f"The chapter: {escape(str(notebook))}", soft_wrap=True)
        return
    console.print("Opening JupyterLab; Ctrl-C twice ends it.")
    open_lab(notebook, browser=browser, port=port)


def check(
    what: Annotated[
        str,
        typer.Argument(
            help="A chapter, such as ch02, or the path of a notebook; by default all that changed."
        ),
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="Run the hidden checks too, on fresh inputs.")
    ] = False,
    workspace: Folder = None,
) -> None:
    """Tell where you stand: what passes, what fails first and why, and what is next."""
    from autograder.learner.checking import Checker, check_chapter
    from autograder.learner.outline import course_outline, notebook_slugs
    from autograder.learner.show import show_after_check, show_check
    from autograder.submissions.assignment import load_assignment

    found = _workspace(workspace)
    if not what:
        _check_course(found.folder, full=full)
        return
    chosen = found.chosen(what)
    _note(chosen.remark)
    assignment = load_assignment(chosen.chapter)
    with Checker() as checker, console.status(f"running {escape(str(chosen.path))}"):
        checked, kept = check_chapter(checker, chosen.path, assignment, found.folder, full=full)
    show_check(console, assignment, checked)
    _note(kept.note)
    if assignment.slug in notebook_slugs():
        show_after_check(console, course_outline(), kept, checked, assignment.slug)
    if checked.next:
        raise typer.Exit(1)


def hint(exercise: OneExercise, workspace: Folder = None) -> None:
    """Show the next hint of an exercise: first where to look, then nearly how."""
    from autograder.learner.hints import next_hints
    from autograder.learner.outline import find_exercise

    found = find_exercise(exercise)
    hints, note = next_hints(found, _workspace(workspace).folder)
    _note(note)
    if hints[0].is_again:
        console.print(f"You have seen all hints of {escape(found.name)}. Here they are again.")
    for one in hints:
        console.print(f"[bold]Hint {one.number} of {one.of}[/]")
        console.print(Padding(escape(one.text), (0, 0, 0, 2)))


def solution(
    exercise: OneExercise,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False,
    workspace: Folder = None,
) -> None:
    """Show a solution: after full marks, or after both hints and a confirmation."""
    from rich.syntax import Syntax

    from autograder.learner.outline import find_exercise
    from autograder.learner.progress import read_progress
    from autograder.learner.solutions import is_open, solution_of

    found = find_exercise(exercise)
    kept = read_progress(_workspace(workspace).folder)
    _note(kept.note)
    reached = kept.chapter(found.slug).exercise(found.name)
    if not is_open(found, reached) and not yes:
        if not sys.stdin.isatty():
            raise CourseError("Add --yes to see the solution: nobody is here to ask.")
        typer.confirm("Read the solution now, before your own passes?", abort=True)
    text = solution_of(found)
    if found.written:
        console.print(escape(text))
    else:
        console.print(Syntax(text, "python", background_color="default"))


def progress(workspace: Folder = None) -> None:
    """Show how far you are, as it was when you last checked. Nothing leaves your machine."""
    from autograder.learner.outline import course_outline
    from autograder.learner.progress import read_progress
    from autograder.learner.show import show_progress

    kept = read_progress(_workspace(workspace).folder)
    _note(kept.note)
    show_progress(console, course_outline(), kept)


def submit(
    what: Annotated[
        str,
        typer.Argument(metavar="CHAPTER", help="Such as ch02, or the path of a notebook."),
    ],
    name: Annotated[
        str, typer.Option(help="Who hands it in; by default your name on this machine.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the archive; by default your workspace.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Pack it even if answers are missing.")
    ] = False,
    workspace: Folder = None,
) -> None:
    """Pack a chapter for handing in; say what is missing before somebody else does."""
    from autograder.learner.submit import look_over, own_name, pack
    from autograder.submissions.assignment import load_assignment

    found = _workspace(workspace)
    chosen = found.chosen(what)
    _note(chosen.remark)
    assignment = load_assignment(chosen.chapter)
    ready = look_over(chosen.path, assignment)
    for repair in ready.repairs:
        console.print(f"Note: {escape(repair)}")
    for title in ready.missing:
        console.print(f"[red]Missing:[/] {escape(title)}")
    if ready.missing and not anyway:
        console.print("Not packed. Answer what is missing, or add --anyway.")
        raise typer.Exit(1)
    path = pack(ready, assignment.slug, name or own_name(), out or found.folder)
    console.print(f"Hand in this file: [bold]{escape(str(path))}[/]", soft_wrap=True)


def doctor(
    everything: Annotated[
        bool,
        typer.Option(
            "--everything", help="Also what the book, the tests and grading a class need."
        ),
    ] = False,
    workspace: Folder = None,
) -> None:
    """Look at this machine: what is well, what is not, and what to do about it."""
    from autograder.learner.doctor import examine
    from autograder.learner.show import show_findings

    if show_findings(console, examine(_workspace(workspace).folder, everything=everything)):
        raise typer.Exit(1)


def _check_course(folder: Path, *, full: bool) -> None:
    from autograder.learner.checking import Checker, check_course
    from autograder.learner.outline import course_outline
    from autograder.learner.show import next_exercise, show_progress
    from autograder.learner.workspace import Workspace

    if full:
        raise CourseError("--full takes a chapter, such as `course check ch02 --full`.")
    chapters = course_outline()
    with Checker() as checker, console.status("looking for what changed") as status:

        def running(slug: str) -> None:
            status.update(f"running {slug}")

        overview = check_course(checker, Workspace(folder), running)
    _note(overview.progress.note)
    show_progress(console, chapters, overview.progress, overview.unreadable)
    if overview.unreadable or next_exercise(chapters, overview.progress):
        raise typer.Exit(1)


def _workspace(folder: Path | None) -> "Workspace":
    from autograder.learner.workspace import Workspace, default_folder

    return Workspace((folder or default_folder()).resolve())


def _note(text: str) -> None:
    if text:
        console.print(f"Note: {escape(text)}", soft_wrap=True)
