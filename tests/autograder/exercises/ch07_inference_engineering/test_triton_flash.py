import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.chapters.cells import parts
from autograder.exercises.ch07_inference_engineering.triton_flash import exercise
from autograder.source import read_text_notebook

from ..at_work import judge_cell, names

ROOT = Path(__file__).parents[4]
ANSWERS = (*exercise.alternatives, *exercise.misconceptions)

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is not installed: it is for Linux"
)

# Whether Triton interprets is settled for a whole process, and shapes are not checked there: other
# tests of this one may have imported it already.
JUDGE = """
import sys
from autograder.exercises.ch07_inference_engineering.triton_flash import exercise
from tests.autograder.exercises import at_work
assert_is, name = sys.argv[1:]
(answer,) = [one for one in (*exercise.alternatives, *exercise.misconceptions) if one.name == name]
getattr(at_work, assert_is)(exercise, answer, (1, 2017))
"""


def judged(assert_is, answer):
    """Judge an answer in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, assert_is, answer.name],
        env={**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    judged("assert_right", answer)


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    judged("assert_wrong_and_named", answer)


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize(("n_queries", "is_full"), [(20, False), (31, False), (16, True)])
def test_the_launch_says_that_a_store_without_a_mask_wrote_too_far(tmp_path, n_queries, is_full):
    notebook = read_text_notebook("ch07_inference_engineering")
    (answer,) = (
        part.cell.source
        for part in parts(notebook)
        if (part.role, part.name) == ("exercise", exercise.name)
    )
    (given,) = (cell.source for cell in notebook.cells if "given" in cell.metadata)
    masked = "[:, None], mask=exists)\n"
    assert answer.count(masked) == 1
    call = f"triton_flash(*torch.zeros(3, 2, {n_queries}, 16), False)"
    path = tmp_path / "cell.py"  # Triton reads a kernel from its file
    path.write_text("\n".join([given, answer.replace(masked, "[:, None])\n"), call]))
    done = subprocess.run(
        [sys.executable, path],
        env={**os.environ, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == is_full, done.stderr
    said = "IndexError: rows behind the last one were written, which do not exist"
    assert (said in done.stderr) != is_full


def test_its_points_are_extra_credit():
    assert exercise.bonus
    assert exercise.points == 10


def test_what_torch_would_do_is_refused_in_the_text():
    cell = "import torch\ndef triton_flash(q, k, v, causal):\n    return torch.bmm(q, k.mT)\n"
    verdict = judge_cell(exercise, cell)
    assert (verdict.points, verdict.bonus) == (0, True)
    assert "torch.bmm is not allowed" in verdict.reason


def test_what_torch_would_do_is_refused_as_it_runs():
    cell = "def triton_flash(q, k, v, causal):\n    return (q @ k.mT).softmax(-1) @ v\n"
    verdict = judge_cell(exercise, cell)
    assert verdict.points == 0
    assert all("not allowed" in item.message for item in verdict.items)


def test_the_answers_can_be_read_where_there_is_no_triton():
    assert len(ANSWERS) == len({one.name for one in ANSWERS})
    for one in ANSWERS:
        assert "import triton" in one.as_cell(exercise.exports)
