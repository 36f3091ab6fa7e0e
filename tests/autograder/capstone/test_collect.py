"""What is taken from finished notebooks, and what is said of those that are not."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.capstone.collect import SOURCES, collect_parts
from autograder.exercises.base import load_chapter
from autograder.files import COURSE
from autograder.source import read_chapter, solved_notebook
from course_lib.own_gpt.stand_ins import reference_parts

RMS_NORM = """def rms_norm(x, gamma, eps):
    return gamma * x / t.sqrt((x * x).mean(-1, keepdim=True) + eps)
"""


def write(folder, slug, answers, first="import torch as t\nimport not_there\n%magic"):
    """Write a notebook with answers by their exercises."""
    cells = [new_code_cell("import torch as t, not_there\nimport nor_this"), new_code_cell(first)]
    for exercise, source in answers.items():
        cell = new_code_cell(source)
        cell.metadata["nbgrader"] = {
            "grade_id": f"{slug.partition('_')[0]}_{exercise}",
            "solution": True,
            "grade": False,
            "locked": False,
            "schema_version": 3,
            "task": False,
        }
        cells.append(cell)
    nbformat.write(new_notebook(cells=cells), folder / f"{slug}.ipynb")


def test_every_source_is_an_exercise_that_defines_the_function():
    for name, (slug, exercise) in SOURCES.items():
        exports = load_chapter(slug).exercise(exercise).exports
        assert name in exports


def test_solved_notebooks_give_all_functions(tmp_path):
    for slug in {slug for slug, _ in SOURCES.values()}:
        nbformat.write(solved_notebook(read_chapter(slug)), tmp_path / f"{slug}.ipynb")
    found = collect_parts(tmp_path)
    assert found.faults == {}
    assert found.own == tuple(SOURCES)
    assert str(found).startswith("Your own: 15 of 15 (embed, stable_softmax")
    library = reference_parts()
    assert all(getattr(found.parts, name) is not getattr(library, name) for name in SOURCES)
    assert found.parts.gpt is library.gpt


def test_untouched_notebooks_give_none():
    found = collect_parts(COURSE.notebooks)
    assert found.own == ()
    assert found.faults["dpo_loss"] == ("yours is not written yet (`course check ch06` says more).")


def test_an_empty_folder_says_what_is_missing(tmp_path):
    found = collect_parts(tmp_path)
    assert found.faults["embed"] == "there is no ch02_self_attention.ipynb in this folder."
    assert "Your own: 0 of 15 (none)." in str(found)


def test_an_answer_brings_the_imports_that_it_needs_and_no_other(tmp_path):
    write(tmp_path, "ch05_transformer_block", {"rms_norm": RMS_NORM})
    assert collect_parts(tmp_path).own == ("rms_norm",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rms_norm = 3", "your cell in ch05_transformer_block.ipynb defines no function rms_norm."),
        ("def rms_norm(:", "your cell in ch05_transformer_block.ipynb stops with SyntaxError: "),
        ("1 / 0", "your cell in ch05_transformer_block.ipynb stops with ZeroDivisionError: "),
        (RMS_NORM.replace("t.sqrt", "helper"), "yours stops with NameError: name 'helper'"),
        (RMS_NORM.replace("+ eps", ""), "yours gives another result than it should"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, source, said):
    write(tmp_path, "ch05_transformer_block", {"rms_norm": source})
    found = collect_parts(tmp_path)
    assert found.faults["rms_norm"].startswith(said)
    assert found.parts.rms_norm is reference_parts().rms_norm


def test_a_cell_that_is_gone_is_said(tmp_path):
    write(tmp_path, "ch05_transformer_block", {"swiglu": "pass"})
    said = collect_parts(tmp_path).faults["rms_norm"]
    assert said == "ch05_transformer_block.ipynb has no cell ch05_rms_norm any more."


def test_a_damaged_notebook_is_said(tmp_path):
    (tmp_path / "ch06_training.ipynb").write_text("{")
    assert collect_parts(tmp_path).faults["lr_at"]
