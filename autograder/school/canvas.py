"""The gradebook of Canvas: its own export, with one column filled.

What stands where is described in Canvas's source, `lib/gradebook_exporter.rb` and
`lib/gradebook_importer.rb` of https://github.com/instructure/canvas-lms. The first row holds
`Student` (or `LastName`, `FirstName`), `ID`, perhaps `SIS User ID`, `SIS Login ID`,
`Integration ID` and `Root Account`, then `Section`, columns of the school's own, the assignments as
`Name (number)`, and totals. Below it may stand a row of `Manual Posting` (once `Muted`), then
`Points Possible`, where `(read only)` marks what an import ignores. A cell `EX` excuses somebody,
and `N/A` says that the assignment is not theirs. Not tried against a live server.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from autograder.errors import CourseError
from autograder.school.filling import Column, Filled, fill, find_column, has_commas
from autograder.school.marks import Mark, read_number
from autograder.school.people import match
from autograder.school.tables import Table

_ASSIGNMENT = re.compile(r".* \(\d+\)", re.S)
_POINTS, _READ_ONLY = "Points Possible", "read only"
_LOGINS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
_EXCUSED, _NOT_THEIRS = "EX", "N/A"

NOT_ASSIGNED = "In the file the assignment is not theirs (N/A), so their marks are not in it"
EXCUSED = "In the file they are excused (EX), and stay so"


def fill_canvas(
    table: Table,
    marks: Sequence[Mark],
    title: str,
    *,
    anyway: bool = False,
    scale: bool = False,
    also: Iterable[Collection[str]] = (),
) -> Filled:
    """Fill an assignment's column in a copy of Canvas's export, and change nothing else.

    Args:
        table: The export.
        marks: The marks of the class.
        title: Header of the column, with or without Canvas's number.
        anyway: Write what is known of marks that await a person.
        scale: Convert marks to the points that the assignment has in Canvas.
        also: What people answer to besides.

    Raises:
        CourseError: It is no export of Canvas, or has no such column, or other points.
    """
    header = table.header
    if "ID" not in header or not ({"Student", "LastName"} & set(header[:1])):
        raise CourseError(
            "This is no gradebook of Canvas: its first row begins with Student and ID. Take the "
            "file from Grades, Export, as it is."
        )
    head = [row for row in table.rows() if _POINTS in table.cell(row, 0)]
    people = [row for row in table.rows() if row not in head and _logins(table, row)]
    candidates = [
        index
        for index, name in enumerate(header)
        if _ASSIGNMENT.fullmatch(name)
        and not any(_READ_ONLY in table.cell(row, index) for row in head)
    ]
    index = find_column(header, title, candidates)
    possible = next(iter(table.cell(row, index) for row in head), "")
    grades = [table.cell(row, index) for row in people]
    column = Column(
        index=index,
        title=header[index],
        possible=read_number(possible),
        comma=has_commas([possible, *grades]),
        scale=scale,
    )
    matched = match([one.learner for one in marks], {r: _keys(table, r) for r in people}, also)

    def refusal(row: int, _points: float) -> str:
        said = table.cell(row, index).strip().upper()
        return {_EXCUSED: EXCUSED, _NOT_THEIRS: NOT_ASSIGNED}.get(said, "")

    return fill(table, column, marks, matched, refusal=refusal, anyway=anyway)


def _logins(table: Table, row: int) -> dict[str, str]:
    """Give the logins and numbers that a row has; one about assignments has none."""
    # Of columns with one name the first counts: Canvas's own stand before the school's.
    places = {name: index for index, name in reversed(list(enumerate(table.header)))}
    logins = {name: table.cell(row, places[name]).strip() for name in _LOGINS if name in places}
    return {name: login for name, login in logins.items() if login}


def _keys(table: Table, row: int) -> set[str]:
    """Give what somebody answers to: logins and numbers, and the name of their files."""
    logins = _logins(table, row)
    split = table.header[0] == "LastName"
    name = f"{table.cell(row, 0)}, {table.cell(row, 1)}" if split else table.cell(row, 0)
    files = [name_of_files(name, logins["ID"])] if "ID" in logins else []
    return {*logins.values(), *files}


def name_of_files(name: str, person: str) -> str:
    """Give the beginning of the files that Canvas lets download of somebody.

    As `get_filename` in Canvas's `lib/content_zipper.rb` makes it, but for `LATE`.

    Args:
        name: The name by which Canvas sorts, such as `Lovelace, Ada`.
        person: Canvas's number of the person.
    """
    name = re.sub(r"_(\d+)_", r"\1", name).lower()
    return "".join(sign for sign in f"{name}_{person}" if _is_word(sign))


def _is_word(sign: str) -> bool:
    """Whether Ruby counts a character among `[[:word:]]`."""
    category = unicodedata.category(sign)
    return category[0] in "LM" or category == "Pc" or sign.isdecimal()
