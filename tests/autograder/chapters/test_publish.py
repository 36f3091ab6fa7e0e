import json
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.chapters import publish as module
from autograder.chapters.cells import ChapterError
from autograder.chapters.execution import Watch, execute
from autograder.chapters.page import STATE, VIEW, make_page
from autograder.chapters.publish import main, publish, read_record, solved_with_outputs
from autograder.source import render
from tests.autograder.small_course import (
    APPENDIX_SLUG,
    APPENDIX_TEXT,
    LIVE_SLUG,
    LIVE_TEXT,
    SLUG,
    TEXT,
    make_course,
)

DEMONSTRATION = 'print("two pies are", 2 * math.pi)'


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The small chapter, executed once for all tests that only look."""
    course = make_course(tmp_path_factory.mktemp("course"))
    assert main([], course) == 0
    page = nbformat.read(course.chapters / f"{SLUG}.ipynb", as_version=4)
    return SimpleNamespace(course=course, page=page, cells={cell.id: cell for cell in page.cells})


def texts(cell):
    return [output.text for output in cell.outputs]


class TestPage:
    def test_outputs_are_those_of_the_solution(self, published):
        assert texts(published.cells["ch07-0003"]) == ["two pies are 6.283185307179586\n"]
        assert texts(published.cells["ch07_double_test"]) == ["double(3) is 6\n"]
        assert "NotImplementedError" in published.cells["ch07_double"].source

    def test_no_verdict_of_the_hidden_tests_is_shown(self, published):
        assert "mark(" not in render(published.page)

    def test_time_and_memory_are_recorded(self, published):
        record = read_record(SLUG, published.course)
        assert 0 < record["seconds"] < 120
        assert record["peak_memory_mib"] > 10
        assert set(record["seconds_by_cell"]) == {
            cell.id for cell in published.page.cells if cell.cell_type == "code"
        }

    def test_the_executed_chapter_is_kept_with_its_solutions(self, published):
        kept = (published.course.executed / f"{SLUG}.ipynb").read_text()
        assert "the_other_half" in kept
        assert "double(3) is 6" in kept


class TestAgain:
    @pytest.fixture
    def course(self, published, tmp_path, monkeypatch):
        """A copy of the published course in which nothing can be executed."""

        def refuse(notebook, slug):
            raise ChapterError("executed again")

        course = make_course(tmp_path)
        for name in (f"{SLUG}.ipynb", f"{SLUG}.json"):
            course.executed.mkdir(parents=True, exist_ok=True)
            (course.executed / name).write_bytes((published.course.executed / name).read_bytes())
        monkeypatch.setattr(module, "execute", refuse)
        return course

    def test_an_unchanged_chapter_is_not_executed_and_gives_the_same_page(
        self, course, published, capsys
    ):
        assert main([SLUG], course) == 0
        assert capsys.readouterr().out == f"{SLUG} unchanged\n"
        name = f"{SLUG}.ipynb"
        assert (course.chapters / name).read_bytes() == (
            published.course.chapters / name
        ).read_bytes()

    def test_new_prose_keeps_the_outputs(self, course):
        text = TEXT.replace("That was all.", "That was nearly all.")
        text = text.replace(
            f"```{{code-cell}} ipython3\n{DEMONSTRATION}",
            f"A new cell.\n\n```{{code-cell}} ipython3\n{DEMONSTRATION}",
        )
        course = make_course(course.root, text)
        solved = solved_with_outputs(SLUG, course)
        assert not solved.executed
        (shown,) = [cell for cell in solved.notebook.cells if cell.source == DEMONSTRATION]
        assert texts(shown) == ["two pies are 6.283185307179586\n"]

    @pytest.mark.parametrize(
        ("old", "new"), [("2 * math.pi", "3 * math.pi"), ("the_other_half", "other_half")]
    )
    def test_new_code_is_executed(self, course, old, new, capsys):
        course = make_course(course.root, TEXT.replace(old, new))
        assert main([], course) == 1
        assert capsys.readouterr().err == "executed again\n"

    def test_force_executes_in_any_case(self, course):
        with pytest.raises(ChapterError, match="executed again"):
            publish(SLUG, course, force=True)

    def test_a_lost_record_is_a_reason_to_execute(self, course):
        (course.executed / f"{SLUG}.json").unlink()
        with pytest.raises(ChapterError, match="executed again"):
            publish(SLUG, course)

    def test_an_interrupted_write_leaves_nothing_that_counts(self, course, monkeypatch):
        def refuse(path, text):
            raise OSError("disk full")

        monkeypatch.setattr(module, "execute", lambda notebook, slug: Watch())
        monkeypatch.setattr(module, "write_if_changed", refuse)
        with pytest.raises(OSError, match="disk full"):
            publish(SLUG, course, force=True)
        assert read_record(SLUG, course) == {}


class TestFailure:
    def test_a_failing_cell_is_one_sentence_and_nothing_is_written(self, tmp_path, capsys):
        course = make_course(tmp_path, TEXT.replace(DEMONSTRATION, "\n1 / 0"))
        course.chapters.mkdir(parents=True)
        (course.chapters / f"{SLUG}.ipynb").write_text("the old page")
        assert main([], course) == 1
        assert capsys.readouterr().err == (
            f"{SLUG}, cell 3 (ch07-0003, '1 / 0'): ZeroDivisionError: division by zero\n"
        )
        assert (course.chapters / f"{SLUG}.ipynb").read_text() == "the old page"
        assert not course.executed.exists()

    def test_a_warning_on_a_page_names_chapter_and_cell(self, tmp_path, capsys):
        warned = "import warnings\nwarnings.warn('old')"
        assert main([], make_course(tmp_path, TEXT.replace(DEMONSTRATION, warned))) == 1
        assert f"{SLUG}, cell 3 wrote to stderr, as warnings do:" in capsys.readouterr().err

    def test_the_other_chapters_go_on(self, published, capsys):
        assert main(["ch08_none", SLUG], published.course) == 1
        printed = capsys.readouterr()
        assert printed.err.startswith("there is no chapter 'ch08_none'")
        assert printed.out == f"{SLUG} unchanged\n"


class TestLivePage:
    @pytest.fixture
    def course(self, tmp_path):
        course = make_course(tmp_path)
        course.live.mkdir()
        (course.live / f"{LIVE_SLUG}.md").write_text(LIVE_TEXT)
        return course

    def test_it_is_executed_and_stands_among_the_chapters(self, course, capsys):
        assert main([LIVE_SLUG], course) == 0
        assert capsys.readouterr().out.startswith(f"{LIVE_SLUG} executed in ")
        page = nbformat.read(course.chapters / f"{LIVE_SLUG}.ipynb", as_version=4)
        assert [cell.id for cell in page.cells] == ["pies-0001", "pies-0002"]
        assert texts(page.cells[1]) == ["one pie is 3\n"]

    def test_an_exercise_on_it_is_refused(self, course, capsys):
        text = LIVE_TEXT.replace("print(", ":exercise: double\n\nprint(")
        (course.live / f"{LIVE_SLUG}.md").write_text(text)
        assert main([LIVE_SLUG], course) == 1
        assert "pies, cell 2 names the exercise 'double'" in capsys.readouterr().err
        assert not (course.chapters / f"{LIVE_SLUG}.ipynb").exists()


class TestAppendix:
    def test_it_is_executed_with_its_answers_and_shows_them_folded(self, tmp_path, capsys):
        course = make_course(tmp_path, appendix=APPENDIX_TEXT)
        assert main([APPENDIX_SLUG], course) == 0
        assert capsys.readouterr().out.startswith(f"{APPENDIX_SLUG} executed in ")
        page = nbformat.read(course.chapters / f"{APPENDIX_SLUG}.ipynb", as_version=4)
        drill, check, answer = page.cells[2:5]
        assert drill.metadata == {"tags": ["exercise"]}
        assert "the_half" not in drill.source
        assert check.metadata == {"tags": ["hide-input", "tests"]}
        assert texts(check) == ["half(6) is 3.0\n"]
        assert answer.cell_type == "markdown"
        assert "the_half = number / 2" in answer.source
        assert "course" not in page.metadata

    def test_its_prose_may_change_without_a_run(self, tmp_path, capsys):
        course = make_course(tmp_path, appendix=APPENDIX_TEXT)
        main([APPENDIX_SLUG], course)
        make_course(tmp_path, appendix=APPENDIX_TEXT.replace("Half of a", "The half of a"))
        capsys.readouterr()
        assert main([APPENDIX_SLUG], course) == 0
        assert capsys.readouterr().out == f"{APPENDIX_SLUG} unchanged\n"


def test_the_state_of_a_live_figure_reaches_the_page():
    source = "import anywidget\nanywidget.AnyWidget(_esm='export default {}')"
    notebook = new_notebook(cells=[new_code_cell(source)])
    execute(notebook, SLUG)
    page = make_page(notebook)
    (shown,) = page.cells[0].outputs
    state = page.metadata.widgets[STATE]["state"]
    assert state[shown.data[VIEW]["model_id"]]["state"]["_esm"] == "export default {}"


def test_the_record_is_plain_json(published):
    text = (published.course.executed / f"{SLUG}.json").read_text()
    assert json.loads(text) == read_record(SLUG, published.course)
