from pathlib import PurePosixPath

import pytest

from autograder.errors import CourseError
from autograder.school import canvas
from autograder.school.canvas import fill_canvas, name_of_files
from autograder.school.filling import ABSENT, AWAITING, DOUBTFUL, UNKNOWN
from autograder.school.tables import read_table
from autograder.submissions.platforms import named_by_platform
from tests.autograder.school.made import HAND_MADE, left_out, lines, mark, table

NAME, EURO = "canvas_gradebook.csv", "canvas_gradebook_semicolons.csv"
CHAPTER = "Chapter 2, attention"


def filled(*marks, column=CHAPTER, **options):
    return fill_canvas(table(NAME), marks, column, **options)


def test_only_the_cells_of_the_column_change():
    marks = [
        mark("lovelaceada_11", 96.25),  # by the name of the file that Canvas lets download
        mark("charles", 50.0),  # by login
        mark("s-0003", 104.5),  # by the school's number; extra credit goes over the maximum
        mark("14", 0.0),  # by Canvas's number
    ]
    made = filled(*marks)
    assert made.n_marks == 4
    assert left_out(made) == {}
    expected = lines(NAME)
    expected[3] = expected[3].replace(b"9.50,,,,", b"9.50,96.25,,,")
    expected[4] = expected[4].replace(b"8.00,71.00,", b"8.00,50,")
    expected[5] = expected[5].replace(b"7.00,,,,7", b"7.00,104.5,,,7")
    expected[6] = expected[6].replace(b"6.00,,,,6", b"6.00,0,,,6")
    assert made.data == b"".join(expected)
    assert made.data.count(b"\n") == (HAND_MADE / NAME).read_bytes().count(b"\n")


def test_the_same_again_is_byte_equal():
    marks = [mark("charles"), mark("zoe"), mark("ada@example.edu", 1 / 3)]
    assert filled(*marks).data == filled(*marks[::-1]).data
    assert b"9.50,0.33,,," in filled(*marks).data


def test_two_of_one_name_are_told_apart_by_numbers_alone():
    made = filled(mark("smithjo_13", 1.0), mark("smithjo_14", 2.0), mark("Smith, Jo", 3.0))
    assert left_out(made) == {UNKNOWN: ("Smith, Jo",)}
    assert b'"Smith, Jo",13,s-0003,jo.smith,Section A,,7.00,1,' in made.data
    assert b'"Smith, Jo",14,s-0004,jo.smith2,Section B,,6.00,2,' in made.data


def test_a_number_with_another_name_before_it_is_nobody():
    made = filled(mark("smithjo_11"), mark("charles"))
    assert left_out(made) == {UNKNOWN: ("smithjo_11",)}


def test_a_number_of_one_that_is_a_login_of_another_is_in_doubt(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "Student,ID,SIS Login ID,Section,A (1)\n    Points Possible,,,,100\nX,11,12,,\nY,12,y,,\n"
    )
    made = fill_canvas(read_table(path), [mark("12"), mark("y")], "A")
    assert left_out(made) == {DOUBTFUL: ("12", "y")}
    assert made.data == path.read_bytes()


def test_who_is_excused_or_not_assigned_stays_so():
    made = filled(mark("eve"), mark("zoe"), mark("charles", 71.0))
    assert left_out(made) == {canvas.EXCUSED: ("eve",), canvas.NOT_ASSIGNED: ("zoe",)}
    assert made.n_marks == 1


def test_who_awaits_marking_is_left_out_unless_asked_for():
    waiting = mark("charles", 60.0, awaiting=["written"])
    made = filled(waiting, mark("jo.smith"))
    assert left_out(made) == {AWAITING: ("charles",)}
    assert b"8.00,71.00," in made.data  # what stands there stays
    made = filled(waiting, anyway=True)
    assert left_out(made) == {}
    assert b"8.00,60," in made.data


def test_people_who_were_not_graded_are_named_and_nothing_is_written_for_them():
    made = filled(mark("charles", 71.0))
    (absent,) = [one.names for one in made.notices if one.sentence == ABSENT]
    assert absent[:3] == ("Lovelace, Ada", "Smith, Jo", "Smith, Jo")
    assert absent[-1] == "Student, Test"
    assert len(absent) == 7


@pytest.mark.parametrize("note", [b"Muted", "Manuelle Veröffentlichung (verborgen)".encode(), b" "])
def test_a_row_about_assignments_is_nobody(tmp_path, note):
    path = tmp_path / "export.csv"
    path.write_bytes((HAND_MADE / NAME).read_bytes().replace(b"Manual Posting", note))
    made = fill_canvas(read_table(path), [mark("charles", 71.0)], CHAPTER)
    (absent,) = [one.names for one in made.notices if one.sentence == ABSENT]
    assert absent[0] == "Lovelace, Ada"


def test_an_anonymous_learner_is_found_by_a_list_alone():
    assert left_out(filled(mark("anon_x3Kd9"), mark("zoe"))) != {}
    made = filled(mark("anon_x3Kd9", 5.0), also=[("anon_x3Kd9", "s-0001")])
    assert b"9.50,5,,," in made.data


class TestColumns:
    @pytest.mark.parametrize("column", [CHAPTER, f"{CHAPTER} (202)"])
    def test_with_and_without_canvas_number(self, column):
        assert filled(mark("charles", 1.0), column=column).n_marks == 1

    def test_two_of_one_name(self):
        with pytest.raises(CourseError, match=r"Project \(303\); Project \(304\)"):
            filled(mark("charles"), column="Project")
        assert b"71.00,33," in filled(mark("charles", 33.0), column="Project (303)").data

    @pytest.mark.parametrize("column", ["Current Score", "Notes", "Student", "chapter 2", ""])
    def test_no_other_column_is_filled(self, column):
        with pytest.raises(CourseError, match=r"it has: Chapter 1 \(101\); Chapter 2, att"):
            filled(mark("charles"), column=column)

    def test_a_read_only_column_is_none(self, tmp_path):
        path = tmp_path / "export.csv"
        path.write_text("Student,ID,Section,Term (1)\n    Points Possible,,,(read only)\nAda,1,,\n")
        with pytest.raises(CourseError, match="it has: none"):
            fill_canvas(read_table(path), [mark("1")], "Term (1)")


class TestPoints:
    def test_other_points_are_told_before_anything_is_written(self):
        with pytest.raises(CourseError, match="has 10 points in the file, the chapter 100"):
            filled(mark("charles"), column="Chapter 1")

    def test_they_are_converted_when_asked_for(self):
        made = filled(mark("charles", 87.5), column="Chapter 1", scale=True)
        assert b"Section A,=1+1,8.75,71.00" in made.data

    def test_where_canvas_does_not_say(self, tmp_path):
        path = tmp_path / "export.csv"
        path.write_text("Student,ID,Section,A (1)\n    Points Possible,,,\nAda,1,,\n")
        made = fill_canvas(read_table(path), [mark("1", 88.0, 88.0)], "A")
        assert made.data.endswith(b"Ada,1,,88\n")


class TestSemicolons:
    def test_decimal_commas_and_everything_else_as_it_was(self):
        made = fill_canvas(table(EURO), [mark("lovelaceada_11", 96.25)], "Kapitel 2")
        expected = lines(EURO)
        expected[2] = expected[2].replace(b'"A; B";;', b'"A; B";96,25;')
        assert made.data == b"".join(expected)
        assert made.data.startswith(b"\xef\xbb\xbfLastName;")
        assert made.data.endswith(b"\r\n")

    def test_points_where_the_column_has_points(self, tmp_path):
        path = tmp_path / "export.csv"
        path.write_text("Student;ID;Section;A (1)\n    Points Possible;;;100.00\nAda;1;;\n")
        made = fill_canvas(read_table(path), [mark("1", 9.5)], "A")
        assert made.data.endswith(b"Ada;1;;9.5\n")


@pytest.mark.parametrize("name", ["moodle_worksheet.csv", "moodle_participants.csv"])
def test_another_systems_file_is_refused(name):
    with pytest.raises(CourseError, match="no gradebook of Canvas"):
        fill_canvas(table(name), [mark("ada")], CHAPTER)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "person", "expected"),
        [
            ("Lovelace, Ada", "11", "lovelaceada_11"),
            ("O'Neil-Brien, Zoë", "16", "oneilbrienzoë_16"),
            ("_Test_, Una", "17", "_test_una_17"),
            ("a_12_b, c", "18", "a12bc_18"),
            ('="=Cmd, Eve"', "15", "cmdeve_15"),
            ("कुमार, अनु", "19", "कुमारअनु_19"),  # vowel signs are marks, and a part of words
            ("x², y", "20", "xy_20"),
        ],
    )
    def test_as_canvas_writes_them(self, name, person, expected):
        assert name_of_files(name, person) == expected

    def test_what_collect_calls_somebody_is_found_again(self):
        path = PurePosixPath(f"{name_of_files('_Test_, Una', '17')}_901_hw.ipynb")
        (named,) = named_by_platform([path], "ch99_small").values()
        assert filled(mark(named.learner)).n_marks == 1
