import math

import pytest
import torch

from autograder.exercises.answers import Answer
from autograder.exercises.base import Exercise
from autograder.exercises.expect import expect_equal
from autograder.judge import judge_exercise
from autograder.sandbox.agent import Agent

LIMIT = 3


def halved(x: torch.Tensor) -> torch.Tensor:
    """Take a half."""
    # A comment, which the cell does not have.
    return halved(x) if x.ndim > LOCAL else math.sqrt(0.25) * x


LOCAL = 5


class TestAsCell:
    def test_is_named_as_exported_and_brings_its_imports(self):
        def doubled(x: torch.Tensor) -> torch.Tensor:
            """Take it twice."""
            # A comment, which the cell does not have.
            if x.ndim > 5:
                return doubled(x)
            return x * math.sqrt(4)

        cell = Answer("doubled", doubled).as_cell(("double",))
        assert cell == (
            "import math\nimport torch\n\n\n"
            "def double(x: torch.Tensor) -> torch.Tensor:\n"
            "    if x.ndim > 5:\n"
            "        return double(x)\n"
            "    return x * math.sqrt(4)\n"
        )
        namespace = {}
        exec(cell, namespace)
        assert namespace["double"](torch.tensor(2.0)) == 4.0

    def test_what_a_function_defines_itself_is_not_asked_for(self):
        def answer(values):
            from operator import add

            def inner(a, *, b=0):
                return add(a, b)

            return [inner(value) for value in values if (found := value)] + [found]

        assert Answer("answer", answer).as_cell(("f",)).startswith("def f(values):")

    def test_a_name_that_is_caught_or_matched_is_the_functions_own(self):
        def answer(value):
            match value:
                case [first, *rest]:
                    return first, rest
                case whole:
                    try:
                        return whole + 1
                    except TypeError as error:
                        return error

        assert Answer("answer", answer).as_cell(("f",)).startswith("def f(value):")

    def test_a_name_of_the_module_is_refused(self):
        with pytest.raises(ValueError, match="halved uses LOCAL of its module"):
            Answer("halved", halved).as_cell(("halve",))

    def test_a_lambda_is_refused(self):
        with pytest.raises(ValueError, match="is neither a plain function nor a class"):
            Answer("nameless", lambda x: x).as_cell(("halve",))


class Halving(torch.nn.Module):
    """Halve."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, x):
        return x if self.times == 0 else Halving(self.times - 1)(x) / math.sqrt(4)


class TestAClass:
    def test_it_is_handed_in_under_the_exported_name(self):
        cell = Answer("Halving", Halving).as_cell(("Halve",))
        assert cell.startswith("import math\nimport torch\n\n\nclass Halve(torch.nn.Module):\n")
        namespace = {}
        exec(cell, namespace)
        assert namespace["Halve"](2)(torch.tensor(4.0)) == 1.0

    def test_it_carries_the_exported_name(self):
        (halve,) = Answer("Halving", Halving).namespace(("Halve",)).values()
        assert halve.__name__ == "Halve"
        assert halve(2)(torch.tensor(4.0)) == 1.0


class TestSeveralExports:
    """An exercise that asks for a class and a function that uses it."""

    @staticmethod
    def summed():
        """Define both."""
        start = 0.0

        class Total:
            def __init__(self):
                self.value = torch.tensor(start)

            def add(self, x):
                self.value = self.value + x

        def total_of(numbers):
            total = Total()
            for number in numbers:
                total.add(math.fabs(number))
            return total.value

        return Total, total_of

    EXPORTS = ("Total", "total_of")

    def test_stands_for_all_of_them(self):
        namespace = Answer("summed", self.summed).namespace(self.EXPORTS)
        assert sorted(namespace) == ["Total", "total_of"]
        assert namespace["total_of"]([1, -2]) == 3.0
        assert namespace["Total"]().value == 0.0

    def test_one_export_is_the_function_itself(self):
        assert Answer("halved", halved).namespace(("halve",)) == {"halve": halved}

    def test_the_cell_defines_all_of_them_side_by_side(self):
        cell = Answer("summed", self.summed).as_cell(self.EXPORTS)
        assert cell.startswith("import math\nimport torch\n\n\nstart = 0.0\n")
        assert "return Total, total_of" not in cell
        namespace = {}
        exec(cell, namespace)
        assert namespace["total_of"]([1, -2]) == 3.0

    def test_what_is_not_defined_is_told(self):
        answer = Answer("summed", self.summed)
        with pytest.raises(ValueError, match="summed defines no other"):
            answer.as_cell(("Total", "other"))
        with pytest.raises(ValueError, match="summed must return Total, total_of, other, in this"):
            answer.namespace(("Total", "total_of", "other"))

    @pytest.mark.parametrize("as_cell", [False, True])
    def test_is_judged_and_named_by_all_of_them(self, as_cell):
        exercise = two_exports()
        verdicts = [
            judged(exercise, one, as_cell)
            for one in (*exercise.alternatives, *exercise.misconceptions)
        ]
        assert [verdict.points for verdict in verdicts] == [2.0, 1.0, 1.0, 0.0]
        named = [[one.name for one in verdict.misconceptions] for verdict in verdicts]
        assert named == [[], ["three_times"], ["squared"], ["one_less"]]


def judged(exercise, answer, as_cell):
    """Judge an answer as it stands, or as a cell that is handed in."""
    namespace = {} if as_cell else answer.namespace(exercise.exports)
    if as_cell:
        exec(answer.as_cell(exercise.exports), namespace)
    return judge_exercise(exercise, Agent(namespace).answer, 1)


def two_exports():
    """`twice(x)`, and `four_times(x)` that may call it."""
    exercise = Exercise(
        name="doubling",
        points=2,
        exports=("twice", "four_times"),
        hints=("Twice?", "Twice twice."),
        time_limit_s=1.0,
    )

    @exercise.item("twice", points=1, sentence="Twice.")
    def _(learner, draw):
        number = draw.integer(3, 9)
        expect_equal(learner.twice(number), 2 * number)

    @exercise.item("four times", points=1, sentence="Four times.")
    def _(learner, draw):
        number = draw.integer(3, 9)
        expect_equal(learner.four_times(number), 4 * number)

    @exercise.alternative
    def by_adding():
        def twice(x):
            return x + x

        def four_times(x):
            return twice(twice(x))

        return twice, four_times

    @exercise.misconception("Three times is not four times.")
    def three_times():
        def twice(x):
            return x + x

        def four_times(x):
            return twice(x) + x

        return twice, four_times

    @exercise.misconception("You take the square.")
    def squared():
        def twice(x):
            return x**2

        def four_times(x):
            return 4 * x

        return twice, four_times

    @exercise.misconception("You count one less.")
    def one_less():
        def twice(x):
            return 2 * x - 1

        def four_times(x):
            return 4 * x - 1

        return twice, four_times

    return exercise
