"""A few of the attacks on a real chapter, whose checks are harder and whose cells are more."""

import pytest

from autograder.grading import grade
from tests.attacks.registry import told
from tests.sample_class.workshop import Workshop, to_bytes

pytestmark = pytest.mark.slow

NAME = "stable_softmax"
SIGNATURE = "import torch\n\ndef stable_softmax(x, dim=-1):\n"


@pytest.fixture(scope="module")
def shop():
    return Workshop.of("ch02")


@pytest.fixture(scope="module")
def marked(shop, worker):
    def mark(data):
        return grade(data, shop.assignment, "mallory", 0, worker)

    return mark


@pytest.fixture(scope="module")
def attacked(shop, marked):
    """Put an answer into the cell of the softmax; give its verdict and all that was said."""

    def mark(text, *edits):
        result = marked(shop.edited(*edits, **{NAME: text}))
        verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
        verdict = verdicts.pop(NAME)
        others = sum(other.points for other in verdicts.values())
        assert others == sum(other.max_points for other in verdicts.values()), told(result)
        return verdict, told(result)

    return mark


def test_the_controls(shop, marked):
    right = marked(to_bytes(shop.solved()))
    assert right.points == right.max_points
    assert marked(to_bytes(shop.assignment.notebook)).points == 0.0


def test_argument_changed_in_place(attacked):
    verdict, said = attacked(f"{SIGNATURE}    return x.zero_()")
    assert verdict.points == 0.0
    assert "expected" in said


def test_tensor_equal_to_everything(attacked):
    verdict, said = attacked(
        """
import torch

class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True

def stable_softmax(x, dim=-1):
    return x.as_subclass(Agreeable)
"""
    )
    assert verdict.points == 0.0
    assert "Agreeable" in said


def test_skipped_and_rewritten_tests(attacked):
    def edit(notebook):
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
                cell.metadata["tags"] = ["skip-execution"]
                cell.source = "100.0"

    verdict, said = attacked(f"{SIGNATURE}    return x", edit)
    assert verdict.points == 0.0
    assert f"The tests of {NAME} had been changed" in said


HIDDEN = {
    "by getattr": "return getattr(torch, 'soft' + 'max')(x, dim=dim)",
    "by a module": "return getattr(torch.nn, 'Soft' + 'max')(dim=dim)(x)",
    "by the operator": "return getattr(torch.ops.aten, '_soft' + 'max')(x, dim, False)",
    "in disguise": "return getattr(torch, 'log_soft' + 'max')(x, dim=dim).exp()",
    "by exec": "exec('y = torch.soft' + 'max(x, dim=dim)', n := {**globals(), 'x': x, 'dim': dim})"
    "\n    return n['y']",
    "without torch's functions": "with torch._C.DisableTorchFunction():\n"
    "        return getattr(torch, 'soft' + 'max')(x, dim=dim)",
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_hidden_call_is_seen_by_the_operator_that_runs(attacked, how):
    verdict, said = attacked(f"{SIGNATURE}    {HIDDEN[how]}")
    assert verdict.points < verdict.max_points
    assert "is not allowed in this exercise" in said


def test_judging_imports_no_answer(attacked):
    verdict, said = attacked(
        """
def look(name):
    try:
        print(name, "gave", __import__(name, fromlist=["exercise"]))
    except ImportError as error:
        print(name, "met", error)

look("autograder.exercises.ch02_self_attention.stable_softmax")
look("solutions")
look("tests.sample_class")

def stable_softmax(x, dim=-1):
    return x
"""
    )
    assert verdict.points < verdict.max_points
    assert said.count("met No module named") == 3
