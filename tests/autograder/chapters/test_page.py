import pytest
from nbformat.v4 import new_output

from autograder.chapters.cells import ChapterError
from autograder.chapters.page import STATE, VIEW, clean_streams, make_page
from autograder.source import read_chapter
from tests.autograder.small_course import SLUG, make_course


@pytest.fixture
def executed(tmp_path):
    """The small chapter as if it had been run."""
    notebook = read_chapter(SLUG, make_course(tmp_path))
    notebook.cells[4].outputs = [new_output("stream", text="from the answer\n")]
    return notebook


def cell(notebook, cell_id):
    (found,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return found


def test_the_page_shows_the_stub_with_the_output_of_the_right_answer(executed):
    answer = cell(make_page(executed), "ch07_double")
    assert "raise NotImplementedError()" in answer.source
    assert "the_other_half" not in answer.source
    assert [output.text for output in answer.outputs] == ["from the answer\n"]


def test_the_hidden_call_is_gone_and_the_model_answer_too(executed):
    page = make_page(executed)
    assert "mark(" not in cell(page, "ch07_double_test").source
    assert cell(page, "ch07_written").source == "YOUR ANSWER HERE"


def test_tests_can_be_unfolded_and_exercises_be_styled(executed):
    executed.cells[4].metadata["tags"] = ["wide"]
    executed.cells[2].metadata["mystnb"] = {"figure": {"name": "fig-pies"}}
    page = make_page(executed)
    assert cell(page, "ch07_double_test").metadata == {"tags": ["hide-input", "tests"]}
    assert cell(page, "ch07_double").metadata == {"tags": ["exercise", "wide"]}
    assert page.cells[2].metadata == {"mystnb": {"figure": {"name": "fig-pies"}}}


def test_markdown_stays_myst_and_the_executed_chapter_as_it_is(executed):
    before = executed.copy()
    page = make_page(executed)
    assert "{cite:t}`euclid`" in page.cells[0].source
    assert set(page.metadata) == {"kernelspec", "language_info"}
    assert executed == before


BARS = " 10%|█         | 1/10 [00:00<00:01, 8.1it/s]\r100%|██████████| 10/10 [00:01<00:00, 9it/s]\n"


def with_stderr(executed, text):
    executed.cells[2].outputs = [
        new_output("stream", name="stderr", text=text),
        new_output("stream", text="kept\n"),
    ]
    return executed


@pytest.mark.parametrize("text", [BARS, "3it [00:00, 2.50it/s]", "  0%|          | 0/3\n\n", ""])
def test_progress_bars_are_removed(executed, text):
    clean_streams(with_stderr(executed, text))
    assert [output.text for output in executed.cells[2].outputs] == ["kept\n"]


@pytest.mark.parametrize("text", ["UserWarning: slow\n  slow()\n", BARS + "UserWarning: slow\n"])
def test_a_warning_is_a_fault(executed, text):
    with pytest.raises(ChapterError, match=r"^cell 3 wrote to stderr.*: UserWarning: slow"):
        make_page(with_stderr(executed, text))


def view(model):
    return new_output("display_data", data={VIEW: {"model_id": model}, "text/plain": "Widget()"})


def test_live_figures_stay_and_widgets_that_need_a_kernel_go(executed):
    state = {
        "aa": {"model_module": "anywidget", "state": {"layout": "IPY_MODEL_bb"}},
        "bb": {"model_module": "@jupyter-widgets/base", "state": {}},
        "cc": {"model_module": "@jupyter-widgets/controls", "state": {"child": "IPY_MODEL_dd"}},
        "dd": {"model_module": "@jupyter-widgets/controls", "state": {}},
        "ee": {"model_module": "anywidget", "state": {}},
    }
    executed.metadata["widgets"] = {STATE: {"state": state, "version_major": 2}}
    executed.cells[2].outputs = [view("aa"), view("cc"), view("gone"), view("aa")]
    page = make_page(executed)
    assert [o.data[VIEW]["model_id"] for o in page.cells[2].outputs] == ["aa", "aa"]
    assert page.metadata.widgets == {
        STATE: {
            "state": {"aa": state["aa"], "bb": state["bb"]},
            "version_major": 2,
            "version_minor": 0,
        }
    }


def test_a_page_without_live_figures_has_no_widget_state(executed):
    executed.metadata["widgets"] = {STATE: {"state": {"cc": {"model_module": "controls"}}}}
    executed.cells[2].outputs = [view("cc")]
    page = make_page(executed)
    assert page.cells[2].outputs == []
    assert "widgets" not in page.metadata
