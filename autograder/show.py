"""What the `course` command shows in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from autograder.check import Checked, Standing, State
from autograder.result import Result
from autograder.submissions.assignment import Assignment

_COLOURS = {
    State.UNTOUCHED: "dim",
    State.WRONG: "red",
    State.PASSES: "green",
    State.RIGHT: "bold green",
    State.WRITTEN: "cyan",
}
MAX_NOTE_CHARACTERS = 100


def show_class(
    console: Console, assignment: Assignment, results: Sequence[Result], n_known: int = 0
) -> None:
    """Show the marks of a class, a line a learner."""
    title = f"{assignment.slug}: {len(results)} submissions"
    if n_known:
        title += f", {n_known} known from before"
    table = Table(title=title, title_justify="left")
    table.add_column("learner", overflow="fold")
    table.add_column("points", justify="right")
    table.add_column("awaiting", justify="right")
    table.add_column("notes", overflow="fold")
    for result in results:
        note = f"[red]{escape(result.reason)}[/]" if result.reason else escape(_note(result))
        table.add_row(
            escape(result.learner),
            f"{result.points:g} of {result.max_points:g}",
            f"{result.awaiting:g}" if result.awaiting else "",
            note,
        )
    console.print(table)


def show_check(console: Console, assignment: Assignment, checked: Checked) -> None:
    """Show where a learner stands, exercise by exercise, and what is next."""
    table = Table(title=f"{assignment.chapter.title}", title_justify="left")
    table.add_column("exercise")
    table.add_column("points", justify="right")
    table.add_column("state")
    for one in checked.standings:
        state = f"[{_COLOURS[one.state]}]{one.state.value}[/]"
        table.add_row(escape(one.title), f"{one.points:g}", state)
    console.print(table)
    for repair in checked.repairs:
        console.print(f"Note: {escape(repair)}")
    for cell, error in checked.errors:
        console.print(f"Note: the cell {escape(cell)} stops with {escape(error)}")
    for one in checked.standings:
        if one.state is State.WRONG:
            _show_wrong(console, one)
    if checked.next:
        console.print(f"Next: [bold]{escape(checked.next.title)}[/]")
    else:
        console.print("[green]Nothing is left to do.[/]")


def _show_wrong(console: Console, standing: Standing) -> None:
    console.print(f"[bold]{escape(standing.title)}[/]")
    console.print(Padding(escape(standing.message), (0, 0, 0, 2)))
    if standing.verdict:
        console.print(Padding(escape(standing.verdict.as_text()), (0, 0, 0, 2)))


def _note(result: Result) -> str:
    """Say in short what is to be known of a submission: its first repair or misconception."""
    named = [one.exercise for one in result.verdicts if one.misconceptions]
    notes = list(result.repairs[:1])
    if named:
        notes.append(f"misconceptions in {', '.join(named)}")
    text = " ".join(notes)
    return text if len(text) <= MAX_NOTE_CHARACTERS else text[: MAX_NOTE_CHARACTERS - 1] + "…"
