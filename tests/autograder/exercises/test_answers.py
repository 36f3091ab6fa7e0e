import math

import pytest
import torch

from autograder.exercises.answers import Answer

LIMIT = 3


def halved(x: torch.Tensor) -> torch.Tensor:
    """Take a half."""
    # A comment, which the cell does not have.
    return halved(x) if x.ndim > LOCAL else math.sqrt(0.25) * x


halved_here = halved
LOCAL = 5


class TestAsCell:
    def test_is_named_as_exported_and_brings_its_imports(self):
        def doubled(x: torch.Tensor) -> torch.Tensor:
            """Take it twice."""
            # A comment, which the cell does not have.
            if x.ndim > 5:
                return doubled(x)
            return x * math.sqrt(4)

        cell = Answer("doubled", doubled).as_cell(("double", "other"))
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

    def test_a_name_of_the_module_is_refused(self):
        with pytest.raises(ValueError, match="halved uses LOCAL of its module"):
            Answer("halved", halved).as_cell(("halve",))

    def test_a_lambda_is_refused(self):
        with pytest.raises(ValueError, match="is not a plain function"):
            Answer("nameless", lambda x: x).as_cell(("halve",))
