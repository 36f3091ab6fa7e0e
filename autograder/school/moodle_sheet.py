"""The grading worksheet of an assignment in Moodle: its own download, with two columns filled.

What stands where is described in Moodle's source, `mod/assign/gradingtable.php` for the download
and `mod/assign/feedback/offline/importgradeslib.php` and `locallib.php` for the way back, of
https://github.com/moodle/moodle: first `Identifier` ("Participant 123"), then the full name and
what the site shows of people, `Status`, `Grade`, and right behind it `Maximum Grade`; later
`Grade can be changed`, `Last modified (grade)` and `Feedback comments`. Moodle finds columns by
headers in the site's language. It passes in silence over grades above the maximum and below 0, and
takes comments for HTML (`mod/assign/feedback/comments/locallib.php`). Not tried against a live
server.
"""

import html
import re
from collections.abc import Collection, Iterable, Sequence

from autograder.errors import CourseError
from autograder.pages.spreadsheet import harmless
from autograder.school.filling import Column, Filled, fill, find_column, has_commas
from autograder.school.marks import Mark, number, read_number
from autograder.school.people import match
from autograder.school.tables import Table

GRADE, COMMENTS = "Grade", "Feedback comments"
_CHANGEABLE, _NO = "Grade can be changed", "No"
_LOGINS = ("Username", "ID number")
_PARTICIPANT = re.compile(r"(?P<word>.*\D)(?P<number>\d+)", re.S)

LOCKED = "In Moodle their grade cannot be changed, so their marks are not in it"
ABOVE = "They have more points than Moodle's maximum and it would pass over them (--cap writes it)"
BELOW = "They have less than 0 points and Moodle would pass over them"


def fill_worksheet(
    table: Table,
    marks: Sequence[Mark],
    title: str = GRADE,
    comments: str = COMMENTS,
    *,
    anyway: bool = False,
    scale: bool = False,
    cap: bool = False,
    also: Iterable[Collection[str]] = (),
) -> Filled:
    """Fill grades and comments in a copy of a grading worksheet, and change nothing else.

    A comment that stands there already is kept.

    Args:
        table: The worksheet.
        marks: The marks of the class.
        title: Header of the column of grades, in the site's language.
        comments: Header of the column of comments, which may be missing.
        anyway: Write what is known of marks that await a person.
        scale: Convert marks to the maximum that the assignment has in Moodle.
        cap: Write the maximum in place of more.
        also: What people answer to besides.

    Raises:
        CourseError: It is no grading worksheet, it has no such column, or another maximum.
    """
    header = table.header
    index = find_column(header, title, range(1, len(header)))
    people = [row for row in table.rows() if _PARTICIPANT.fullmatch(table.cell(row, 0).strip())]
    maxima = {table.cell(row, index + 1) for row in people}
    possible = {read_number(cell) for cell in maxima}
    if not people or len(possible) != 1 or None in possible:
        raise CourseError(
            "This is no grading worksheet of Moodle with points: it begins with Participant and a "
            f"number, and behind {title} stands one maximum. Take the file from the assignment, "
            "Download grading worksheet, as it is."
        )
    most = possible.pop()
    grades = [table.cell(row, index) for row in people]
    column = Column(
        index=index,
        title=title,
        possible=most,
        comma=has_commas([*maxima, *grades]),
        scale=scale,
        most=most if cap else None,
    )
    changeable = header.index(_CHANGEABLE) if _CHANGEABLE in header else -1

    def refusal(row: int, points: float) -> str:
        if changeable >= 0 and table.cell(row, changeable).strip() == _NO:
            return LOCKED
        # What is compared is what is written: rounded, it may be the maximum after all.
        written = read_number(number(points)) or 0.0
        return BELOW if written < 0 else ABOVE if most is not None and written > most else ""

    words = header.index(comments) if comments in header else -1

    def beside(row: int, mark: Mark) -> dict[tuple[int, int], str]:
        if words < 0 or table.cell(row, words).strip():
            return {}
        text = "<br>".join(html.escape(line).replace("\n", "<br>") for line in mark.lines)
        return {(row, words): str(harmless(text))}

    keys = {row: _keys(table, row, index) for row in people}
    matched = match([one.learner for one in marks], keys, also)
    return fill(table, column, marks, matched, refusal=refusal, anyway=anyway, beside=beside)


def _keys(table: Table, row: int, grade: int) -> set[str]:
    """Give what somebody answers to: logins, addresses, and the name of their folder."""
    participant = table.cell(row, 0).strip()
    found = _PARTICIPANT.fullmatch(participant)
    assert found is not None  # rows of people have been chosen by it
    cells = {table.header[c]: table.cell(row, c).strip() for c in range(1, grade)}
    keys = {cells[name] for name in _LOGINS if name in cells}
    keys |= {cell for cell in cells.values() if "@" in cell}
    # Names of people and Moodle's word for them come before the number in names of folders.
    for name in (table.cell(row, 1), found["word"]):
        keys.add(folder_name(name, found["number"]))
    return keys


def folder_name(name: str, participant: str) -> str:
    """Give the beginning of the folder that Moodle lets download of somebody.

    As `get_student_prefix` in Moodle's `mod/assign/classes/downloader.php` makes it, with what
    `PARAM_FILE` in `lib/moodlelib.php` leaves of a name.

    Args:
        name: Full name, or Moodle's word for participants where marking is blind.
        participant: The number behind it in the worksheet.
    """
    safe = re.sub(r"""[\x00-\x1f\x7f&<>"`|':\\/]""", "", name.replace("_", " ").strip())
    return f"{safe}_{participant}"
