"""`course marks` from a graded class to the files; the forms have tests of their own."""

import json
import shutil
import zipfile

import pytest
from nbgrader.api import Gradebook

from tests.autograder.school.made import HAND_MADE
from tests.autograder.small_chapter import REFERENCE

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own

SLUG = "ch99_small"
CANVAS, SHEET = HAND_MADE / "canvas_gradebook.csv", HAND_MADE / "moodle_worksheet.csv"
MEMBERS = HAND_MADE / "lti_memberships.json"
COLUMN = "Chapter 2, attention"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def graded(course, hand_in, kept, tmp_path, lent_worker):
    """A class from a folder, a zip of Canvas and one of Moodle, names as the platforms give them.

    Ada and nobody have all points so far; the others made a mistake and have nothing to mark.
    """
    out = kept / "out"
    if not out.exists():
        made = kept / "class"
        made.mkdir()
        (made / "ada@example.edu.ipynb").write_bytes(hand_in())
        wrong = "def double(x):\n    return x * x"
        (made / "charles@example.edu.ipynb").write_bytes(hand_in(double=wrong, written=""))
        (made / "nobody.ipynb").write_bytes(hand_in())
        downloads = {"canvas.zip": f"smithjo_13_501_{SLUG}.ipynb"}
        downloads["moodle.zip"] = f"Jo Smith_503_assignsubmission_file/{SLUG}.ipynb"
        for archive, name in downloads.items():
            with zipfile.ZipFile(kept / archive, "w") as packed:
                packed.writestr(name, hand_in(double=wrong, written=""))
        sources = (made, *(kept / archive for archive in downloads))
        assert course("grade", *sources, "--chapter", REFERENCE, "--out", out, "--jobs", 1)[0] == 0
    return shutil.copytree(out, tmp_path / "out")


def give(out, learner, points, comment=""):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, learner)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment("ch99_written", SLUG, SLUG, learner).manual_comment = comment
        gradebook.db.commit()


def only(out, learner):
    roll = {"chapter": SLUG, "learners": [learner]}
    (out / SLUG / "class.json").write_text(json.dumps(roll))


def test_canvas(course, graded, tmp_path):
    give(graded, "ada@example.edu", 7.5)
    out = tmp_path / "canvas.csv"
    arguments = ("--chapter", REFERENCE, "--column", COLUMN)
    code, said = course("marks", "canvas", graded, CANVAS, *arguments, "--out", out)
    assert code == 1
    assert "2 marks: " in said
    assert (
        "nobody answers to their name, so their marks are not in it: Jo Smith_503, "
        "charles@example.edu, nobody." in said
    )
    assert "not graded; nothing is written for them: Babbage, Charles, Smith, Jo" in said
    before, after = CANVAS.read_bytes(), out.read_bytes()
    expected = before.replace(b"9.50,,,,", b"9.50,97.5,,,")
    assert after == expected.replace(b"7.00,,,,7", b"7.00,30,,,7")
    again = tmp_path / "again.csv"
    course("marks", "canvas", graded, CANVAS, *arguments, "--out", again)
    assert again.read_bytes() == after


def test_nothing_is_overwritten_and_nothing_half_written(course, graded, tmp_path):
    out = tmp_path / "canvas.csv"
    out.write_text("mine")
    arguments = ("--chapter", REFERENCE, "--column", COLUMN, "--out")
    code, said = course("marks", "canvas", graded, CANVAS, *arguments, out)
    assert code == 2
    assert "nothing is overwritten" in said
    assert out.read_text() == "mine"
    only(graded, "ada@example.edu")
    code, said = course("marks", "canvas", graded, CANVAS, *arguments, tmp_path / "new.csv")
    assert code == 2
    assert "await marking, so their marks are not in it" in said
    assert "There is no mark to write" in said
    assert not (tmp_path / "new.csv").exists()


def test_a_roster_says_who_is_who(course, graded, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("learner,login\nnobody,zoe\ncharles@example.edu,charles\n")
    out = tmp_path / "canvas.csv"
    arguments = ("--chapter", REFERENCE, "--column", COLUMN, "--roster", roster, "--anyway")
    code, said = course("marks", "canvas", graded, CANVAS, *arguments, "--out", out)
    assert code == 1
    assert "3 marks: " in said
    assert (
        "In the file the assignment is not theirs (N/A), so their marks are not in it: nobody."
        in said
    )
    assert b"8.00,30," in out.read_bytes()


def test_moodle_sheet(course, graded, tmp_path):
    give(graded, "ada@example.edu", 7.5, "Short & good.")
    out = tmp_path / "sheet.csv"
    code, said = course(
        "marks", "moodle-sheet", graded, SHEET, "--chapter", REFERENCE, "--out", out
    )
    assert code == 1
    assert "3 marks: " in said
    text = out.read_text()
    assert 'Submitted for grading",97.5,100.00' in text
    assert "written: 7.5 of 10<br>written, comment: Short &amp; good." in text
    assert '"Submitted for grading",30,100.00' in text
    assert '"Well done, ""Charles"""' in text


def test_moodle_sheet_in_another_language(course, graded, tmp_path):
    out = tmp_path / "sheet.csv"
    sheet = HAND_MADE / "moodle_worksheet_german.csv"
    command = ("marks", "moodle-sheet", graded, sheet, "--chapter", REFERENCE, "--anyway")
    code, said = course(*command, "--column", "Bewertung", "--out", out)
    assert code == 1
    assert "no column 'Feedback comments', so no comments are in it (--comments)" in said
    assert "give its word for No in one of these with --locked: Bestwertung" in said
    out.unlink()
    words = ("--comments", "Feedback als Kommentar", "--locked", "Ja")
    code, said = course(*command, "--column", "Bewertung", *words, "--out", out)
    assert code == 2
    assert "grade cannot be changed, so their marks are not in it: ada@example.edu." in said
    assert not out.exists()


def test_moodle(course, graded, tmp_path):
    out = tmp_path / "import.csv"
    arguments = ("--chapter", REFERENCE, "--roster", HAND_MADE / "moodle_participants.csv")
    code, said = course("marks", "moodle", graded, *arguments, "--out", out)
    assert code == 1
    assert "1 mark: " in said
    head, first, *_ = out.read_text().splitlines()
    assert head == f"Email address,{SLUG},Feedback: {SLUG}"
    assert first == 'charles@example.edu,30,"Total: 30 of 100 points.'
    out = tmp_path / "titled.csv"
    course("marks", "moodle", graded, *arguments, "--title", "Chapter 2", "--out", out)
    assert out.read_text().startswith("Email address,Chapter 2,")


def test_lti(course, graded, tmp_path):
    out = tmp_path / "scores.jsonl"
    arguments = ("--chapter", REFERENCE, "--roster", MEMBERS)
    code, said = course("marks", "lti", graded, *arguments, "--out", out)
    assert code == 1
    assert "2 marks: " in said
    ada, charles = (json.loads(line) for line in out.read_text().splitlines())
    assert (ada["gradingProgress"], "scoreGiven" in ada) == ("PendingManual", False)
    assert (charles["userId"], charles["scoreGiven"], charles["scoreMaximum"]) == ("u-2", 30, 100)
    again = tmp_path / "again.jsonl"
    course("marks", "lti", graded, *arguments, "--out", again)
    assert again.read_bytes() == out.read_bytes()
    timed = tmp_path / "timed.jsonl"
    time = ("--time", "2026-03-01T13:00:00+01:00")
    course("marks", "lti", graded, *arguments, *time, "--out", timed)
    assert json.loads(timed.read_text().splitlines()[0])["timestamp"] == (
        "2026-03-01T12:00:00.000+00:00"
    )
    code, said = course("marks", "lti", graded, "--chapter", REFERENCE, "--out", tmp_path / "x")
    assert code == 2
    assert "give their --roster" in said


def test_gradescope(course, graded, tmp_path):
    out = tmp_path / "results"
    code, said = course("marks", "gradescope", graded, "--chapter", REFERENCE, "--out", out)
    assert code == 0
    assert "5 marks: " in said
    assert "await marking and are not in the score: ada@example.edu, nobody." in said
    scores = {path.stem: json.loads(path.read_text())["score"] for path in out.iterdir()}
    assert scores == {
        "Jo Smith_503": 30,
        "ada@example.edu": 90,
        "charles@example.edu": 30,
        "nobody": 90,
        "smithjo_13": 30,
    }
    code, said = course(
        "marks", "gradescope", graded, "--chapter", REFERENCE, "--out", tmp_path / "results.json"
    )
    assert code == 2
    assert "There are 5 learners; name a folder, not results.json." in said


@pytest.mark.parametrize("command", ["canvas", "moodle-sheet", "moodle", "lti", "gradescope"])
def test_help_says_that_no_server_was_tried(course, command):
    code, said = course("marks", command, "--help")
    assert code == 0
    assert "Not tried" in said
    code, said = course("marks", "--help")
    assert "none of this has been tried against a live server" in said


def test_a_class_of_one_is_results_json(course, graded, tmp_path):
    only(graded, "charles@example.edu")
    out = tmp_path / "results" / "results.json"
    code, said = course("marks", "gradescope", graded, "--chapter", REFERENCE, "--out", out)
    assert code == 0
    assert "1 mark: " in said
    assert json.loads(out.read_text())["score"] == 30
