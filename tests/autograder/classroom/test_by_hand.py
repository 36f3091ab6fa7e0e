import pytest
from nbgrader.api import Gradebook

from autograder.classroom.by_hand import Entry, marks_of, read_by_hand
from autograder.classroom.class_run import grade_and_write, write_pages
from autograder.classroom.database import gradebook_url
from autograder.errors import CourseError
from autograder.grading import grade
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder.bonus_chapter import assignment as bonus_chapter

SLUG = "ch99_small"


@pytest.fixture
def graded(small, hand_in, tmp_path, lent_worker):
    """A class of two, graded; ada has written an answer, bob has not."""
    both = [HandedIn("ada", hand_in()), HandedIn("bob", hand_in(written=""))]
    grade_and_write(small, HandedInClass.of(both), tmp_path)
    return tmp_path


def enter(out, learner, cell, comment_cell="", words=None, **fields):
    """Do what the formgrader does."""
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(cell, SLUG, SLUG, learner)
        for name, value in fields.items():
            setattr(grade, name, value)
        if comment_cell:
            comment = gradebook.find_comment(comment_cell, SLUG, SLUG, learner)
            comment.manual_comment = words
        gradebook.db.commit()


def read(out, assignment):
    return read_by_hand(gradebook_url("", out), assignment)


class TestReading:
    def test_nothing_is_made_where_there_is_no_gradebook(self, small, tmp_path):
        assert read(tmp_path, small) == {}
        assert list(tmp_path.iterdir()) == []

    def test_a_database_without_nbgraders_tables_holds_nothing(self, small, tmp_path):
        (tmp_path / "gradebook.db").touch()
        assert read(tmp_path, small) == {}

    def test_what_cannot_be_used_is_told_in_a_sentence(self, small, tmp_path):
        (tmp_path / "gradebook.db").write_text("no database, but some text")
        with pytest.raises(CourseError, match="cannot be used: file is not a database"):
            read(tmp_path, small)

    @pytest.mark.filterwarnings("ignore")  # nbgrader's own
    def test_points_extra_and_comments_come_by_learner_and_exercise(self, small, graded):
        assert read(graded, small) == {}
        enter(graded, "ada", "ch99_written", "ch99_written", " Well said. ", manual_score=7.0)
        enter(graded, "ada", "ch99_double_test", manual_score=50.0, extra_credit=1.5)
        enter(graded, "bob", "ch99_largest_test", "ch99_largest", "Shorter!")
        found = read(graded, small)
        assert found["ada"]["double"].points == 50.0
        assert found["ada"]["double"].extra == 1.5
        assert found["ada"]["written"].comment == "Well said."
        assert found["bob"] == {"largest": Entry(comment="Shorter!")}

    @pytest.mark.filterwarnings("ignore")
    def test_a_mark_that_waits_for_review_is_told(self, small, graded):
        for review in (True, False):
            enter(graded, "ada", "ch99_written", manual_score=7.0, needs_manual_grade=review)
            assert read(graded, small)["ada"]["written"] == Entry(7.0, review=review)


class TestMarks:
    @pytest.fixture
    def result(self, small, hand_in, worker):
        wrong = hand_in(largest="def largest(numbers):\n    return numbers[0]")
        return grade(wrong, small, "ada", 0, worker)

    def test_without_a_person_they_are_the_checks(self, small, result):
        marks = marks_of(small, result, {})
        assert marks.points == {"double": 60.0, "largest": 0.0, "written": None}
        assert (marks.total, marks.out_of) == (60.0, 100.0)
        assert (marks.awaiting, marks.awaiting_points) == (("written",), 10.0)

    def test_a_persons_mark_stands_in_the_place_of_the_checks(self, small, result):
        entries = {"written": Entry(0.0), "largest": Entry(12.5, extra=2.0), "double": Entry()}
        marks = marks_of(small, result, entries)
        assert marks.points == {"double": 60.0, "largest": 12.5, "written": 0.0}
        assert (marks.total, marks.extra, marks.awaiting) == (74.5, 2.0, ())

    def test_an_answer_to_be_reviewed_awaits_marking(self, small, result):
        marks = marks_of(small, result, {"written": Entry(7.0, review=True)})
        assert marks.awaiting == ("written",)
        assert marks.total == 60.0

    def test_extra_credit_is_beside(self, hand_in, worker):
        assignment = bonus_chapter()
        result = grade(hand_in(), assignment, "ada", 0, worker)
        by_checks = marks_of(assignment, result, {"halve": Entry(extra=7.0)})
        assert by_checks.beside == {"halve": 0.0}, "the checks', which the gradebook repeats"
        by_person = marks_of(assignment, result, {"halve": Entry(2.0, extra=1.0)})
        assert (by_person.beside, by_person.extra) == ({"halve": 3.0}, 3.0)
        assert by_person.out_of == 100.0


@pytest.mark.filterwarnings("ignore")
def test_pages_and_table_hold_what_a_person_has_entered(small, graded):
    enter(
        *(graded, "ada", "ch99_written", "ch99_written", "<b>Well</b> said."),
        manual_score=7.0,
        needs_manual_grade=False,
    )
    pages = write_pages(small, graded)
    assert [marks.total for marks in pages.marks] == [97.0, 90.0]
    assert {name: dict(entries) for name, entries in pages.by_hand.items()} == {
        "ada": {"written": Entry(7.0, comment="<b>Well</b> said.")}
    }
    page = (graded / SLUG / "feedback" / "ada.html").read_text()
    assert "97 of 100 points" in page
    assert "&lt;b&gt;Well&lt;/b&gt; said." in page
    assert "awaiting" not in page
    assert ",7.0," in (graded / SLUG / "marks.csv").read_text()
