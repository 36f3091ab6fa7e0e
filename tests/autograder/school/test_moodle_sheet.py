import pytest

from autograder.errors import CourseError
from autograder.school import moodle_sheet
from autograder.school.filling import ABSENT, AWAITING, DOUBTFUL, UNKNOWN
from autograder.school.moodle_sheet import Headers, fill_worksheet
from autograder.school.tables import read_table
from tests.autograder.school.made import left_out, lines, mark, table

NAME, GERMAN = "moodle_worksheet.csv", "moodle_worksheet_german.csv"
IN_GERMAN = Headers(
    grade="Bewertung", comments="Feedback als Kommentar", group="Gruppe", locked="nein"
)
TOTAL = "Total: 90 of 100 points."


def filled(*marks, **options):
    return fill_worksheet(table(NAME), marks, **options)


def test_only_grades_and_empty_comments_change():
    made = filled(mark("Ada Lovelace_501", 96.25), mark("charles@example.edu", 50.0))
    expected = lines(NAME)
    expected[1] = expected[1].replace(b'grading",,', b'grading",96.25,')
    expected[1] = expected[1].replace(b"-,\n", f"-,{TOTAL}\n".encode())
    expected[2] = expected[2].replace(b",71.00,100.00", b",50,100.00")  # the comment stays
    assert made.data == b"".join(expected)
    assert made.n_marks == 2


def test_comments_are_html_in_lines():
    words = ("Total: 1", 'a, comment: x < y & "z"\nand more')
    made = filled(mark("ada@example.edu", lines=words))
    told = b"Total: 1<br>a, comment: x &lt; y &amp; &quot;z&quot;<br>and more"
    assert b'-,"' + told + b'"\n' in made.data


def test_a_comment_of_ours_is_no_formula():
    made = filled(mark("ada@example.edu", lines=("=HYPERLINK(1)",)))
    assert b"-,'=HYPERLINK(1)\n" in made.data


def test_people_are_found_by_participant_and_name_or_address():
    made = filled(
        mark("Jo Smith_503", 1.0),
        mark("jo2@example.edu", 2.0),
        mark("Jo Smith", 3.0),
        mark("Jo Smith_502", 4.0),
        mark("Participant_501", 5.0),  # where marking is blind
    )
    assert left_out(made) == {UNKNOWN: ("Jo Smith", "Jo Smith_502")}
    assert b'503","Jo Smith",jo@example.edu,"Submitted for grading",1,' in made.data
    assert b'504","Jo Smith",jo2@example.edu,"No submission",2,' in made.data
    assert b'501","Ada Lovelace",ada@example.edu,"Submitted for grading",5,' in made.data


def test_a_name_in_two_forms_is_in_doubt():
    made = filled(mark("Ada Lovelace_501"), mark("ada@example.edu"), mark("Jo Smith_503"))
    assert left_out(made) == {DOUBTFUL: ("Ada Lovelace_501", "ada@example.edu")}


def test_what_moodle_would_pass_over_is_told_and_not_written():
    made = filled(
        mark("Eve ONeil_505"),
        mark("Ada Lovelace_501", 104.0),
        mark("Charles Babbage_502", -1.0),
        mark("Jo Smith_503", 100.004),  # as it is written, it is the maximum
    )
    assert left_out(made) == {
        moodle_sheet.LOCKED: ("Eve ONeil_505",),
        moodle_sheet.ABOVE: ("Ada Lovelace_501",),
        moodle_sheet.BELOW: ("Charles Babbage_502",),
    }
    assert made.n_marks == 1
    assert b'jo@example.edu,"Submitted for grading",100,100.00' in made.data


def test_the_maximum_in_place_of_more_when_asked_for():
    made = filled(mark("Ada Lovelace_501", 104.0), cap=True)
    assert left_out(made) == {}
    assert b'ada@example.edu,"Submitted for grading",100,100.00' in made.data


def test_another_maximum():
    with pytest.raises(CourseError, match="Grade has 100 points in the file, the chapter 50"):
        filled(mark("Ada Lovelace_501", 45.0, 50.0))
    made = filled(mark("Ada Lovelace_501", 45.0, 50.0), scale=True)
    assert b'ada@example.edu,"Submitted for grading",90,100.00' in made.data


def test_who_awaits_marking_and_who_was_not_graded():
    made = filled(mark("Ada Lovelace_501", awaiting=["written"]), mark("Jo Smith_503"))
    assert left_out(made) == {AWAITING: ("Ada Lovelace_501",)}
    assert {one.sentence: one.names for one in made.notices}[ABSENT] == (
        *("Participant 502", "Participant 504", "Participant 505"),
    )


def test_a_site_in_german_with_decimal_commas():
    marks = [mark("Ada Lovelace_501", 96.25), mark("zoe@example.edu", 80.0)]
    made = fill_worksheet(table(GERMAN), marks, IN_GERMAN)
    expected = lines(GERMAN)
    expected[1] = expected[1].replace(b'abgegeben";;', b'abgegeben";96,25;')
    expected[2] = expected[2].replace(b'"71,50"', b'"80"')
    for row in (1, 2):
        expected[row] = expected[row].replace(b";-;\r\n", f";-;{TOTAL}\r\n".encode())
    assert made.data == b"".join(expected)


def test_a_worksheet_without_comments(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("Identifier,Full name,Status,Grade,Maximum Grade\nParticipant 7,Ada,-,,10.00\n")
    made = fill_worksheet(read_table(path), [mark("Ada_7", 9.0, 10.0)])
    assert made.data.endswith(b"Participant 7,Ada,-,9,10.00\n")


def test_blind_marking_without_names(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("Identifier,Status,Grade,Maximum Grade\nParticipant 7,-,,10.00\n")
    made = fill_worksheet(read_table(path), [mark("Participant_7", 9.0, 10.0)])
    assert made.data.endswith(b"Participant 7,-,9,10.00\n")


@pytest.mark.parametrize(
    "rows",
    [
        "Participant 7,Ada,,Good\n",  # a scale
        "Participant 7,Ada,,10\nParticipant 8,Bob,,20\n",
        "7,Ada,,10\n",
        "",
    ],
)
def test_what_is_no_worksheet_with_points(tmp_path, rows):
    path = tmp_path / "sheet.csv"
    path.write_text(f"Identifier,Full name,Grade,Maximum Grade\n{rows}")
    with pytest.raises(CourseError, match="no grading worksheet of Moodle with points"):
        fill_worksheet(read_table(path), [mark("Ada_7", 9.0, 10.0)])


def test_a_header_in_another_language_is_told():
    with pytest.raises(CourseError, match=r"no column 'Grade' for marks; it has: .*Bewertung"):
        fill_worksheet(table(GERMAN), [mark("Ada Lovelace_501")])


def notices(made):
    """What is told beside whose mark is missing and who was not graded."""
    told = {one.sentence: one.names for one in made.notices if not one.left_out}
    return {sentence: names for sentence, names in told.items() if sentence != ABSENT}


def test_a_grade_that_cannot_be_changed_in_another_language():
    made = fill_worksheet(table(GERMAN), [mark("Eve ONeil_503")], IN_GERMAN)
    assert left_out(made) == {moodle_sheet.LOCKED: ("Eve ONeil_503",)}
    assert notices(made) == {}


def test_what_could_not_be_read_is_told():
    made = fill_worksheet(table(GERMAN), [mark("Eve ONeil_503")], Headers(grade="Bewertung"))
    behind = (
        *("Bestwertung", "Bewertung kann geändert werden", "Zuletzt geändert (Bewertung)"),
        "Feedback als Kommentar",
    )
    assert notices(made) == {
        moodle_sheet.NO_COMMENTS.format("Feedback comments"): behind,
        moodle_sheet.UNREAD: behind,
    }
    assert made.n_marks == 1
    assert notices(filled(mark("Ada Lovelace_501"))) == {}


def test_what_the_site_shows_of_people_is_not_filled_whatever_it_is_called(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text(
        "Identifier,Full name,Grade,Feedback comments,Grade,Maximum Grade,Feedback comments\n"
        "Participant 7,Ada,9b,,,10.00,\nParticipant 8,Bob,9c,,,10.00,\n"
    )
    made = fill_worksheet(read_table(path), [mark("Ada_7", 9.0, 10.0)])
    assert f"Participant 7,Ada,9b,,9,10.00,{TOTAL}\n".encode() in made.data


def test_a_full_name_is_no_address(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade\n"
        "Participant 7,ada@example.edu,eve@example.edu,-,,100\n"
    )
    made = fill_worksheet(read_table(path), [mark("ada@example.edu")])
    assert left_out(made) == {UNKNOWN: ("ada@example.edu",)}


def test_no_other_column_is_taken_for_the_comments():
    made = filled(mark("Ada Lovelace_501"), said=Headers(comments="Grade"))
    assert b'"Submitted for grading",90,100.00,Yes' in made.data
    assert list(notices(made)) == [moodle_sheet.NO_COMMENTS.format("Grade")]
