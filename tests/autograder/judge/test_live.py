import pytest

from autograder.judge import mark

NAME = "ch02_self_attention/softmax_jacobian"


def softmax_jacobian(p):
    return p.diag() - p[:, None] * p


class TestMark:
    def test_judges_the_functions_where_it_is_called(self, capsys):
        points = mark(NAME)
        assert (type(points), points) == (float, 12.0)
        assert capsys.readouterr().out.startswith("softmax_jacobian: 12 of 12 points\n  ✓")

    def test_tells_what_fails_and_why(self, capsys):
        points = mark(NAME, namespace={"softmax_jacobian": lambda p: p.diag()})
        assert points == 0.0
        shown = capsys.readouterr().out
        assert "✗ a score and another's share (0/4)" in shown
        assert "The product p_i p_j is not subtracted" in shown

    def test_a_missing_function_is_told(self, capsys):
        assert mark(NAME, namespace={}) == 0.0
        assert "the notebook defines no 'softmax_jacobian'" in capsys.readouterr().out

    def test_the_cells_of_a_notebook_are_read_for_calls_not_allowed(self, capsys):
        cells = [
            "%matplotlib inline",
            "from torch.func import jacrev",
            "def softmax_jacobian(p):\n    return jacrev(lambda x: x)(p)",
        ]
        namespace = {"In": cells, "softmax_jacobian": softmax_jacobian}
        assert mark(NAME, namespace=namespace) == 0.0
        assert "torch.func.jacrev is not allowed" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("ch02_self_attention/written", "a person marks it"),
            ("ch02_self_attention/softmax", "has no exercise 'softmax'"),
            ("ch99_nothing/softmax", "no chapter 'ch99_nothing'"),
        ],
    )
    def test_a_name_that_cannot_be_judged_is_told(self, name, message):
        with pytest.raises(ValueError, match=message):
            mark(name, namespace={})
