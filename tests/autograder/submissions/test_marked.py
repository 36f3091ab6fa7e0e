from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.utils import determine_grade

from autograder.grading import grade, unreadable
from autograder.result import CellRun
from autograder.submissions.marked import mark_notebook
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.autograder.small_chapter import SOLUTIONS


@pytest.fixture
def marked(small, worker, hand_in):
    def mark(edit=None, **changes):
        data = hand_in(edit, **changes)
        notebook = transplant(small, read_submission(data)).notebook
        result = grade(data, small, "ada", 0, worker)
        mark_notebook(small, notebook, result)
        nbformat.validate(notebook)
        return {cell.id: cell for cell in notebook.cells}, result

    return mark


def test_nbgrader_reads_the_points_from_the_output(marked):
    partly = "def double(x):\n    return 2 * x if isinstance(x, int) else x"
    cells, result = marked(double=partly)
    assert result.points == 50.0
    assert determine_grade(cells["ch99_double_test"]) == (20.0, 60.0)
    assert determine_grade(cells["ch99_largest_test"]) == (30.0, 30.0)
    assert determine_grade(cells["ch99_written"]) == (None, 10.0)


def test_the_number_is_one_plain_float_and_the_only_result(marked):
    cells, _ = marked()
    outputs = cells["ch99_double_test"].outputs
    assert [output.output_type for output in outputs] == ["stream", "execute_result"]
    assert outputs[1].data == {"text/plain": "60.0"}
    assert outputs[0].name == "stdout"


def test_nothing_that_an_answer_prints_can_pass_for_points(marked):
    noisy = "import sys\nprint('60.0', file=sys.stderr)\ndef double(x):\n    return x\n60.0"
    cells, _ = marked(double=noisy)
    assert determine_grade(cells["ch99_double_test"]) == (0.0, 60.0)
    assert [output.name for output in cells["ch99_double"].outputs] == ["stdout"]


def test_no_points_are_a_zero_and_not_a_missing_number(small, hand_in):
    notebook = transplant(small, read_submission(hand_in())).notebook
    mark_notebook(small, notebook, unreadable(small, "ada", 0, "The file is empty."))
    cell = next(cell for cell in notebook.cells if cell.id == "ch99_double_test")
    assert determine_grade(cell) == (0.0, 60.0)
    assert "The file is empty." in cell.outputs[0].text


def test_answers_show_what_they_printed_and_how_they_failed(marked):
    cells, _ = marked(double="print('hello')\n1 / 0")
    texts = [output.text for output in cells["ch99_double"].outputs]
    assert texts[0] == "hello\n"
    assert texts[1].startswith("ZeroDivisionError")
    assert cells["ch99_largest"].outputs == []
    assert cells["ch99_largest"].source == SOLUTIONS["largest"]


def test_a_learners_own_plots_are_shown(small, hand_in):
    result = unreadable(small, "ada", 0, "x")
    run = CellRun("ch99_double", "", "before\n", "ValueError: x", plots=("aGVsbG8=", "d29ybGQ="))
    notebook = transplant(small, read_submission(hand_in())).notebook
    mark_notebook(small, notebook, replace(result, cells=(run,)))
    nbformat.validate(notebook)
    outputs = next(cell for cell in notebook.cells if cell.id == "ch99_double").outputs
    assert [output.output_type for output in outputs] == [
        "stream",
        "display_data",
        "display_data",
        "stream",
    ]
    assert outputs[1].data == {"image/png": "aGVsbG8="}


def test_the_rubric_stands_above_the_answer_in_words(marked):
    cells, _ = marked()
    ids = list(cells)
    assert ids.index("ch99_written_rubric") + 1 == ids.index("ch99_written")
    text = cells["ch99_written_rubric"].source
    assert "- **4 points:** Says what doubling is" in text
    assert SOLUTIONS["written"] not in text
    assert "nbgrader" not in cells["ch99_written_rubric"].metadata


def test_a_learners_words_do_nothing_and_untouched_ones_stay_untouched(small, marked):
    cells, _ = marked(written="see <script>go()</script>")
    assert "<script>" not in cells["ch99_written"].source
    assert determine_grade(cells["ch99_written"]) == (None, 10.0)
    handed_out = small.by_grade_id["ch99_written"].source
    cells, _ = marked(written=handed_out)
    assert cells["ch99_written"].source == handed_out
    assert determine_grade(cells["ch99_written"]) == (0, 10.0)


def test_an_added_cell_of_words_does_nothing_either(marked):
    cells, _ = marked(edit=lambda nb: nb.cells.append(new_markdown_cell("[x](javascript:go())")))
    assert "](" not in cells["added-0001"].source
