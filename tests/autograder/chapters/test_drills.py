import json
import subprocess
import sys

import jupytext
import nbformat
import pytest

from autograder.chapters.cells import ChapterError
from autograder.chapters.drills import (
    drill_answers,
    find_drill_faults,
    fold_answers,
    leave_out_answers,
)
from autograder.chapters.leaks import find_in_text, texts_of_notebook
from autograder.files import COURSE, appendix_slugs
from autograder.source import main, read_appendix, student_notebook
from tests.autograder.small_course import APPENDIX_SLUG, APPENDIX_TEXT, make_course

STUB = '''\
def half(number: float) -> float:
    """Give half of a number."""
    # YOUR CODE HERE
    raise NotImplementedError("write half, then run this cell and its check")'''
ANSWER = '''\
def half(number: float) -> float:
    """Give half of a number."""
    the_half = number / 2
    return the_half'''


def notebook(text=APPENDIX_TEXT):
    return jupytext.reads(text, fmt="md:myst")


def drill_of(book):
    (found,) = [cell for cell in book.cells if "drill" in cell.metadata]
    return found


def test_a_whole_drill_has_no_faults():
    assert list(find_drill_faults(notebook())) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (":check: half", ":check: halve", "each cell `drill: <name>` must be followed by one cell"),
        (":drill: half\n", "", "cell 3 holds the mark of a solution but is no drill"),
        ("    ### END SOLUTION\n", "", "cell 3, the drill 'half', needs one answer between"),
        ("### BEGIN SOLUTION", "### END SOLUTION", "cell 3, the drill 'half', needs one answer"),
        ('print("one', '### BEGIN SOLUTION\nprint("one', "cell 2 holds the mark of a solution"),
    ],
    ids=["no check", "no drill", "never closed", "never opened", "elsewhere"],
)
def test_each_fault_is_a_sentence(old, new, fault):
    assert APPENDIX_TEXT.count(old) == 1
    faults = list(find_drill_faults(notebook(APPENDIX_TEXT.replace(old, new))))
    assert any(one.startswith(fault) for one in faults), faults


def test_a_check_before_its_drill_is_a_fault():
    book = notebook()
    book.cells = book.cells[::-1]
    assert "there are check: half, drill: half" in next(find_drill_faults(book))


def test_an_answer_is_the_cell_without_the_marks():
    assert drill_answers(notebook()) == {"half": ANSWER}


def test_a_stub_stands_in_place_of_the_answer():
    book = notebook()
    leave_out_answers(book)
    assert drill_of(book).source == STUB


def test_the_stub_says_what_to_do():
    names = {}
    exec(STUB, names)
    with pytest.raises(NotImplementedError, match=r"^write half, then run this cell"):
        names["half"](3)


def test_the_answer_is_folded_below_the_check():
    book = notebook()
    before = len(book.cells)
    fold_answers(book)
    assert drill_of(book).source == STUB
    assert len(book.cells) == before + 1
    check = next(n for n, cell in enumerate(book.cells) if "check" in cell.metadata)
    folded = book.cells[check + 1]
    assert folded.source == f":::{{dropdown}} Answer\n```python\n{ANSWER}\n```\n:::"
    assert folded.id == f"{book.cells[check].id}-answer"


class TestInTheCourse:
    @pytest.fixture
    def course(self, tmp_path):
        return make_course(tmp_path, appendix=APPENDIX_TEXT)

    def test_the_notebook_has_the_stub_and_no_answer(self, course):
        assert main([], course) == 0
        path = course.notebooks / f"{APPENDIX_SLUG}.ipynb"
        student = nbformat.read(path, as_version=4)
        assert drill_of(student).source == STUB
        assert "the_half" not in path.read_text()
        assert student.metadata["course"] == {"appendix": APPENDIX_SLUG}

    def test_nothing_of_it_can_be_graded(self, course):
        student = student_notebook(read_appendix(APPENDIX_SLUG, course), course)
        assert not any("nbgrader" in cell.metadata for cell in student.cells)

    def test_it_becomes_stale_when_its_text_changes(self, course, capsys):
        main([], course)
        text = course.appendices / f"{APPENDIX_SLUG}.md"
        text.write_text(text.read_text().replace("one half", "a half"))
        capsys.readouterr()
        assert main(["--check"], course) == 1
        assert f"notebooks/{APPENDIX_SLUG}.ipynb is stale" in capsys.readouterr().out

    def test_a_drill_that_is_not_whole_is_refused(self, tmp_path):
        course = make_course(tmp_path, appendix=APPENDIX_TEXT.replace(":check: half", ":check: x"))
        with pytest.raises(ChapterError, match=f"{APPENDIX_SLUG}: each cell `drill"):
            read_appendix(APPENDIX_SLUG, course)

    def test_an_exercise_is_refused(self, tmp_path):
        text = APPENDIX_TEXT.replace(":drill: half", ":exercise: half")
        course = make_course(tmp_path, appendix=text)
        with pytest.raises(ChapterError, match="cell 3 names the exercise 'half'"):
            read_appendix(APPENDIX_SLUG, course)


def secret_lines(slug):
    """Lines of the answers to an appendix's drills that stand nowhere else in its text."""
    book = read_appendix(slug)
    answers = "\n".join(drill_answers(book).values())
    leave_out_answers(book)
    shown = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    lines = {" ".join(line.split()) for line in answers.splitlines()}
    return {line: slug for line in lines if len(line) > 12 and line not in shown}


@pytest.mark.parametrize("slug", appendix_slugs())
class TestAppendices:
    def test_the_notebook_holds_no_answer(self, slug):
        book = json.loads((COURSE.notebooks / f"{slug}.ipynb").read_text())
        assert find_in_text("\n".join(texts_of_notebook(book)), secret_lines(slug)) == []

    def test_the_page_holds_answers_only_where_they_are_folded(self, slug):
        page = read_appendix(slug)
        fold_answers(page)
        page.cells = [cell for cell in page.cells if not cell.id.endswith("-answer")]
        assert find_in_text("\n".join(texts_of_notebook(page)), secret_lines(slug)) == []

    def test_the_notebook_holds_nothing_to_grade(self, slug):
        book = nbformat.read(COURSE.notebooks / f"{slug}.ipynb", as_version=4)
        assert not any("nbgrader" in cell.metadata for cell in book.cells)


def test_the_grader_knows_no_appendix():
    command = [sys.executable, "-m", "autograder.cli", "check", "pytorch_refresher"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=COURSE.root, check=False)
    assert ran.returncode != 0
    assert "pytorch_refresher" in ran.stdout + ran.stderr
