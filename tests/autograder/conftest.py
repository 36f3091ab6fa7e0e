"""A warm grading process for the tests of the grader, and the small chapter's notebook."""

import copy

import nbformat
import pytest

from autograder import cli
from autograder.submissions.assignment import grade_id


@pytest.fixture
def course(capsys, monkeypatch):
    """Run a command; give its exit code and what it said on both streams in one line."""
    monkeypatch.delenv("COURSE_DATABASE", raising=False)

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return end.value.code or 0, " ".join(f"{said.out} {said.err}".split())

    return run


@pytest.fixture(scope="session")
def worker():
    from autograder.worker import Worker

    with Worker() as warm:
        yield warm


class _Lent:
    """The session's worker under another name: whoever borrows it must not end it."""

    def __init__(self, worker):
        self.run, self.pid = worker.run, worker.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def close(self):
        pass


@pytest.fixture
def lent_worker(monkeypatch, worker):
    """Spare a test that starts workers the seconds that each takes; one at a time only."""
    for module in ("autograder.classroom.runner", "autograder.worker"):
        monkeypatch.setattr(f"{module}.Worker", lambda **_: _Lent(worker))


@pytest.fixture(scope="session")
def small():
    """The small chapter as it is graded."""
    from tests.autograder.small_chapter import assignment

    return assignment()


@pytest.fixture
def hand_in():
    """Make a submission to the small chapter: the solutions, with some cells' texts changed."""
    from tests.autograder.small_chapter import CHAPTER, SOLUTIONS, assignment

    def make(edit=None, **changes):
        notebook = copy.deepcopy(assignment().notebook)
        answers = {**SOLUTIONS, **changes}
        for cell in notebook.cells:
            for exercise in CHAPTER.exercises:
                if grade_id(cell) == f"ch99_{exercise.name}":
                    cell.source = answers[exercise.name]
        if edit:
            edit(notebook)
        return nbformat.writes(notebook).encode()

    return make


@pytest.fixture(scope="session")
def warm_parent():
    """A warm parent behind its walls; one child at a time."""
    from autograder.judge.warm_parent import WarmParent

    with WarmParent() as warm:
        yield warm


@pytest.fixture
def confined(warm_parent):
    """Start a confined process; it is ended with the test."""
    from autograder.judge.process import LearnersProcess
    from autograder.judge.watch import Watch
    from autograder.sandbox.limits import Limits

    started = []

    def start(seed=0, **limits):
        for process in started:
            process.end()
        started.append(LearnersProcess(warm_parent, Watch(Limits(**limits)), seed))
        return started[-1]

    yield start
    for process in started:
        process.end()
