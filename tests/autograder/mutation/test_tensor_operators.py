import pytest

from autograder.mutation import tensor_operators
from autograder.mutation.tensor_operators import OPERATORS

from .by_operator import bodies, made_by

CASES = [
    ("axes", "x.sum(dim=0)", [f"x.sum(dim={axis})" for axis in (-2, -1, 0, 1)]),
    ("axes", "x.sum(axis=y)", [f"x.sum(axis={axis})" for axis in (-2, -1, 0, 1)]),
    ("axes", "x.sum(keepdim=True)", []),
    ("transposes", "x @ y.mT", ["x @ y"]),
    ("transposes", "x.shape", []),
    ("calls", "x.sub(y).exp()", ["x.sub(y)", "x.exp()"]),
    ("calls", "torch.exp(x)", ["x"]),
    ("calls", "torch.nn.functional.relu(x)", ["x"]),
    ("calls", "sorted(x)", ["x"]),
    ("calls", "max(*x)", []),
    ("pairs", "x.amax(0)", ["x.amin(0)", "x.sum(0)"]),
    ("pairs", "torch.log_softmax(x)", ["torch.softmax(x)"]),
    ("pairs", "min(x)", ["max(x)"]),
    ("dtypes", "x.to(torch.float64)", ["x.to(torch.float32)"]),
    ("dtypes", "x.double()", ["x.float()"]),
    ("infinities", "-math.inf", ["-1000000000.0"]),
    ("infinities", "float('-inf')", ["-1000000000.0"]),
    ("in_place", "x.exp()", ["x.exp_()"]),
    ("in_place", "x.sum().exp()", []),
    ("in_place", "x.softmax(0)", []),
    ("einsum_axes", "e('ij->ij', x)", ["e('ji->ij', x)", "e('ij->ji', x)"]),
    ("einsum_axes", "e('ij', x)", []),
]


@pytest.mark.parametrize(("name", "line", "expected"), CASES)
def test_makes_these(name, line, expected):
    assert bodies(getattr(tensor_operators, name), line) == expected


def test_every_operator_has_a_case_or_a_test_of_its_own():
    assert {name for name, _, _ in CASES} | {"results"} == {one.__name__ for one in OPERATORS}


def test_a_name_of_the_answer_s_own_is_no_paired_function():
    assert made_by(tensor_operators.pairs, "max = 1\nmax") == []


def test_in_place_is_for_what_was_handed_in():
    source = "def f(x):\n    y = x + 1\n    for z in x:\n        g(x.exp(), y.exp(), z.exp())"
    made = made_by(tensor_operators.in_place, source)
    assert [text.rpartition("g")[2] for text in made] == [
        "(x.exp_(), y.exp(), z.exp())",
        "(x.exp(), y.exp(), z.exp_())",
    ]


def test_results_of_tensor_functions_are_cut_off_and_cast():
    made = made_by(tensor_operators.results, "def f(x) -> Tensor:\n    return x")
    assert [text.rpartition("    ")[2] for text in made] == [
        "return x.detach()",
        "return x.float()",
    ]
    made = made_by(tensor_operators.results, "def f(x) -> tuple[Tensor, Tensor]:\n    return x, 1")
    assert "return (x, 1 .float())" in "\n".join(made)
    assert len(made) == 4
    assert made_by(tensor_operators.results, "def f(x) -> int:\n    return x") == []
    assert made_by(tensor_operators.results, "def f(x) -> Tensor:\n    return") == []
