import json
import subprocess
import sys
import traceback

import pytest
import torch

from autograder.exercises.base import Exercise
from autograder.judge import run_visible_tests
from autograder.sandbox.agent import Agent
from autograder.visible import (
    VisibleTestError,
    expect_close,
    expect_equal,
    expect_not,
    expect_raises,
    without,
)


def fail(error):
    raise error


class TestExpectClose:
    def test_a_right_result_prints_its_call(self, capsys):
        expect_close(torch.tensor([0.25, 0.75]), [0.25, 0.75], call="f([0, ln 3])")
        assert capsys.readouterr().out == "✓ f([0, ln 3]) = [0.25, 0.75]\n"

    def test_a_wrong_one_is_told_in_words(self):
        with pytest.raises(AssertionError) as failed:
            expect_close(torch.tensor([0.5, 0.5]), [0.25, 0.75], call="f([0, ln 3])")
        assert str(failed.value) == (
            "f([0, ln 3]): the result at [0] is 0.5, expected 0.25; 2 of 2 numbers differ\n"
            "  got      [0.5, 0.5]\n"
            "  expected [0.25, 0.75]"
        )

    def test_rounding_is_forgiven_and_more_is_not(self):
        expect_close(0.1 + 0.2, 0.3, call="f()")
        with pytest.raises(VisibleTestError):
            expect_close(0.31, 0.3, call="f()")
        expect_close(0.31, 0.3, call="f()", atol=0.1)

    def test_a_list_stands_for_a_tensor_only_where_a_tensor_came_back(self):
        expect_close([1.0], [1.0], call="f()")
        with pytest.raises(VisibleTestError, match="is a list, expected a tensor"):
            expect_close([1.0], torch.ones(1), call="f()")

    def test_numbers_that_may_stand_for_a_tensor_are_not_said_to_be_a_list(self):
        for got in (None, (torch.ones(1),)):
            with pytest.raises(VisibleTestError, match="expected these numbers") as failed:
                expect_close(got, [[1.0], [2]], call="f()")
            assert str(failed.value).endswith("expected [[1], [2]]")
        with pytest.raises(VisibleTestError, match=r"is None .*, expected a list"):
            expect_equal(None, ["a"], call="f()")
        with pytest.raises(VisibleTestError, match=r"is None .*, expected a list"):
            expect_equal(None, [], call="f()")

    def test_the_dtype_counts_when_a_tensor_is_expected(self):
        with pytest.raises(VisibleTestError, match="dtype int64, expected float32"):
            expect_close(torch.tensor([1]), torch.ones(1), call="f()")

    def test_jupyter_shows_the_message_without_a_stack(self):
        error = VisibleTestError("f(): the result is None")
        assert error._render_traceback_() == ["✗ f(): the result is None"]


class TestExpectEqual:
    def test_nothing_is_forgiven(self):
        expect_equal((1, 2), (1, 2), call="f()")
        with pytest.raises(VisibleTestError):
            expect_equal(torch.tensor([1.0 + 1e-6]), [1.0], call="f()")


class TestExpectNot:
    def test_the_mistake_is_named_with_what_came_back(self):
        with pytest.raises(VisibleTestError) as failed:
            expect_not(torch.tensor([0.25, 0.75]), [0.25, 0.75], call="f(x)", because="no scale")
        assert str(failed.value) == "f(x): no scale\n  got      [0.25, 0.75]"

    def test_rounding_hides_no_mistake(self):
        with pytest.raises(VisibleTestError):
            expect_not(0.1 + 0.2, 0.3, call="f()", because="why")

    def test_anything_else_passes_silently(self, capsys):
        expect_not(torch.tensor([0.2, 0.8]), [0.25, 0.75], call="f(x)", because="why")
        expect_not(torch.tensor([[0.25, 0.75]]), [0.25, 0.75], call="f(x)", because="why")
        expect_not(None, [0.25, 0.75], call="f(x)", because="why")
        expect_not(True, False, call="f(x)", because="why")
        assert capsys.readouterr().out == ""


class TestExpectRaises:
    def test_the_right_error_prints_its_call(self, capsys):
        expect_raises(ValueError, lambda: fail(ValueError("3 > 2")), call="f(3)", match="3")
        assert capsys.readouterr().out == "✓ f(3) raises ValueError\n"

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda: 7, r"f\(3\) raised nothing\n  got      7\n  expected ValueError"),
            (lambda: fail(KeyError("a")), r"f\(3\) raised KeyError: 'a'\n  expected ValueError"),
            (lambda: fail(ValueError("no")), "message 'no'; expected one that holds '3'"),
        ],
    )
    def test_anything_else_is_told(self, function, message):
        with pytest.raises(VisibleTestError, match=message):
            expect_raises(ValueError, function, call="f(3)", match="3")


class TestWithout:
    def test_a_call_not_allowed_is_told_in_words(self):
        def softmax(x, dim=0):
            return x.softmax(dim)

        guarded = without(softmax, "torch.softmax", "torch.Tensor.softmax")
        with pytest.raises(VisibleTestError, match=r"torch\.softmax is not allowed"):
            guarded(torch.ones(2), dim=0)
        assert guarded.__name__ == "softmax"

    def test_anything_else_works_as_before_guarded_twice_too(self):
        guarded = without(without(lambda x: x.exp(), "torch.softmax"), "torch.softmax")
        assert guarded(torch.zeros(1)) == 1

    def test_an_error_of_the_learners_is_shown_without_our_lines(self):
        def softmax(x):
            return x @ x[None, None]

        with pytest.raises(RuntimeError, match="size mismatch") as failed:
            without(softmax, "torch.softmax")(torch.ones(2))
        shown = [frame.name for frame in traceback.extract_tb(failed.value.__traceback__)]
        assert shown[1:] == ["softmax"]

    def test_a_class_stays_a_class(self):
        class Layer(torch.nn.Module):
            pass

        assert without(Layer, "torch.softmax") is Layer

    def test_the_judges_stand_in_for_a_function_works_as_well(self):
        class Proxy:
            def __call__(self, x):
                return 2 * x

        assert without(Proxy(), "torch.softmax")(3) == 6


class TestGivenArguments:
    """Models, functions and generators are the same here and where the learner's function runs."""

    SOURCE = """
import torch
from autograder.visible import expect_equal, given_function, given_model
model = given_model("course_lib.generation.tiny_models.SumModel", scores=torch.eye(10))
pick = given_function("course_lib.generation.choices.pick_largest")
seeded = torch.Generator().manual_seed(1)
drawn = torch.randint(9, (1, 4), generator=torch.Generator().manual_seed(1))
expect_equal(answer(model, pick, seeded), pick(model(drawn)[0, -1]), call="answer(model, …)")
"""

    def run(self, function):
        hints = ("Draw.", "Pick.")
        exercise = Exercise(name="answer", points=1, exports=("answer",), hints=hints)
        agent = Agent({"answer": function})
        return run_visible_tests(self.SOURCE, exercise, agent.answer, {})

    def test_a_right_answer_passes(self):
        def answer(model, pick, generator):
            drawn = torch.randint(9, (1, 4), generator=generator)
            return pick(model(drawn)[0, -1])

        assert self.run(answer).passed

    def test_a_wrong_one_does_not(self):
        def answer(model, pick, generator):
            return pick(-model(torch.tensor([[1]]))[0, -1])

        seen = self.run(answer)
        assert not seen.passed
        assert "answer(model, …): the result is" in seen.message


# A cell of visible tests, as `autograder.chapters.cells` writes it.
TESTS = """\
from autograder.visible import expect_close, without
answer = without(answer, "torch.softmax", "scipy.special.softmax")
expect_close(answer(torch.zeros(2)), [0.5, 0.5], call="answer([0, 0])")
"""
RIGHT = "def answer(x):\n    return x.exp() / x.exp().sum()"
PASSED = "✓ answer([0, 0]) = [0.5, 0.5]"
REFUSED = "✗ {} not allowed in this exercise: write the steps yourself"


@pytest.fixture(scope="module")
def in_jupyter():
    """Run cells in a session of IPython, as the kernel does; give what each of them shows."""

    def run(*cells):
        script = (
            "import sys, json\n"
            "from IPython.core.interactiveshell import InteractiveShell\n"
            "shell = InteractiveShell.instance(colors='nocolor')\n"
            "for cell in json.loads(sys.stdin.read()):\n"
            "    shell.run_cell(cell, store_history=True)\n"
            "    print('=cell=')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=json.dumps(["import torch", *cells]),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return [shown.strip() for shown in done.stdout.split("=cell=")[1:-1]]

    return run


class TestOnTheJudgesSide:
    """There the learner's functions are stand-ins, and the cells are what was handed in."""

    @staticmethod
    def seen(cell):
        exercise = Exercise(name="answer", points=1, exports=("answer",), hints=())
        given = {"torch": torch, "In": ["import torch", cell]}
        agent = Agent({"answer": lambda x: x.exp() / x.exp().sum()})
        return run_visible_tests(TESTS, exercise, agent.answer, given)

    def test_the_same_cell_refuses_by_the_text(self):
        seen = self.seen("def answer(x):\n    return torch.softmax(x, 0)")
        assert (seen.passed, seen.message) == (False, REFUSED.format("torch.softmax is"))

    def test_the_same_cell_passes_a_right_answer(self):
        assert self.seen(RIGHT).message == PASSED
        assert self.seen("no python here").passed


class TestInANotebook:
    def test_a_wrong_answer_is_told_in_one_sentence_and_a_right_one_passes(self, in_jupyter):
        shown = in_jupyter(
            "def answer(x):\n    return torch.softmax(x, 0)",
            TESTS,
            TESTS,  # running the cell twice changes nothing
            RIGHT,
            TESTS,
            TESTS,
            "def answer(x):\n    return getattr(torch, 'soft' + 'max')(x, 0)",
            TESTS,
        )
        refused = REFUSED.format("torch.softmax is")
        assert shown == ["", refused, refused, "", PASSED, PASSED, "", refused]

    def test_what_the_text_alone_shows_is_refused_too(self, in_jupyter):
        shown = in_jupyter(
            "from scipy.special import softmax as s",
            "%matplotlib agg",
            "no python here",
            "def help(x):\n    return torch.tensor(s(x.numpy()))\nanswer = lambda x: help(x)",
            TESTS,
            "import functools\nanswer = functools.partial(torch.softmax, dim=0)",
            TESTS,
        )
        assert shown[4] == REFUSED.format("scipy.special.softmax is")
        assert shown[6] == REFUSED.format("torch.softmax is")

    def test_what_was_tried_before_does_not_count(self, in_jupyter):
        shown = in_jupyter(
            "from scipy.special import softmax",
            "helper = softmax\ndef answer(x):\n    return helper(x)",
            TESTS,
            "def softmax(x):\n    return x.exp() / x.exp().sum()",
            "helper = softmax\ndef answer(x):\n    return helper(x)",
            TESTS,
        )
        assert shown[2] == REFUSED.format("scipy.special.softmax is")
        assert shown[5] == PASSED

    def test_an_error_is_shown_as_ever(self, in_jupyter):
        (_, stub, missing) = in_jupyter(
            "def answer(x):\n    raise NotImplementedError", TESTS, f"del answer\n{TESTS}"
        )
        assert "----> 2     raise NotImplementedError" in stub
        assert "visible.py" not in stub
        assert "NameError: name 'answer' is not defined" in missing
