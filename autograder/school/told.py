"""What `course marks` says in the terminal of a file that it has made, or has not."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from autograder.errors import CourseError
from autograder.plain_text import one_line
from autograder.school.filling import Filled, Notice
from autograder.school.new_file import write_new

console = Console()
MAX_NAME = 60  # characters of a name in the terminal
MAX_ABSENT = 10  # names of people who were not graded


def finish(filled: Filled, out: Path) -> bool:
    """Write the file, and say whose marks are not in it.

    Returns:
        Whether all who were graded have their mark in it.

    Raises:
        CourseError: There is no mark to write.
    """
    if filled.n_marks:
        write_new(out, filled.data)
        say(filled.n_marks, out)
    for notice in filled.notices:
        tell(notice.sentence, _shown(notice))
    if not filled.n_marks:
        raise CourseError(f"There is no mark to write, and {out} was not made.")
    return not any(notice.left_out for notice in filled.notices)


def say(n_marks: int, out: Path) -> None:
    """Say how many marks are in a file or folder."""
    noun = "mark" if n_marks == 1 else "marks"
    where = escape(os.fspath(out))
    console.print(f"{n_marks} {noun}: [bold]{where}[/]", soft_wrap=True)


def tell(sentence: str, names: Sequence[str]) -> None:
    """Say something of some people, on one line whatever their names hold."""
    listed = ", ".join(one_line(name, MAX_NAME) for name in names)
    console.print(f"{escape(sentence)}: {escape(listed)}.", soft_wrap=True)


def _shown(notice: Notice) -> list[str]:
    """Give all names of learners, and the first of others: a school's file may hold thousands."""
    names = list(notice.names)
    more = len(names) - MAX_ABSENT
    if notice.left_out or more <= 0:
        return names
    return [*names[:MAX_ABSENT], f"and {more} more"]
