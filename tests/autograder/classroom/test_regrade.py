"""A check changes after a class was graded: nothing is lost, and what a person gave stays."""

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.class_run import grade_and_write
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder.changed_chapter import assignment as changed

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own

SLUG = "ch99_small"
HALF = "def double(x):\n    return 2 * x if isinstance(x, int) else x"


@pytest.fixture
def submissions(hand_in):
    return HandedInClass.of(
        [
            HandedIn("ada", hand_in()),
            HandedIn("bob", hand_in(double=HALF)),
            HandedIn("cyd", hand_in(double=HALF)),
            HandedIn("dan", b"{"),
        ]
    )


def mark(out, learner, **points):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        for cell, manual in points.items():
            grade = gradebook.find_grade(f"ch99_{cell}", SLUG, SLUG, learner)
            grade.manual_score, grade.needs_manual_grade = manual, False
            comment = gradebook.find_comment("ch99_written", SLUG, SLUG, learner)
            comment.manual_comment = "As we said."
        gradebook.db.commit()


def grades(out, learner):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        cells = ("double_test", "written")
        found = [gradebook.find_grade(f"ch99_{one}", SLUG, SLUG, learner) for one in cells]
        return [(one.auto_score, one.manual_score, bool(one.needs_manual_grade)) for one in found]


def test_a_changed_check_grades_again_and_keeps_what_a_person_gave(
    small, submissions, tmp_path, lent_worker
):
    grade_and_write(small, submissions, tmp_path)
    mark(tmp_path, "bob", written=7.0)
    mark(tmp_path, "cyd", double_test=55.0, written=4.0)

    run = grade_and_write(changed(), submissions, tmp_path)
    assert [one.fresh for one in run.graded] == [True] * 4
    assert [one.result.points for one in run.graded] == [90.0, 90.0, 90.0, 0.0]
    assert grades(tmp_path, "ada") == [(60.0, None, False), (None, None, True)]
    # The answer in words is as it was, and so is its mark.
    assert grades(tmp_path, "bob") == [(60.0, None, False), (None, 7.0, False)]
    # A mark in the place of the checks' is to be looked at, for the checks say something else now.
    assert grades(tmp_path, "cyd") == [(60.0, 55.0, True), (None, 4.0, False)]
    page = (tmp_path / SLUG / "feedback" / "bob.html").read_text()
    assert "97 of 100 points" in page
    assert "As we said." in page

    again = grade_and_write(changed(), submissions, tmp_path)
    assert [one.fresh for one in again.graded] == [False] * 4
    assert grades(tmp_path, "cyd") == [(60.0, 55.0, True), (None, 4.0, False)]


def test_only_what_was_handed_in_again_runs_again(
    small, submissions, hand_in, tmp_path, lent_worker
):
    grade_and_write(small, submissions, tmp_path)
    mark(tmp_path, "bob", written=7.0)
    mark(tmp_path, "cyd", written=4.0)
    ada, bob, _, dan = submissions
    again = HandedInClass.of([ada, bob, HandedIn("cyd", hand_in(written="Otherwise.")), dan])
    run = grade_and_write(small, again, tmp_path)
    assert [one.fresh for one in run.graded] == [False, False, True, False]
    assert grades(tmp_path, "bob")[1] == (None, 7.0, False)
    assert grades(tmp_path, "cyd")[1] == (None, 4.0, True), "it was given for another answer"
    assert "awaiting" in (tmp_path / SLUG / "feedback" / "cyd.html").read_text()
