import pytest

from autograder.errors import CourseError, UnreadableError, WorkerDiedError, system_said


@pytest.mark.parametrize("kind", [CourseError, UnreadableError, WorkerDiedError])
def test_each_blames_somebody_else(kind):
    others = {CourseError, UnreadableError, WorkerDiedError} - {kind}
    assert not issubclass(kind, tuple(others))
    assert str(kind("A sentence.")) == "A sentence."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left", "ada.json"), "ada.json: No space left"),
        (OSError(28, "No space left"), "No space left"),
        (OSError("The connection is lost."), "The connection is lost"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_the_system_said_is_never_nothing(error, said):
    assert system_said(error) == said
