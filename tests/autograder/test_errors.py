import pytest

from autograder.errors import CourseError, UnreadableError, WorkerDiedError


@pytest.mark.parametrize("kind", [CourseError, UnreadableError, WorkerDiedError])
def test_each_blames_somebody_else(kind):
    others = {CourseError, UnreadableError, WorkerDiedError} - {kind}
    assert not issubclass(kind, tuple(others))
    assert str(kind("A sentence.")) == "A sentence."
