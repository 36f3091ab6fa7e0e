import pytest

from autograder.school.filling import ABSENT, AWAITING, DOUBTFUL, UNKNOWN
from autograder.school.moodle_folders import folder_name
from autograder.school.moodle_sheet import LOCKED, Headers, fill_worksheet
from autograder.school.people import folded
from autograder.school.tables import read_table
from tests.autograder.school.made import HAND_MADE, left_out, mark, table

NAME = "moodle_groups.csv"


def filled(*marks, **options):
    return fill_worksheet(table(NAME), marks, **options)


def rows_of(made):
    """The rows that are not as they were, by their numbers, with what they say now."""
    before, after = (HAND_MADE / NAME).read_bytes().splitlines(), made.data.splitlines()
    return {
        n: now.decode()
        for n, (old, now) in enumerate(zip(before, after, strict=True))
        if now != old
    }


def test_every_member_gets_the_mark_of_the_group():
    made = filled(mark("group a_77", 96.25))
    assert made.n_marks == 1
    assert left_out(made) == {LOCKED: ("group a_77: Participant 502",)}
    (said,) = rows_of(made).values()
    assert said.startswith('"Participant 501","Ada Lovelace",ada@example.edu,')
    assert '"Group A",96.25,100.00,"Not marked",Yes,-,-,Total: 90 of 100 points.' in said
    assert {one.sentence: one.names for one in made.notices}[ABSENT] == (
        *("Participant 503", "Participant 504", "Participant 505", "Participant 506"),
        "Participant 507",
    )


def test_the_word_for_a_grade_that_cannot_be_changed_stands_behind_the_state_too():
    made = filled(mark("Group A_77"), said=Headers(locked="yes"))
    assert list(rows_of(made)) == [2]
    assert left_out(made) == {LOCKED: ("Group A_77: Participant 501",)}


def test_a_name_is_found_as_moodle_and_the_grader_write_it():
    assert folder_name("Ænigma: 2/3", "8") == "Ænigma 23_8"
    assert list(rows_of(filled(mark("Ænigma 23_8")))) == [3]


def test_a_name_that_the_grader_has_mended(tmp_path):
    path = tmp_path / "sheet.csv"
    head = "Identifier,Full name,Group,Grade,Maximum Grade\n"
    path.write_text(f"{head}Participant 7,Ada,Team #1,,100\nParticipant 8,Bob,Team $1,,100\n")
    learner = folded("Team #1_9")
    assert "~" in learner
    made = fill_worksheet(read_table(path), [mark(learner)])
    assert made.data.decode().splitlines()[1:] == [
        "Participant 7,Ada,Team #1,90,100",
        "Participant 8,Bob,Team $1,,100",
    ]


@pytest.mark.parametrize("learner", ["AB_9", "Group A_x", "Group A", "Default group"])
def test_a_group_that_is_not_certain_gets_nothing(learner):
    made = filled(mark(learner))
    assert rows_of(made) == {}
    assert left_out(made) == {DOUBTFUL if learner == "AB_9" else UNKNOWN: (learner,)}


def test_two_folders_that_one_group_may_have_are_in_doubt():
    made = filled(mark("Group A_77"), mark("Group A_78"))
    assert rows_of(made) == {}
    assert left_out(made) == {DOUBTFUL: ("Group A_77", "Group A_78")}


def test_a_mark_of_a_members_own_puts_the_groups_in_doubt():
    made = filled(mark("Group A_77", 50.0), mark("ada@example.edu", 60.0))
    assert left_out(made) == {DOUBTFUL: ("Group A_77",)}
    assert list(rows_of(made)) == [1]
    assert '"Group A",60,100.00' in rows_of(made)[1]
    both = filled(mark("Group A_77"), mark("ada@example.edu"), mark("Ada Lovelace_501"))
    assert rows_of(both) == {}
    assert set(left_out(both)[DOUBTFUL]) == {"Group A_77", "ada@example.edu", "Ada Lovelace_501"}


def test_members_of_a_group_that_awaits_marking_are_named():
    made = filled(mark("Ænigma 23_8", awaiting=["written"]))
    assert rows_of(made) == {}
    assert left_out(made) == {AWAITING: ("Ænigma 23_8: Participant 503",)}


def test_the_name_of_a_group_is_nobodys_address():
    assert left_out(filled(mark("77@example.edu"))) == {UNKNOWN: ("77@example.edu",)}


def test_another_header_of_the_groups():
    made = filled(mark("Group A_77"), said=Headers(group="Gruppe"))
    assert left_out(made) == {UNKNOWN: ("Group A_77",)}
    made = filled(mark("Submitted for grading_1"), said=Headers(group="Status"))
    assert list(rows_of(made)) == [1, 3, 4, 5, 6, 7]
