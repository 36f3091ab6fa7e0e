"""nbgrader's own commands, with our steps in them, on a few submissions to the small chapter."""

from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from autograder import preprocessors
from autograder.gradebook import _commands_on_path
from autograder.grading import grade
from tests.autograder.small_chapter import REFERENCE, solved

SLUG = "ch99_small"
SECRET = "Twice a whole number"  # stands in an item's sentence, shown only when the item fails

# nbgrader, nbconvert and SQLAlchemy warn about one another; their warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def submissions(small):
    import copy

    def answered(**changes):
        notebook = copy.deepcopy(solved())
        for cell in notebook.cells:
            cell.source = changes.get(cell.id.removeprefix("ch99_"), cell.source)
        return notebook

    doubled = answered()
    doubled.cells.append(copy.deepcopy(doubled.cells[4]))
    return {
        "ada": nbformat.writes(answered()).encode(),
        "bob": nbformat.writes(answered(double="def double(x):\n    return x * x")).encode(),
        "cyd": nbformat.writes(small.notebook).encode(),
        "dan": b"{",
        "eve": nbformat.writes(doubled).encode(),
        "fay": nbformat.writes(answered()).encode("utf-16"),
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory, submissions):
    """A course folder in which nbgrader has released, graded and written feedback."""
    root = tmp_path_factory.mktemp("course")
    source = root / "source" / SLUG / f"{SLUG}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(nbformat.writes(solved()))
    for learner, data in submissions.items():
        path = root / "submitted" / learner / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    folder = Path(preprocessors.__file__).parent
    config = PyFileConfigLoader("nbgrader_config.py", str(folder)).load_config()
    config.CourseDirectory.root = str(root)
    for step in ("Transplant", "JudgedExecute"):
        config[step].chapter = REFERENCE
    with _commands_on_path():
        api = NbGraderAPI(config=config)
        outcomes = [api.generate_assignment(SLUG)]
        outcomes += [api.autograde(SLUG, learner) for learner in submissions]
        outcomes += [api.generate_feedback(SLUG, learner) for learner in submissions]
    for outcome in outcomes:
        assert outcome["success"], outcome["error"] + outcome["log"]
    return root


def test_marks_are_those_of_course_grade(course, small, submissions, worker):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for learner, data in submissions.items():
            result = grade(data, small, learner, 0, worker)
            expected = {f"ch99_{one.exercise}_test": one.points for one in result.verdicts}
            expected["ch99_written"] = None if result.awaiting else 0.0
            notebook = gradebook.find_submission_notebook(SLUG, SLUG, learner)
            assert {one.name: one.auto_score for one in notebook.grades} == expected, learner
        scores = {s.student.id: s.score for s in gradebook.find_assignment(SLUG).submissions}
    assert scores == {"ada": 90, "bob": 30, "cyd": 0, "dan": 0, "eve": 90, "fay": 90}


def test_words_await_marking(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        waiting = {
            learner: gradebook.find_submission(SLUG, learner).needs_manual_grade
            for learner in ("ada", "cyd", "dan")
        }
    assert waiting == {"ada": True, "cyd": False, "dan": False}


def test_feedback_shows_reasons_and_no_hidden_checks(course):
    pages = {path.parts[-3]: path.read_text() for path in (course / "feedback").rglob("*.html")}
    assert len(pages) == 6
    assert "You squared: twice 3 is 6, not 9." in pages["bob"]
    assert "not valid JSON" in pages["dan"]
    assert SECRET not in pages["ada"]
    for page in pages.values():
        assert "BEGIN HIDDEN" not in page
        assert "autograder.judge" not in page
        assert "draw" not in page


def test_the_marked_notebook_is_the_courses_own(course):
    notebook = nbformat.read(course / "autograded" / "bob" / SLUG / f"{SLUG}.ipynb", as_version=4)
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["ch99_double"].source == "def double(x):\n    return x * x"
    assert cells["ch99_double_test"].outputs[-1].data["text/plain"] == "0.0"
    assert "course_grading" not in notebook.metadata
