"""nbgrader's own commands, with our steps in them: the same marks as `course grade`, for anything
that anybody hands in, and feedback that says why and gives nothing away."""

import copy
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder import cli
from autograder.nbgrader_course import preprocessors
from tests.autograder.nbgrader_course import nbgrader_folder as folders
from tests.autograder.nbgrader_course.nbgrader_folder import (
    SLUG,
    folder_of,
    marked,
    marks,
    solution,
)
from tests.autograder.small_chapter import REFERENCE, SOLUTIONS, solved

SECRET = "Twice a whole number"  # stands in an item's sentence, shown only when the item fails
PLOT = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()"
EVIL = (
    "Doubling <script>mark(100)</script> is ![now](/formgrader?path=submitted/lou/ch99_small) "
    "[here](javascript:mark()) and at https://example.org/x."
)

# nbgrader, nbconvert and SQLAlchemy warn about one another; their warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def skip_the_tests(notebook):
    """Stock nbgrader gives full marks for these tags."""
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution"]


def twice(notebook):
    notebook.cells.append(copy.deepcopy(notebook.cells[4]))


def without_the_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if "_test" not in cell.id]


def with_a_plot(notebook):
    notebook.cells.insert(4, new_code_cell(PLOT))


def with_words(notebook):
    notebook.cells.insert(4, new_markdown_cell(EVIL))


@pytest.fixture(scope="module")
def root(tmp_path_factory, small, worker):
    """A course folder in which nbgrader has released, graded and written feedback."""
    root = folders.make_course(tmp_path_factory.mktemp("course"))
    for learner, data in {
        "ada": solution(),
        "bob": solution(double="def double(x):\n    return x * x"),
        "cyd": nbformat.writes(small.notebook).encode(),
        "dan": b"{",
        "eve": solution(twice),
        "fay": solution().decode().encode("utf-16"),
        "gus": b"<html>Sign in</html>",
        "hal": solution(double="def double(x):\n    while True:\n        pass"),
        "ivy": solution(skip_the_tests, double="def double(x):\n    return 0"),
        "jon": solution(double="import os\n\ndef double(x):\n    os._exit(0)"),
        "kim": solution(
            without_the_tests, double="def double(x):\n    return 2 * x if x == 2 else x"
        ),
        "lou": solution(with_words, written=EVIL),
        "mia": solution(with_a_plot),
        "nat": nbformat.writes(solved()).encode(),
    }.items():
        folders.hand_in(root, learner, data)
    (folder_of(root, "pat") / "final (2).ipynb").write_bytes(solution())
    (folder_of(root, "quy") / f"{SLUG}.ipynb").symlink_to("/etc/passwd")
    with folders.lend(worker), folders.commands_on_path():
        api = NbGraderAPI(config=folders.config(root))
        outcomes = [api.generate_assignment(SLUG)]
        outcomes += [api.autograde(SLUG, one.name) for one in (root / "submitted").iterdir()]
    for outcome in outcomes:
        assert outcome["success"], outcome.get("error", "") + outcome["log"]
    write_feedback(root)
    return root


def write_feedback(root):
    """Run what `nbgrader generate_feedback ch99_small` runs."""
    settings = folders.config(root)
    folder = CourseDirectory(config=settings, assignment_id=SLUG)
    GenerateFeedback(coursedir=folder, config=settings).start()


def test_the_marks_are_those_that_each_deserves(root):
    scores = {
        learner: sum(points or 0 for points, _, _ in cells.values())
        for learner, cells in marks(root).items()
    }
    right = dict.fromkeys(("ada", "eve", "fay", "lou", "mia", "nat", "pat"), 90)
    one_exercise = dict.fromkeys(("bob", "hal", "ivy", "jon", "kim"), 30)
    assert scores == right | one_exercise | dict.fromkeys(("cyd", "dan", "gus", "quy"), 0)


@pytest.mark.usefixtures("lent_worker")
def test_the_marks_are_those_of_course_grade(root, tmp_path):
    command = ["grade", root, "--chapter", REFERENCE, "--out", tmp_path, "--jobs", 1]
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in command])
    assert end.value.code == 1, "some files cannot be read"
    assert marks(tmp_path) == marks(root)


def test_words_await_marking(root):
    waiting = {learner: cells["ch99_written"] for learner, cells in marks(root).items()}
    assert waiting["ada"] == waiting["lou"] == (None, None, True)
    assert waiting["cyd"] == waiting["dan"] == waiting["quy"] == (0, None, False)


@pytest.fixture(scope="module")
def pages(root):
    return {path.parts[-3]: path.read_text() for path in (root / "feedback").rglob("*.html")}


class TestFeedback:
    def test_says_what_failed_and_why(self, pages):
        assert len(pages) == 16
        assert "You squared: twice 3 is 6, not 9." in pages["bob"]
        assert "not valid JSON" in pages["dan"]
        assert "web page" in pages["gus"]
        assert "is a link" in pages["quy"]
        assert SECRET in pages["bob"]

    def test_gives_no_check_and_no_model_answer_away(self, pages):
        assert SECRET not in pages["ada"]
        for learner, page in pages.items():
            assert "BEGIN HIDDEN" not in page
            assert "autograder.judge" not in page
            assert "draw" not in page
            if learner in ("cyd", "dan", "quy"):
                assert SOLUTIONS["written"] not in page

    def test_shows_the_rubric(self, pages):
        assert "How this answer is marked" in pages["ada"]
        assert "Gives an example" in pages["ada"]

    def test_nothing_of_a_learners_is_alive(self, pages):
        page = pages["lou"]
        assert "mark(100)" in page
        for alive in ("<script>mark", "<img", 'href="javascript:', 'href="https://example.org'):
            assert alive not in page

    def test_shows_the_learners_own_plot(self, pages):
        assert 'src="data:image/png;base64,' in pages["mia"]
        assert 'src="data:image/png;base64,' not in pages["ada"]


def test_a_mark_by_hand_reaches_the_learner(root, pages, tmp_path):
    assert "Well said." not in pages["eve"]
    root = Path(shutil.copytree(root, tmp_path / "course", symlinks=True))
    folders.mark_by_hand(root, "eve", 7, "Well said.")
    write_feedback(root)
    page = (root / "feedback" / "eve" / SLUG / f"{SLUG}.html").read_text()
    assert "Well said." in page
    assert "(Score: 97.0 / 100.0)" in page


def test_the_marked_notebook_is_the_courses_own(root):
    notebook = nbformat.read(marked(root, "bob"), as_version=4)
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["ch99_double"].source == "def double(x):\n    return x * x"
    assert cells["ch99_double_test"].outputs[-1].data["text/plain"] == "0.0"
    assert list(notebook.metadata["course_grading"]) == ["key"]


def test_released_notebooks_are_those_of_the_course(root, small):
    released = nbformat.read(root / "release" / SLUG / f"{SLUG}.ipynb", as_version=4)
    assert released == small.notebook


def test_the_setting_for_no_sandbox_reaches_the_grading_process(monkeypatch):
    asked = []

    class Asked:
        def __init__(self, *, unconfined):
            asked.append(unconfined)

        def close(self):
            pass

    monkeypatch.setattr(preprocessors, "Worker", Asked)
    preprocessors._workers.cache_clear()
    for unconfined in (True, False):
        preprocessors.JudgedExecute(unconfined=unconfined).get_ready()
    preprocessors._workers.cache_clear()
    assert asked == [True, False]
