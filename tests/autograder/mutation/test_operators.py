import pytest

from autograder.mutation import operators
from autograder.mutation.operators import OPERATORS

from .by_operator import bodies, made_by

CASES = [
    ("arithmetic", "x - y", ["x + y", "x * y"]),
    ("arithmetic", "x @ y", ["x * y"]),
    ("arithmetic", "x += 1", ["x -= 1", "x *= 1"]),
    ("operands", "x / y", ["x", "y", "y / x"]),
    ("operands", "x * y", ["x", "y"]),
    ("comparisons", "x < y", ["x >= y", "x <= y"]),
    ("comparisons", "0 <= x < y", ["0 > x < y", "0 < x < y", "0 <= x >= y", "0 <= x <= y"]),
    ("comparisons", "x is None", ["x is not None"]),
    ("booleans", "x and y", ["x or y", "y", "x"]),
    ("booleans", "x or y or 1", ["x and y and 1", "y or 1", "x or 1", "x or y"]),
    ("signs", "~x", ["x"]),
    ("signs", "not x", ["x"]),
    ("signs", "-x", ["x"]),
    ("conditions", "x if y else 0", ["x if not y else 0"]),
    ("conditions", "x if not y else 0", []),
    ("conditions", "[i for i in x if i if y]", ["[i for i in x if y]", "[i for i in x if i]"]),
    ("constants", "x[2]", ["x[0]", "x[1]", "x[3]"]),
    ("constants", "x * -1", ["x * -2", "x * 0", "x * 1"]),
    ("constants", "x * 0.5", ["x * -0.5", "x * 0.0", "x * 1.0", "x * 1.5"]),
    ("constants", "f(True, None)", ["f(False, None)", "f(True, 0)"]),
    ("constants", "x.encode('utf-8')", ["x.encode('latin-1')"]),
    ("constants", "x.join('abc')", ["x.join('')"]),
    ("slices", "x[1:-1:2]", ["x[:-1:2]", "x[1::2]", "x[1:-1]", "x"]),
    ("slices", "x[0] = 1", []),
    ("arguments", "f(x, y, k=1)", ["f(y, x, k=1)", "f(y, k=1)", "f(x, k=1)", "f(x, y)"]),
    ("returns", "return (x, y)", ["return (y, x)"]),
    ("returns", "return x", ["return"]),
    ("names", "return x + y", ["return y + y", "return x + x"]),
    ("names", "return x + 1", []),
]


@pytest.mark.parametrize(("name", "line", "expected"), CASES)
def test_makes_these(name, line, expected):
    # Parameters of different kinds, so that only what stands in the line is exchanged.
    assert bodies(getattr(operators, name), line, "x: int, y: str") == expected


def test_every_operator_has_a_case_or_a_test_of_its_own():
    assert {name for name, _, _ in CASES} | {"statements"} == {one.__name__ for one in OPERATORS}


def test_statements_go_but_for_docstring_definition_and_last_return():
    source = 'def f(x):\n    """Doc."""\n    import math\n    if x:\n        return 1\n    return 2'
    made = made_by(operators.statements, source)
    assert len(made) == 2
    assert made[0].endswith("import math\n    pass\n    return 2")
    assert made[1].endswith("if x:\n        pass\n    return 2")


def test_break_and_continue_are_exchanged():
    made = made_by(operators.statements, "while x:\n    break")
    assert made == ["pass", "while x:\n    pass", "while x:\n    continue"]
    assert "while x:\n    break" in made_by(operators.statements, "while x:\n    continue")


def test_names_annotated_alike_and_bound_together_are_exchanged():
    source = "def f(q: F[T, 'a'], k: F[T, 'b'], n: int):\n    g(q)"
    assert made_by(operators.names, source)[0].endswith("g(k)")
    assert len(made_by(operators.names, source)) == 1
    made = made_by(operators.names, "left, right = pair\nuse(left)")
    assert made == ["left, right = pair\nuse(right)"]
