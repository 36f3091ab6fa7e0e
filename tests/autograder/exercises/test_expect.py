from types import SimpleNamespace

import pytest
import torch

from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_equal,
    expect_gradient,
    expect_raises,
    expect_tensor,
    expect_true,
    expect_unchanged,
)


def learner_with(*changed):
    return SimpleNamespace(calls=[SimpleNamespace(changed_arguments=one) for one in changed])


class TestExpectations:
    def test_close_is_not_equal(self):
        got, want = torch.tensor(1.0 + 1e-6), torch.tensor(1.0)
        expect_close(got, want)
        with pytest.raises(CheckError) as failed:
            expect_equal(got, want)
        assert failed.value.got is got
        assert failed.value.want is want
        assert failed.value.compared

    def test_a_tensor_is_given_back_without_its_gradient(self):
        got = torch.ones(2, 3, requires_grad=True)
        assert not expect_tensor(got, (2, 3), torch.float32).requires_grad

    @pytest.mark.parametrize(
        ("got", "reason"),
        [
            ([1.0], "the result is a list, expected a tensor"),
            (torch.ones(3, 2), r"has shape \(3, 2\), expected \(2, 3\)"),
            (torch.ones(2, 3).double(), "has dtype float64, expected float32"),
        ],
    )
    def test_another_shape_or_dtype_is_told(self, got, reason):
        with pytest.raises(CheckError, match=reason):
            expect_tensor(got, (2, 3), torch.float32)

    def test_a_tensor_of_nan_has_a_shape_too(self):
        expect_tensor(torch.full((2,), torch.nan), (2,), torch.float32)

    def test_a_property_holds_or_not(self):
        expect_true(torch.tensor(True), "")
        with pytest.raises(CheckError, match="it is odd"):
            expect_true(torch.tensor(False), "it is odd")

    def test_an_error_is_asked_for(self):
        expect_raises(ValueError, lambda: int("three"))
        with pytest.raises(CheckError, match="it raised nothing, expected ValueError"):
            expect_raises(ValueError, lambda: 3)
        with pytest.raises(TypeError):
            expect_raises(ValueError, lambda: int([]))

    def test_changed_arguments_are_named(self):
        expect_unchanged(learner_with((), ()))
        with pytest.raises(
            CheckError, match="changed its second argument and argument mask; leave"
        ):
            expect_unchanged(learner_with((), ("1", "mask")))
        with pytest.raises(CheckError, match="changed its argument 12"):
            expect_unchanged(learner_with(("12",)))

    def test_gradients_are_judged(self):
        expect_gradient(torch.ones(2), torch.ones(2))
        with pytest.raises(CheckError, match="no gradient reaches the input"):
            expect_gradient(None, torch.ones(2))
        with pytest.raises(CheckError, match=r"the gradient at \[0\] is nan, expected 1"):
            expect_gradient(torch.full((2,), torch.nan), torch.ones(2))
