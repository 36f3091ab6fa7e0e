import zipfile

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.settings import SETTINGS
from tests.autograder.small_chapter import REFERENCE

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own

SLUG = "ch99_small"


@pytest.fixture
def graded(course, hand_in, tmp_path, lent_worker):
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.ipynb").write_bytes(hand_in())
    (made / "bob.ipynb").write_bytes(hand_in(written=""))
    out = tmp_path / "out"
    assert course("grade", made, "--chapter", REFERENCE, "--out", out, "--jobs", 1)[0] == 0
    return out


def mark(out, points):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def test_publish_waits_for_the_marks_by_hand(course, graded):
    code, said = course("publish", graded, "--chapter", REFERENCE)
    assert code == 1
    assert "Answers of 1 learner await marking (ada)." in said
    assert not (graded / SLUG / "feedback.zip").exists()
    mark(graded, 7.0)
    code, said = course("publish", graded, "--chapter", REFERENCE)
    assert code == 0
    assert "feedback.zip" in said
    assert "marks.csv" in said
    with zipfile.ZipFile(graded / SLUG / "feedback.zip") as archive:
        assert archive.namelist() == ["ada.html", "bob.html"]
        assert "97 of 100 points" in archive.read("ada.html").decode()


def test_publish_anyway(course, graded):
    assert course("publish", graded, "--chapter", REFERENCE, "--anyway")[0] == 0
    assert (graded / SLUG / "feedback.zip").exists()


def test_report_writes_marks_by_hand_too(course, graded):
    mark(graded, 4.0)
    code, _ = course("report", graded, "--chapter", REFERENCE)
    assert code == 0
    assert "94 of 100 points" in (graded / SLUG / "feedback" / "ada.html").read_text()


def test_a_fault_in_the_settings_is_a_sentence(course, graded):
    (graded / SETTINGS).write_text('[chapters.ch99]\ndrop = ["double2"]')
    for command in ("publish", "report"):
        code, said = course(command, graded, "--chapter", REFERENCE)
        assert code == 2
        assert "did you mean 'double'?" in said


def test_without_results_it_is_a_sentence(course, tmp_path):
    code, said = course("publish", tmp_path)
    assert code == 2
    assert "run `course grade` first" in said
