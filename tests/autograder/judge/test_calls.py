import pytest
import torch

from autograder.judge.calls import EXPECTED_ERRORS, CallError
from autograder.judge.learner import Learner

from .toys import send_to


def learner_of(function):
    return Learner(("halve",), send_to(function), ("torch.div",), 0.5)


def fail(error):
    raise error


class TestFailures:
    def test_an_exception_is_also_the_built_in_one(self):
        class TooSmallError(ValueError):
            pass

        learner = learner_of(lambda x: fail(TooSmallError("too small")))
        with pytest.raises(ValueError, match=r"^halve raised TooSmallError: too small") as failed:
            learner.halve(1)
        assert isinstance(failed.value, CallError)
        assert learner.calls[0].outcome.error == "TooSmallError"

    @pytest.mark.parametrize("name", EXPECTED_ERRORS)
    def test_every_expected_error_can_be_caught(self, name):
        kind = getattr(__import__("builtins"), name)
        with pytest.raises(kind) as failed:
            learner_of(lambda: fail(kind("why"))).halve()
        assert isinstance(failed.value, CallError)

    def test_other_exceptions_are_only_failed_calls(self):
        for kind in (SystemExit, KeyboardInterrupt, StopIteration):
            with pytest.raises(CallError, match=kind.__name__) as failed:
                learner_of(lambda kind=kind: fail(kind())).halve()
            assert not isinstance(failed.value, kind)

    def test_an_endless_loop_is_told(self):
        def loop():
            while True:
                pass

        with pytest.raises(CallError, match=r"gave no answer in time .* does a loop never end"):
            learner_of(loop).halve()

    def test_a_key_error_is_told_without_a_second_pair_of_quotation_marks(self):
        with pytest.raises(KeyError) as failed:
            learner_of(lambda: {}["W_q"]).halve()
        assert str(failed.value) == "halve raised KeyError: 'W_q'"

    def test_a_stub_that_is_still_called_is_told_and_its_own_words_stay(self):
        with pytest.raises(NotImplementedError, match="the stub's line still stands in it, or in"):
            learner_of(lambda: fail(NotImplementedError())).halve()
        with pytest.raises(NotImplementedError) as failed:
            learner_of(lambda: fail(NotImplementedError("write halve"))).halve()
        assert str(failed.value) == "halve raised NotImplementedError: write halve"

    def test_a_call_not_allowed_is_told(self):
        with pytest.raises(CallError, match=r"torch\.div is not allowed"):
            learner_of(lambda x: torch.div(x, 2)).halve(torch.ones(1))
