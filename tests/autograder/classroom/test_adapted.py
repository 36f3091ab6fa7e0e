import contextlib
import copy

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import CheckCellMetadata
from nbgrader.utils import compute_checksum

from autograder.classroom.adapted import (
    NOT_GRADED,
    adapt,
    adapt_notebook,
    class_assignment,
    settings_of_run,
    share_out,
)
from autograder.classroom.class_run import grade_and_write, write_pages
from autograder.classroom.settings import SETTINGS, ChapterSettings
from autograder.errors import CourseError
from autograder.exercises.base import chapters_with_exercises
from autograder.grading import grade
from autograder.source import student_notebook
from autograder.submissions.assignment import load_assignment
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder.bonus_chapter import assignment as bonus_chapter
from tests.autograder.small_chapter import CHAPTER, double, largest, solved, written

SLUG = "ch99_small"
FEWER = ChapterSettings(("largest",), {"double": 7, "written": 25})


def cells(notebook):
    return {cell.id: cell for cell in notebook.cells}


class TestTheAssignment:
    def test_has_the_points_of_the_class_and_leaves_the_courses_alone(self, small):
        before = copy.deepcopy(small.notebook)
        adapted = adapt(small, FEWER)
        assert [(one.name, one.points) for one in adapted.chapter.exercises] == [
            *(("double", 7), ("written", 25))
        ]
        assert adapted.chapter.points == 32
        assert adapted.ungraded == (largest,)
        # 20 and 40 of 60 in hundredths of 7: 2.33 and 4.67.
        assert [item.points for item in adapted.chapter.autograded[0].items] == [2.33, 4.67]
        # One for each criterion first, then 22 in the proportion 4:3:3.
        rubric = adapted.chapter.exercise("written").rubric
        assert [one.points for one in rubric] == [10, 8, 7]
        assert (double.points, largest.points, written.points) == (60, 30, 10)
        assert [item.points for item in double.items] == [20, 40]
        assert small.notebook == before
        adapted.check()

    def test_without_changes_it_is_the_courses_own(self, small):
        assert adapt(small, ChapterSettings()) is small
        assert adapt(small, ChapterSettings(solutions_released=True)) is small

    def test_its_version_follows_the_settings(self, small):
        versions = {adapt(small, one).version for one in (FEWER, ChapterSettings(("largest",)))}
        assert len(versions | {small.version}) == 3

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            (ChapterSettings(("double2",)), "no exercise 'double2'; did you mean 'double'"),
            (
                ChapterSettings((), {"written2": 3}),
                "no exercise 'written2'; did you mean 'written'",
            ),
            (ChapterSettings(("double", "largest")), "nothing of ch99_small is left"),
            (ChapterSettings((), {"written": 2}), "at least 3 points, not 2"),
        ],
    )
    def test_settings_that_do_not_fit_are_told(self, small, settings, said):
        with pytest.raises(CourseError, match=said):
            adapt(small, settings)

    def test_extra_credit_stays_beside_the_points(self):
        adapted = adapt(bonus_chapter(), ChapterSettings((), {"halve": 14}))
        assert adapted.chapter.points == 100
        assert [item.points for item in adapted.chapter.exercise("halve").items] == [6, 8]
        test = cells(adapted.notebook)["ch99_halve_test"]
        assert test.metadata.nbgrader.points == 0


class TestTheNotebook:
    def test_says_the_points_of_the_class(self, small):
        adapted = adapt(small, FEWER).notebook
        said = {
            c.metadata["statement"]: c.source for c in adapted.cells if "statement" in c.metadata
        }
        assert "**7 points.** Not allowed here: `torch.multiply`." in said["double"]
        assert NOT_GRADED in said["largest"]
        assert "points" not in said["largest"].split(NOT_GRADED)[0]
        assert said["written"].endswith("**25 points**, marked by a person.")
        points = {
            name: cell.metadata.nbgrader.points
            for name, cell in cells(adapted).items()
            if cell.metadata.get("nbgrader", {}).get("grade")
        }
        assert points == {"ch99_double_test": 7, "ch99_largest_test": 0, "ch99_written": 25}

    def test_keeps_every_cell_that_nbgrader_knows(self, small):
        adapted = adapt(small, FEWER).notebook
        assert list(cells(adapted)) == list(cells(small.notebook))
        CheckCellMetadata().preprocess(adapted, {})
        for cell in adapted.cells:
            if "nbgrader" in cell.metadata:
                assert cell.metadata.nbgrader.checksum == compute_checksum(cell)

    def test_is_the_one_that_is_released(self, small):
        released = student_notebook(adapt_notebook(solved(), CHAPTER, FEWER))
        assert released == adapt(small, FEWER).notebook

    @pytest.mark.slow
    @pytest.mark.parametrize("slug", chapters_with_exercises())
    def test_every_statement_of_the_course_can_be_changed(self, slug):
        assignment = load_assignment(slug)
        first, *others = assignment.chapter.exercises
        points = {one.name: one.points + 1 for one in others}
        adapted = adapt(assignment, ChapterSettings((first.name,), points))
        told = [
            cell.source.count("**Not graded in this class.**")
            for cell in adapted.notebook.cells
            if "statement" in cell.metadata
        ]
        assert sum(told) == 1


def test_units_are_shared_out_to_the_last_one():
    assert share_out([4, 3, 3], 20) == [8, 6, 6]
    assert share_out([1, 1, 1], 10) == [4, 3, 3]
    assert share_out([5, 1], 5) == [4, 1]
    for total in range(50):
        assert sum(share_out([7, 5, 3, 2], total)) == total


class TestGrading:
    def test_a_full_mark_is_a_full_mark(self, small, hand_in, worker):
        result = grade(hand_in(), adapt(small, FEWER), "ada", 0, worker)
        assert (result.points, result.max_points, result.awaiting) == (7.0, 7.0, 25.0)
        assert [verdict.exercise for verdict in result.verdicts] == ["double"]

    def test_items_keep_their_proportions(self, small, hand_in, worker):
        half = hand_in(double="def double(x):\n    return 2 * x if isinstance(x, int) else x")
        result = grade(half, adapt(small, FEWER), "ada", 0, worker)
        (verdict,) = result.verdicts
        assert [(item.points, item.max_points) for item in verdict.items] == [
            *((2.33, 2.33), (0.0, 4.67))
        ]
        assert result.points == 2.33

    def test_what_nothing_came_back_of_has_the_points_of_the_class_too(self, small, worker):
        result = grade(b"{}", adapt(small, FEWER), "ada", 0, worker)
        assert (result.reason != "", result.points, result.max_points) == (True, 0.0, 7.0)

    def test_the_answer_to_a_dropped_exercise_still_runs_for_those_behind_it(
        self, small, hand_in, worker
    ):
        data = hand_in(
            double="def helper(x):\n    return max(x)\n\ndef double(x):\n    return 2 * x",
            largest="def largest(numbers):\n    return helper(numbers)",
        )
        result = grade(data, adapt(small, ChapterSettings(("double",))), "ada", 0, worker)
        assert (result.points, result.max_points) == (30.0, 30.0)
        assert result.repairs == ()


@pytest.fixture
def run(small, tmp_path, lent_worker):
    """Grade a class of two with the settings of its folder, as `course grade` does."""

    def again(submissions, text=""):
        (tmp_path / SETTINGS).write_text(text)
        assignment, settings = class_assignment(small, tmp_path)
        grade_and_write(assignment, submissions, tmp_path, seed=settings.seed)
        return assignment

    return again


def scores(out):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        assignment = gradebook.find_assignment(SLUG)
        return assignment.max_score, {s.student.id: s.score for s in assignment.submissions}


def mark(out, learner, points):
    """Do what the formgrader does."""
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, learner)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def needs(out, learner):
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, learner)
        return grade.manual_score, bool(grade.needs_manual_grade)


@pytest.mark.filterwarnings("ignore")  # nbgrader's own
class TestTotals:
    @pytest.fixture
    def submissions(self, hand_in):
        wrong = hand_in(largest="def largest(numbers):\n    return numbers[0]", written="")
        return HandedInClass.of([HandedIn("ada", hand_in()), HandedIn("bob", wrong)])

    def test_follow_in_the_gradebook_while_there_are_submissions(self, run, submissions, tmp_path):
        run(submissions)
        assert scores(tmp_path) == (100.0, {"ada": 90.0, "bob": 60.0})
        run(submissions, '[chapters.ch99]\ndrop = ["largest"]\npoints = {double = 40}')
        assert scores(tmp_path) == (50.0, {"ada": 40.0, "bob": 40.0})
        run(submissions)
        assert scores(tmp_path) == (100.0, {"ada": 90.0, "bob": 60.0})

    def test_follow_on_the_pages_and_in_the_table(self, run, submissions, tmp_path):
        run(submissions, '[chapters.ch99]\ndrop = ["written"]\npoints = {double = 40}')
        page = (tmp_path / SLUG / "feedback" / "bob.html").read_text()
        assert "40 of 70 points" in page
        assert "In words" not in page
        table = (tmp_path / SLUG / "marks.csv").read_text()
        assert table.startswith("learner,double,largest,points,max_points")
        assert "Middle mark 55 of 70 points" in (tmp_path / SLUG / "report.html").read_text()

    def test_a_mark_by_hand_is_looked_at_again_when_its_points_change(
        self, run, submissions, tmp_path
    ):
        run(submissions)
        mark(tmp_path, "ada", 7.0)
        run(submissions)
        assert needs(tmp_path, "ada") == (7.0, False)
        run(submissions, "[chapters.ch99]\npoints = {written = 20}")
        assert needs(tmp_path, "ada") == (7.0, True)

    def test_a_mark_by_hand_in_a_dropped_exercise_counts_no_more_and_comes_back(
        self, run, submissions, tmp_path
    ):
        run(submissions)
        mark(tmp_path, "ada", 7.0)
        run(submissions, '[chapters.ch99]\ndrop = ["written"]')
        assert scores(tmp_path) == (90.0, {"ada": 90.0, "bob": 60.0})
        assert needs(tmp_path, "ada") == (7.0, False)
        run(submissions)
        assert scores(tmp_path) == (100.0, {"ada": 97.0, "bob": 60.0})

    def test_pages_of_other_settings_are_refused(self, run, submissions, small, tmp_path):
        run(submissions, '[chapters.ch99]\ndrop = ["written"]')
        with pytest.raises(CourseError, match="graded with other exercises or points"):
            write_pages(small, tmp_path)


class TestTheFolder:
    def test_a_course_folder_is_not_graded_elsewhere_without_its_settings(self, small, tmp_path):
        (tmp_path / "course").mkdir()
        (tmp_path / "course" / SETTINGS).write_text('[chapters.ch99]\ndrop = ["largest"]')
        course, out = tmp_path / "course", tmp_path / "out"
        with pytest.raises(CourseError, match=r"grade with --out .*course, or copy the file"):
            settings_of_run(small, out, [course])
        adapted, _ = settings_of_run(small, course, [course])
        assert adapted.ungraded == (largest,)
        (course / SETTINGS).write_text('database = "postgresql://ada@host/book"')
        with pytest.raises(CourseError, match="has settings that"):
            settings_of_run(small, out, [course])
        for harmless in ("", "[chapters.ch02]\npoints = {causal_mask = 3}"):
            (course / SETTINGS).write_text(harmless)
            with contextlib.suppress(FileExistsError):
                out.mkdir()
            assert settings_of_run(small, out, [course, tmp_path / "a.zip"])[0] is small
