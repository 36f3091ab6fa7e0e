import csv
import io

import pytest

from autograder.errors import CourseError
from autograder.school import moodle_import as module
from autograder.school.filling import AWAITING, DOUBTFUL, UNKNOWN
from autograder.school.moodle_import import moodle_import
from autograder.school.roster import read_roster
from tests.autograder.school.made import HAND_MADE, left_out, mark

PEOPLE = read_roster([HAND_MADE / "moodle_participants.csv"])


def rows(made):
    return list(csv.reader(io.StringIO(made.data.decode(), "")))


def test_addresses_as_moodle_writes_them():
    marks = [mark("ada", 96.25, lines=("Total: 96.25", "x, comment: one\ntwo")), mark("s-0002")]
    made = moodle_import(marks, "Chapter 2", "email", roster=PEOPLE)
    assert rows(made) == [
        ["Email address", "Chapter 2", "Feedback: Chapter 2"],
        ["Ada@Example.edu", "96.25", "Total: 96.25\nx, comment: one\ntwo"],
        ["charles@example.edu", "90", "Total: 90 of 100 points."],
    ]
    assert made.n_marks == 2
    assert moodle_import(marks, "Chapter 2", "email", roster=PEOPLE).data == made.data


@pytest.mark.parametrize(
    ("identifier", "header", "cell"),
    [("idnumber", "ID number", "s-0001"), ("username", "Username", "ada")],
)
def test_other_identifiers(identifier, header, cell):
    made = moodle_import([mark("ada@example.edu")], "Chapter 2", identifier, roster=PEOPLE)
    assert [row[0] for row in rows(made)] == [header, cell]


def test_one_unknown_person_would_end_the_import_so_only_certain_ones_are_in_it():
    marks = [mark("nobody"), mark("ada"), mark("s-0001"), mark("charles")]
    made = moodle_import(marks, "Chapter 2", "email", roster=PEOPLE)
    assert left_out(made) == {UNKNOWN: ("nobody",), DOUBTFUL: ("ada", "s-0001")}
    assert [row[0] for row in rows(made)[1:]] == ["charles@example.edu"]


def test_who_awaits_marking_has_no_row_at_all():
    waiting = mark("ada", 60.0, awaiting=["written"])
    made = moodle_import([waiting, mark("charles")], "Chapter 2", "email", roster=PEOPLE)
    assert left_out(made) == {AWAITING: ("ada",)}
    assert len(rows(made)) == 2
    made = moodle_import([waiting], "Chapter 2", "email", roster=PEOPLE, anyway=True)
    assert rows(made)[1][:2] == ["Ada@Example.edu", "60"]


def test_no_cell_of_ours_is_a_formula():
    made = moodle_import(
        [mark("plus"), mark("ada", lines=("=1+1",))], "@x", "idnumber", roster=PEOPLE
    )
    assert left_out(made) == {module.FORMULA.format("ID number"): ("plus",)}
    assert rows(made) == [
        ["ID number", "'@x", "Feedback: @x"],
        ["s-0001", "90", "'=1+1"],
    ]


def test_without_a_roster_names_must_be_identifiers():
    marks = [mark("ada"), mark("bob@example.edu")]
    made = moodle_import(marks, "Chapter 2", "email")
    assert left_out(made) == {module.NO_ADDRESS: ("ada",)}
    assert [row[0] for row in rows(made)[1:]] == ["bob@example.edu"]
    made = moodle_import(marks, "Chapter 2", "username")
    assert [row[0] for row in rows(made)[1:]] == ["ada", "bob@example.edu"]


def test_a_roster_that_does_not_know_the_identifier():
    people = read_roster([HAND_MADE / "roster.csv"])
    made = moodle_import([mark("ada")], "Chapter 2", "idnumber", roster=people)
    assert left_out(made) == {module.NOTHING.format("ID number"): ("ada",)}
    assert made.n_marks == 0


def test_an_unknown_identifier():
    with pytest.raises(CourseError, match="there are email, idnumber, username"):
        moodle_import([mark("ada")], "Chapter 2", "name")
