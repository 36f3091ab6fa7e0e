"""What the `course` command shows a learner in the terminal.

Messages come from learners' cells: `_plain` makes them harmless for a terminal, which obeys what
follows an ESC, and for `rich`, which reads [brackets].
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from autograder.learner.outline import ChapterOutline, ExerciseOutline
from autograder.learner.progress import ExerciseProgress, Progress
from autograder.learner.state import State
from autograder.plain_text import cut, visible

if TYPE_CHECKING:
    from autograder.check import Checked, Standing
    from autograder.learner.doctor import Finding
    from autograder.submissions.assignment import Assignment

_COLOURS = {
    State.UNTOUCHED: "dim",
    State.WRONG: "red",
    State.PASSES: "green",
    State.RIGHT: "bold green",
    State.WRITTEN: "cyan",
}

LEFT_WIDTH = 20  # of a terminal's eighty columns
OTHER_COLUMNS = 41  # three of numbers, and the space between all five
MIN_TITLE = 10


def show_check(console: Console, assignment: "Assignment", checked: "Checked") -> None:
    """Show where a learner stands, exercise by exercise, and what failed first in each."""
    table = Table(title=f"{assignment.chapter.title}", title_justify="left")
    table.add_column("exercise")
    table.add_column("points", justify="right")
    table.add_column("state")
    for one in checked.standings:
        state = f"[{_COLOURS[one.state]}]{one.state.value}[/]"
        table.add_row(escape(one.title), f"{one.points:g}", state)
    console.print(table)
    for repair in checked.repairs:
        console.print(f"Note: {_plain(repair)}")
    for cell, error in checked.errors:
        console.print(f"Note: the cell {_plain(cell)} stops with {_plain(error)}")
    for one in checked.standings:
        if one.state is State.WRONG:
            _show_wrong(console, one)
    if checked.next:
        console.print(f"Next: [bold]{escape(checked.next.title)}[/]")
    else:
        console.print("[green]Nothing is left to do.[/]")


def show_after_check(
    console: Console,
    chapters: Sequence[ChapterOutline],
    progress: Progress,
    checked: "Checked",
    slug: str,
) -> None:
    """Show, below a check of one chapter, how far the course is and what to type next."""
    prefix = slug.partition("_")[0]
    if checked.next and checked.next.state is State.WRONG:
        hints = f"{prefix}/{checked.next.exercise}"
        console.print(f"Stuck? [bold]course hint {escape(hints)}[/] shows a hint.")
    elif not checked.next:
        console.print(f"To hand it in: [bold]course submit {escape(prefix)}[/]")
    _show_total(console, chapters, progress)
    if not checked.next:
        _show_next(console, chapters, progress)


def show_progress(
    console: Console,
    chapters: Sequence[ChapterOutline],
    progress: Progress,
    unreadable: Mapping[str, str] | None = None,
) -> None:
    """Show how far each chapter is, what is left in it, and what is next.

    Args:
        console: Where to show it.
        chapters: The chapters of the course.
        progress: What is kept.
        unreadable: Why a chapter could not be checked, by slug.
    """
    table = Table(title="Your way through the course", title_justify="left", box=SIMPLE)
    # Titles give way first: in a narrow terminal what is left to do says more.
    room = max(MIN_TITLE, console.width - OTHER_COLUMNS - LEFT_WIDTH)
    table.add_column("chapter", no_wrap=True, overflow="ellipsis", max_width=room)
    for heading, width in (("done", 8), ("points", 10), ("hints", 5)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    table.add_column("left", no_wrap=True, overflow="ellipsis", min_width=LEFT_WIDTH)
    for chapter in chapters:
        wanted = [one for one in chapter.exercises if not one.bonus]
        left = _to_do(progress, chapter)
        n_hints = sum(_kept(progress, one).hints for one in chapter.exercises)
        table.add_row(
            f"{chapter.prefix} {escape(chapter.title)}",
            f"{len(wanted) - len(left)} of {len(wanted)}",
            f"{_reached(progress, chapter):g} of {chapter.points:g}",
            f"{n_hints}" if n_hints else "",
            _left(progress, left),
        )
    console.print(table)
    for reason in (unreadable or {}).values():
        console.print(f"Note: {_plain(reason)}", soft_wrap=True)
    _show_total(console, chapters, progress)
    _show_next(console, chapters, progress)


def show_findings(console: Console, findings: Iterable["Finding"]) -> int:
    """Show what was found on a machine as it is found, each fault with its cure; count the faults.

    Args:
        console: Where to show it.
        findings: What `autograder.learner.doctor.examine` finds.
    """
    colours = {"well": "green", "note": "yellow", "fault": "bold red"}
    n_faults = 0
    for one in findings:
        state = one.health.value
        n_faults += state == "fault"
        shown = f"[{colours[state]}]{state:5}[/] {escape(one.what)}: {_plain(one.told)}"
        console.print(shown, soft_wrap=True)
        if one.cure:
            console.print(f"      → {escape(one.cure)}", soft_wrap=True)
    if n_faults:
        console.print(f"{n_faults} to mend.")
    else:
        console.print("[green]Nothing stands in the way.[/]")
    return n_faults


def next_exercise(chapters: Sequence[ChapterOutline], progress: Progress) -> ExerciseOutline | None:
    """Give the first exercise of the course with something left to do."""
    left = (one for chapter in chapters for one in _to_do(progress, chapter))
    return next(left, None)


def _show_total(console: Console, chapters: Sequence[ChapterOutline], progress: Progress) -> None:
    wanted = [one for chapter in chapters for one in chapter.exercises if not one.bonus]
    n_done = sum(_kept(progress, one).state.done for one in wanted)
    points = sum(_reached(progress, chapter) for chapter in chapters)
    console.print(
        f"Over the course: {n_done} of {len(wanted)} exercises done, worth {points:g} of "
        f"{sum(chapter.points for chapter in chapters):g} points."
    )


def _show_next(console: Console, chapters: Sequence[ChapterOutline], progress: Progress) -> None:
    following = next_exercise(chapters, progress)
    if following is None:
        console.print("[green]The whole course is done.[/]")
        return
    console.print(
        f"Next: [bold]{escape(following.title)}[/] in {following.prefix}: "
        f"[bold]course start {following.prefix}[/] opens it."
    )


def _to_do(progress: Progress, chapter: ChapterOutline) -> list[ExerciseOutline]:
    wanted = (one for one in chapter.exercises if not one.bonus)
    return [one for one in wanted if not _kept(progress, one).state.done]


def _left(progress: Progress, left: Sequence[ExerciseOutline]) -> str:
    """Name the first of what is left, in red where it is wrong, and count the others."""
    if not left:
        return "[green]nothing[/]"
    name = escape(left[0].name)
    if _kept(progress, left[0]).state is State.WRONG:
        name = f"[red]{name}[/]"
    return f"{name} and {len(left) - 1} more" if len(left) > 1 else name


def _reached(progress: Progress, chapter: ChapterOutline) -> float:
    """Points of the exercises that are done; a person may yet give fewer for a written answer."""
    return sum(one.points for one in chapter.exercises if _kept(progress, one).state.done)


def _kept(progress: Progress, exercise: ExerciseOutline) -> ExerciseProgress:
    chapter = progress.chapters.get(exercise.slug)
    kept = chapter.exercises.get(exercise.name) if chapter else None
    return kept or ExerciseProgress()


def _show_wrong(console: Console, standing: "Standing") -> None:
    console.print(f"[bold]{escape(standing.title)}[/]")
    console.print(Padding(_plain(standing.message), (0, 0, 0, 2)))
    if standing.verdict:
        console.print(Padding(_plain(standing.verdict.as_text()), (0, 0, 0, 2)))


def _plain(text: str) -> str:
    return escape(visible(cut(text)))
