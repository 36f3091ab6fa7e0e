"""What the `course` command shows an instructor in the terminal.

Names and reasons come from learners: `_short` makes them harmless for a terminal, which obeys what
follows an ESC, and for `rich`, which reads [brackets].
"""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.flags import Flag, Kind
from autograder.plain_text import one_line
from autograder.result import Result
from autograder.submissions.assignment import Assignment

_FLAGS = {
    Kind.HIDDEN: ("may hide a call", "may hide a call"),
    Kind.LIBRARY: ("reads like the library", "read like the library"),
    Kind.ALIKE: ("group is alike", "groups are alike"),
}
MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS, MAX_REASON_CHARACTERS = 60, 100, 300


def show_class(
    console: Console,
    assignment: Assignment,
    results: Sequence[Result],
    n_known: int = 0,
    flags: Sequence[Flag] = (),
) -> None:
    """Show the marks of a class, a line a learner, and how many places there are to look at.

    Args:
        console: Where to show it.
        assignment: The chapter.
        results: Results of the class.
        n_known: How many of them an earlier run had graded.
        flags: Places to look at, which the report describes.
    """
    noun = "submission" if len(results) == 1 else "submissions"
    title = f"{assignment.slug}: {len(results)} {noun}"
    if n_known:
        title += f", {n_known} known from before"
    table = Table(title=title, title_justify="left")
    table.add_column("learner", overflow="fold")
    table.add_column("points", justify="right")
    table.add_column("awaiting", justify="right")
    table.add_column("look", justify="right")
    table.add_column("notes", overflow="fold")
    named = Counter(learner for flag in flags for learner in flag.learners)
    for result in results:
        reason = _short(result.reason, MAX_REASON_CHARACTERS)
        table.add_row(
            _short(result.learner, MAX_NAME_CHARACTERS),
            f"{result.points:g} of {result.max_points:g}{_beside(result.extra_credit)}",
            f"{result.awaiting:g}" if result.awaiting else "",
            f"{named[result.learner]}" if named[result.learner] else "",
            f"[red]{reason}[/]" if reason else _short(_note(result), MAX_NOTE_CHARACTERS),
        )
    console.print(table)
    if flags:
        counts = Counter(flag.kind for flag in flags)
        told = [f"{n} {_FLAGS[kind][n > 1]}" for kind, n in counts.items()]
        console.print(f"Places to look at, never verdicts: {', '.join(told)}. The report has them.")


def _beside(extra_credit: float) -> str:
    return f" + {extra_credit:g}" if extra_credit else ""


def _note(result: Result) -> str:
    """Say what is to be known of a submission: its first repair and its misconceptions."""
    named = [one.exercise for one in result.verdicts if one.misconceptions]
    notes = list(result.repairs[:1])
    if named:
        notes.append(f"misconceptions in {', '.join(named)}")
    return " ".join(notes)


def _short(text: str, most: int) -> str:
    return escape(one_line(text, most))
