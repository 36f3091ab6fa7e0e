"""The grading worksheet of an assignment in Moodle: its own download, with two columns filled.

What stands where is described in Moodle's source, `mod/assign/gradingtable.php` for the download
and `mod/assign/feedback/offline/importgradeslib.php` and `locallib.php` for the way back, of
https://github.com/moodle/moodle: first `Identifier` ("Participant 123"), then the full name and
what the site shows of people, `Status`, `Group` where groups hand in, `Grade`, and right behind it
`Maximum Grade`; then perhaps a state of marking, and `Grade can be changed`, which says Yes or No;
later `Last modified (grade)` and `Feedback comments`. All headers and words are in the language in
which the person reads Moodle, and it finds columns by them. It passes in silence over grades above
the maximum and below 0, and takes comments for HTML (`mod/assign/feedback/comments/locallib.php`).
Not tried against a live server.
"""

import html
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.errors import CourseError
from autograder.pages.spreadsheet import harmless
from autograder.school.filling import Column, Filled, Notice, fill, find_column, has_commas
from autograder.school.marks import Mark, number, read_number
from autograder.school.moodle_folders import folder_name
from autograder.school.moodle_groups import marks_of_members
from autograder.school.people import match
from autograder.school.tables import Table

_CHANGEABLE, _NO = "Grade can be changed", "No"
_LOGINS = ("Username", "ID number")
_PARTICIPANT = re.compile(r"(?P<word>.*\D)(?P<number>\d+)", re.S)

LOCKED = "In Moodle their grade cannot be changed, so their marks are not in it"
ABOVE = "They have more points than Moodle's maximum and it would pass over them (--cap writes it)"
BELOW = "They have less than 0 points and Moodle would pass over them"
NO_COMMENTS = "The file has no column {!r}, so no comments are in it (--comments); it has"
UNREAD = (
    "Whose grade cannot be changed in Moodle is not known, as no column is called "
    f"{_CHANGEABLE!r}; give its word for {_NO} in one of these with --locked"
)


@dataclass(frozen=True, kw_only=True)
class Headers:
    """What a worksheet says in the language of the person who has downloaded it.

    Attributes:
        grade: Header of the column of grades.
        comments: Header of the column of comments, which may be missing.
        group: Header of the column of groups, which is there where groups hand in.
        locked: The word for a grade that cannot be changed; "" for the English one, below the
            English header.
    """

    grade: str = "Grade"
    comments: str = "Feedback comments"
    group: str = "Group"
    locked: str = ""


ENGLISH = Headers()


def fill_worksheet(
    table: Table,
    marks: Sequence[Mark],
    said: Headers = ENGLISH,
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
        said: Its headers and words.
        anyway: Write what is known of marks that await a person.
        scale: Convert marks to the maximum that the assignment has in Moodle.
        cap: Write the maximum in place of more.
        also: What people answer to besides.

    Raises:
        CourseError: It is no grading worksheet, it has no such column, or another maximum.
    """
    header = table.header
    people = [row for row in table.rows() if _PARTICIPANT.fullmatch(table.cell(row, 0).strip())]
    column = _column(table, people, said.grade)
    column = replace(column, scale=scale, most=column.possible if cap else None)
    behind = column.index + 1
    locked = _locked(table, people, behind, said.locked)

    def refusal(row: int, points: float) -> str:
        if row in locked:
            return LOCKED
        # What is compared is what is written: rounded, it may be the maximum after all.
        written = read_number(number(points)) or 0.0
        above = column.possible is not None and written > column.possible
        return BELOW if written < 0 else ABOVE if above else ""

    words = header.index(said.comments, behind) if said.comments in header[behind:] else -1

    def beside(row: int, mark: Mark) -> dict[tuple[int, int], str]:
        if words < 0 or table.cell(row, words).strip():
            return {}
        text = "<br>".join(html.escape(line).replace("\n", "<br>") for line in mark.lines)
        return {(row, words): str(harmless(text))}

    shown = header[: column.index]
    group = shown.index(said.group) if said.group in shown else -1
    keys = {row: _keys(table, row, set(range(1, column.index)) - {group}) for row in people}
    matched = match([one.learner for one in marks], keys, also)
    if group >= 0:
        marks, matched = marks_of_members(table, people, group, marks, matched)
    filled = fill(table, column, marks, matched, refusal=refusal, anyway=anyway, beside=beside)
    return replace(filled, notices=(*filled.notices, *_unread(header[behind:], said)))


def _column(table: Table, people: Sequence[int], title: str) -> Column:
    """Find the column of grades: the one of its name with a maximum right behind it.

    Raises:
        CourseError: No column has one maximum behind it, or none of these has the name.
    """
    maxima = {i: _maximum(table, people, i) for i in range(1, len(table.header))}
    with_one = [i for i, maximum in maxima.items() if maximum is not None]
    if not with_one:
        raise CourseError(
            "This is no grading worksheet of Moodle with points: it begins with Participant and a "
            "number, and behind the grade stands one maximum. Take the file from the assignment, "
            "Download grading worksheet, as it is."
        )
    index = find_column(table.header, title, with_one)
    numbers = [table.cell(row, place) for row in people for place in (index, index + 1)]
    return Column(index=index, title=title, possible=maxima[index], comma=has_commas(numbers))


def _maximum(table: Table, people: Sequence[int], grade: int) -> float | None:
    """Give the one number that stands behind a column, if it is one."""
    found = {read_number(table.cell(row, grade + 1)) for row in people}
    return found.pop() if len(found) == 1 else None


def _locked(table: Table, people: Sequence[int], maximum: int, word: str) -> set[int]:
    """Find the rows whose grade cannot be changed, as far as the file can be read."""
    if word:
        # Before the answer may stand how far the marking is; behind it are times.
        columns, no = [maximum + 1, maximum + 2], word
    else:
        columns = [i for i, name in enumerate(table.header) if name == _CHANGEABLE]
        no = _NO
    no = no.casefold()
    return {
        row for row in people if any(table.cell(row, c).strip().casefold() == no for c in columns)
    }


def _unread(behind: Sequence[str], said: Headers) -> list[Notice]:
    """Tell what was not found among the headers behind the grade."""
    found = []
    if said.comments not in behind:
        found.append(Notice(NO_COMMENTS.format(said.comments), tuple(behind), left_out=False))
    if not said.locked and _CHANGEABLE not in behind:
        found.append(Notice(UNREAD, tuple(behind), left_out=False))
    return found


def _keys(table: Table, row: int, shown: Collection[int]) -> set[str]:
    """Give what somebody answers to: logins, addresses, and the name of their folder."""
    participant = table.cell(row, 0).strip()
    found = _PARTICIPANT.fullmatch(participant)
    assert found is not None  # rows of people have been chosen by it
    cells = {place: table.cell(row, place).strip() for place in shown}
    keys = {cell for place, cell in cells.items() if table.header[place] in _LOGINS}
    # First comes the full name, which people may choose themselves.
    keys |= {cell for place, cell in cells.items() if "@" in cell and place > 1}
    # Names of people and Moodle's word for them come before the number in names of folders.
    for name in (table.cell(row, 1), found["word"]):
        keys.add(folder_name(name, found["number"]))
    return keys
