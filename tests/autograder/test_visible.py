import pytest
import torch

from autograder.visible import VisibleTestError, expect_close, expect_equal, expect_raises, without


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
