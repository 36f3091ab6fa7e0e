import pytest

from autograder.judge.calls import CallError
from autograder.judge.learner import Learner
from autograder.sandbox.wire import encode


def answering(answer):
    """A learner whose process answers what it likes."""
    return Learner(("halve",), lambda request: answer)


def fail(error):
    raise error


class TestLostProcesses:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [(TimeoutError(), "timeout"), (EOFError("gone"), "lost"), (BrokenPipeError(), "lost")],
    )
    def test_a_process_that_is_gone_gives_no_value(self, error, kind):
        learner = Learner(("halve",), lambda request: fail(error))
        with pytest.raises(CallError):
            learner.halve(1)
        assert learner.calls[0].outcome.kind == kind


class TestHostileAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"garbage",
            encode(None),
            encode([]),
            encode({}),
            encode({"outcome": "value"}),
            encode({"outcome": "full marks", "changed_arguments": []}),
            encode({"outcome": ["value"], "changed_arguments": []}),
            encode({"outcome": "value", "value": 1, "changed_arguments": [1], "gradients": None}),
            encode({"outcome": "value", "value": 1, "changed_arguments": 3, "gradients": None}),
            encode({"outcome": "value", "value": 1, "changed_arguments": [], "gradients": [1]}),
            encode({"outcome": "raised", "changed_arguments": [], "error": 1}),
            encode({"outcome": "timeout", "changed_arguments": []}),
        ],
    )
    def test_are_no_value(self, answer):
        learner = answering(answer)
        with pytest.raises(CallError, match="the answer could not be read"):
            learner.halve(1)
        assert learner.calls[0].outcome.kind == "lost"

    def test_texts_are_cut(self):
        answer = {
            "outcome": "raised",
            "error": "E" * 10_000,
            "kinds": [],
            "message": "m" * 10_000,
            "changed_arguments": [],
        }
        with pytest.raises(CallError) as failed:
            answering(encode(answer)).halve(1)
        assert len(str(failed.value)) < 1100
