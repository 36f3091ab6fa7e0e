"""Put marks into one column of a school's own file, and say of everyone whose mark is not in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autograder.errors import CourseError
from autograder.plain_text import one_line
from autograder.school.marks import Mark, number
from autograder.school.people import Matched
from autograder.school.tables import Table

MAX_NAME = 60  # characters of a person's name in a sentence

UNKNOWN = "In the file nobody answers to their name, so their marks are not in it"
DOUBTFUL = "More than one person or learner answers to a name, so these marks are not in it"
AWAITING = "Their written answers await marking, so their marks are not in it (--anyway puts them)"
ABSENT = "In the file, and not graded; nothing is written for them"


@dataclass(frozen=True)
class Notice:
    """Something that a person has to know of some people.

    Attributes:
        sentence: What.
        names: Of whom.
        left_out: Whether the mark of a graded learner is missing for it.
    """

    sentence: str
    names: tuple[str, ...]
    left_out: bool = True


@dataclass(frozen=True)
class Filled:
    """A file to write, and what is to be known of it.

    Attributes:
        data: The file's bytes.
        n_marks: How many marks are in it.
        notices: Who is not in it, and why.
    """

    data: bytes
    n_marks: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """The column that takes the marks.

    Attributes:
        index: Its place in the table.
        title: Its header.
        possible: Points that the system can give; None where it does not say.
        comma: Whether its numbers have decimal commas.
        scale: Whether marks are converted to its points.
        most: What is written in place of more; None where more may be written.
    """

    index: int
    title: str
    possible: float | None
    comma: bool
    scale: bool = False
    most: float | None = None

    def points(self, mark: Mark) -> float:
        """Give a mark as the column counts.

        Raises:
            CourseError: The chapter has other points and they are not to be converted, or they are
                and the system does not say how many it has.
        """
        points = self._converted(mark)
        return points if self.most is None else min(points, self.most)

    def _converted(self, mark: Mark) -> float:
        if self.possible is None and self.scale:
            raise CourseError(
                f"The file does not say how many points {one_line(self.title, MAX_NAME)} has, so "
                "marks cannot be converted to them; leave out --scale."
            )
        if self.possible is None or self.possible == mark.out_of:
            return mark.points
        told = f"{one_line(self.title, MAX_NAME)} has {number(self.possible)} points"
        if not self.scale:
            raise CourseError(
                f"{told} in the file, the chapter {number(mark.out_of)}; change the points there, "
                "or give --scale to have the marks converted."
            )
        if not mark.out_of:
            raise CourseError(f"{told} in the file, the chapter none; there is nothing to convert.")
        return mark.points * self.possible / mark.out_of


@dataclass
class Leaving:
    """Collects who is left out, by the reason, in the order of the reasons."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def out(self, reason: str, name: str) -> None:
        """Leave somebody out."""
        self.names.setdefault(reason, []).append(name)

    def unmatched(self, matched: Matched) -> None:
        """Leave out everyone of whom it is not certain who they are."""
        for reason, learners in ((UNKNOWN, matched.unknown), (DOUBTFUL, matched.doubtful)):
            for learner in learners:
                self.out(reason, learner)

    def notices(self) -> tuple[Notice, ...]:
        """Give one notice a reason."""
        return tuple(Notice(reason, tuple(names)) for reason, names in self.names.items())


def fill(
    table: Table,
    column: Column,
    marks: Sequence[Mark],
    matched: Matched,
    *,
    refusal: Callable[[int, float], str],
    anyway: bool = False,
    beside: Callable[[int, Mark], dict[tuple[int, int], str]] = lambda _row, _mark: {},
) -> Filled:
    """Write marks into a copy of a table; a row without a mark stays as it is.

    Args:
        table: The school's file.
        column: Where the marks go.
        marks: The marks of the class.
        matched: Whose the rows are.
        refusal: Says why a row cannot take some points, or "".
        anyway: Write what is known of marks that await a person.
        beside: Further cells that a mark fills.

    Raises:
        CourseError: The column has other points than the chapter, or says none to convert to.
    """
    leaving, cells, n_marks = Leaving(), {}, 0
    leaving.unmatched(matched)
    for mark in marks:
        points = column.points(mark)
        row = matched.rows.get(mark.learner)
        if row is None:
            continue
        if mark.awaiting and not anyway:
            leaving.out(AWAITING, mark.learner)
        elif why := refusal(row, points):
            leaving.out(why, mark.learner)
        else:
            cells |= {(row, column.index): number(points, comma=column.comma)}
            cells |= beside(row, mark)
            n_marks += 1
    absent = tuple(table.cell(row, 0) for row in matched.absent)
    more = (Notice(ABSENT, absent, left_out=False),) if absent else ()
    return Filled(table.changed(cells), n_marks, (*leaving.notices(), *more))


def find_column(header: Sequence[str], wanted: str, candidates: Sequence[int]) -> int:
    """Find a column by its header.

    Args:
        header: All headers.
        wanted: The header as it stands there, or its beginning before the number that Canvas adds.
        candidates: The columns that may be meant.

    Raises:
        CourseError: There is none, or more than one.
    """
    titles = {index: header[index] for index in candidates}
    exact = [index for index, title in titles.items() if title == wanted]
    named = [index for index, title in titles.items() if title.rpartition(" (")[0] == wanted]
    found = exact or named
    if len(found) == 1:
        return found[0]
    if found:
        raise CourseError(
            f"The file has several columns {wanted!r}; give --column with the number behind it: "
            + "; ".join(one_line(titles[index], MAX_NAME) for index in found)
            + "."
        )
    there = "; ".join(one_line(title, MAX_NAME) for title in titles.values()) or "none"
    raise CourseError(f"The file has no column {wanted!r} for marks; it has: {there}.")


def has_commas(cells: Sequence[str]) -> bool:
    """Whether numbers in a column are written with decimal commas."""
    return any(re.fullmatch(r"-?[0-9.]*,[0-9]+", cell.strip()) for cell in cells)
