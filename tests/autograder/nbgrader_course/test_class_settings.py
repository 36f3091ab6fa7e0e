"""nbgrader's own `autograde` follows the settings of the class, as `course grade` does."""

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.adapted import class_assignment
from autograder.classroom.class_run import grade_and_write
from autograder.classroom.database import gradebook_url
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.settings import SETTINGS
from autograder.submissions.collect import collect
from tests.autograder.nbgrader_course import nbgrader_folder as folders
from tests.autograder.nbgrader_course.nbgrader_folder import SLUG, autograde, mark_by_hand, marks

pytestmark = pytest.mark.filterwarnings("ignore")

TEXT = 'seed = 5\n[chapters.ch99]\ndrop = ["largest", "written"]\npoints = {double = 7}\n'


@pytest.fixture(scope="module", autouse=True)
def _lent(worker):
    with folders.lend(worker):
        yield


@pytest.fixture
def root(tmp_path, hand_in):
    """A course folder with two submissions, one of them half right."""
    root = folders.make_course(tmp_path / "a course")
    folders.hand_in(root, "ada", hand_in())
    half = "def double(x):\n    return 2 * x if isinstance(x, int) else x"
    folders.hand_in(root, "bob", hand_in(double=half))
    return root


def scores(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        assignment = gradebook.find_assignment(SLUG)
        return assignment.max_score, {s.student.id: s.score for s in assignment.submissions}


def init(root, small):
    """Enter the cells as `course init` does."""
    open_gradebook(gradebook_url("", root), class_assignment(small, root)[0])


def test_both_ways_give_the_same_marks(root, small, tmp_path, lent_worker):
    (root / SETTINGS).write_text(TEXT)
    init(root, small)
    autograde(root)
    assert scores(root) == (7.0, {"ada": 7.0, "bob": 2.33})
    assignment, settings = class_assignment(small, root)
    out = tmp_path / "out"
    grade_and_write(assignment, collect([root], SLUG), out, seed=settings.seed)
    assert scores(out) == scores(root)
    assert marks(out) == marks(root)


def test_a_change_grades_again_and_marks_by_hand_outlive_a_drop(root, small):
    autograde(root)
    assert scores(root) == (100.0, {"ada": 90.0, "bob": 50.0})
    mark_by_hand(root, "ada", 7.0, "Well said.")
    (root / SETTINGS).write_text(TEXT)
    init(root, small)
    autograde(root)
    assert scores(root) == (7.0, {"ada": 7.0, "bob": 2.33})
    assert marks(root)["ada"]["ch99_written"] == (0.0, 7.0, False)
    (root / SETTINGS).unlink()
    init(root, small)
    autograde(root)
    assert scores(root) == (100.0, {"ada": 97.0, "bob": 50.0})


def test_the_seed_is_the_class_s_and_nbgraders_own_setting_goes_before(root, monkeypatch):
    from autograder.nbgrader_course import preprocessors

    seeds = []
    real = preprocessors.grade_transplanted

    def noting(assignment, rebuilt, learner, seed, worker):
        seeds.append(seed)
        return real(assignment, rebuilt, learner, seed, worker)

    monkeypatch.setattr(preprocessors, "grade_transplanted", noting)
    (root / SETTINGS).write_text("seed = 5")
    autograde(root, "ada")
    autograde(root, "bob", seed=6)
    assert seeds == [5, 6]


def test_settings_that_make_no_sense_stop_the_run_with_a_sentence(root):
    from nbgrader.converters.base import NbGraderException

    (root / SETTINGS).write_text("seed = -1")
    with pytest.raises(NbGraderException, match="`seed` is -1"):
        autograde(root)
