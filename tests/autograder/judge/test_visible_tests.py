import torch

from autograder.judge import run_visible_tests
from autograder.judge.visible_tests import without_hidden_tests
from autograder.sandbox.agent import Agent

from .toys import make_exercise, send_to

CELL = """\
from autograder.visible import expect_close
expect_close(halve(torch.tensor([2.0])), [1.0], call="halve([2])")
expect_close(halve(torch.tensor([4.0])), [2.0], call="halve([4])")
### BEGIN HIDDEN TESTS
raise SystemExit("the hidden region ran")
### END HIDDEN TESTS
"""


def run(function, cell=CELL):
    return run_visible_tests(cell, make_exercise(), send_to(function), {"torch": torch})


class TestRunVisibleTests:
    def test_a_right_answer_passes_and_shows_what_was_printed(self):
        result = run(lambda x: x * 0.5)
        assert result.passed
        assert result.message == "✓ halve([2]) = [1]\n✓ halve([4]) = [2]"

    def test_a_wrong_one_shows_what_failed_after_what_passed(self):
        result = run(lambda x: x * 0.5 if x < 3 else x)
        assert not result.passed
        assert result.message == (
            "✓ halve([2]) = [1]\n"
            "✗ halve([4]): the result at [0] is 4, expected 2\n"
            "  got      [4]\n"
            "  expected [2]"
        )

    def test_an_exception_and_a_loop_are_told(self):
        def loop(x):
            while True:
                pass

        said = run(lambda x: x[5]).message
        assert said.startswith("✗ halve(torch.tensor([2.0])): halve raised IndexError")
        assert "in time" in run(loop).message
        assert run(loop).is_endless
        assert not run(lambda x: x[5]).is_endless

    def test_what_the_function_raised_is_told_with_its_call_and_no_more_of_the_cell(self):
        def busy(x):
            raise RuntimeError("busy")

        in_two_lines = 'é = halve(\n    "é",\n); print(é)'
        assert run(busy, in_two_lines).message == '✗ halve( "é", ): halve raised RuntimeError: busy'
        long = f"halve({list(range(100))})"
        assert len(run(busy, long).message) < 260

    def test_a_cell_that_breaks_on_the_result_names_its_line(self):
        result = run(lambda x: 3, "first, second = halve(1)")
        assert not result.passed
        assert result.message == (
            "✗ first, second = halve(1): TypeError: cannot unpack non-iterable int object"
        )

    def test_a_result_that_was_never_returned_is_asked_for(self):
        result = run(lambda x: None, "print(\n    halve(1)[0],\n)")
        assert result.message == (
            "✗ halve(1)[0]: TypeError: 'NoneType' object is not subscriptable "
            "(is a `return` missing?)"
        )

    def test_a_changed_input_is_told_though_the_cell_here_sees_copies(self):
        def halve_in_place(x):
            return x.mul_(0.5)

        result = run(halve_in_place)
        assert not result.passed
        assert result.message.endswith(
            "✗ halve([2]): the call changed its first argument; leave inputs unchanged"
        )

    def test_a_call_that_changed_much_is_told_in_few_words(self):
        result = run(lambda x: x.pop(), f"halve({list(range(300))})")
        told = "…: the call changed its first argument; leave inputs unchanged"
        assert result.message.endswith(told)
        assert len(result.message) < 280

    def test_the_given_namespace_is_left_alone(self):
        given = {"torch": torch}
        run_visible_tests("x = halve(torch.ones(1))", make_exercise(), send_to(lambda x: x), given)
        assert given == {"torch": torch}


class Doubling(torch.nn.Module):
    """A class of a learner's."""

    def __init__(self, width):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return 2 * x * self.scale


def test_a_class_is_used_as_in_the_notebook():
    """The same cell runs on the learner's class and on the judge's stand-in for it."""
    cell = (
        "from autograder.visible import expect_close\n"
        "layer = Doubling(2)\n"
        'layer.load_state_dict({"scale": torch.tensor([1.0, 3.0])})\n'
        'expect_close(layer(torch.ones(2)), [2.0, 6.0], call="layer([1, 1])")\n'
    )
    exercise = make_exercise()
    exercise.exports, exercise.classes = ("Doubling",), {"Doubling": ()}
    agent = Agent({"Doubling": Doubling})
    judged = run_visible_tests(cell, exercise, agent.answer, {"torch": torch})
    assert judged.message == "✓ layer([1, 1]) = [2, 6]"
    exec(cell, {"Doubling": Doubling, "torch": torch})


class TestWithoutHiddenTests:
    def test_the_region_and_its_marks_go(self):
        assert without_hidden_tests(CELL).count("\n") == 3
        assert "HIDDEN" not in without_hidden_tests(CELL)
        assert without_hidden_tests("a\n    ### BEGIN HIDDEN TESTS\nb") == "a\n"
