"""Judge answers as they are handed in: as the text of a cell, run by itself."""

from autograder.judge import judge_exercise
from autograder.sandbox.agent import Agent

SEEDS = (1, 3)  # the selftest judges with its own, and with more in `make test-full`


def judge_cell(exercise, cell, seed=1):
    """Run a cell in an empty namespace and judge what it defines."""
    namespace = {}
    exec(compile(cell, "<cell>", "exec"), namespace)
    return judge_exercise(exercise, Agent(namespace).answer, seed, cell)


def judge_function(exercise, function, seed=1):
    """Judge a function of the test's own."""
    return judge_exercise(exercise, Agent({exercise.exports[0]: function}).answer, seed)


def failed_items(exercise, function, seed=1):
    """Name the items that a function of the test's own fails."""
    judged = judge_function(exercise, function, seed).items
    return [item.name for item in judged if not item.passed]


def assert_right(exercise, answer, seeds=SEEDS):
    """An answer gets all points, whatever the inputs."""
    for seed in seeds:
        verdict = judge_cell(exercise, answer.as_cell(exercise.exports), seed)
        assert verdict.points == exercise.points, verdict.as_text()
        assert verdict.misconceptions == ()


def assert_wrong_and_named(exercise, answer, seeds=SEEDS):
    """A misconception loses the same points whatever the inputs, is named alone, and is shown."""
    marks = []
    for seed in seeds:
        verdict = judge_cell(exercise, answer.as_cell(exercise.exports), seed)
        assert verdict.points < exercise.points
        assert [found.name for found in verdict.misconceptions] == [answer.name]
        failed = [item for item in verdict.items if not item.passed]
        assert any(item.example for item in failed)
        marks.append([item.name for item in failed])
    assert marks == marks[:1] * len(marks)


def names(answers):
    """Name answers for pytest."""
    return [answer.name for answer in answers]
