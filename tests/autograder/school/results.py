"""Results of the small chapter, and of the one with extra credit, without grading anything."""

from autograder.judge import ItemResult, Verdict
from autograder.result import Result, WrittenResult


def item(name, points, most, message=""):
    """One item of an exercise."""
    return ItemResult(name, f"About {name}.", points, most, points == most, message)


DOUBLE = Verdict(
    "double",
    20.0,
    60.0,
    (item("whole numbers", 20.0, 20.0), item("tensors", 0.0, 40.0, "not \x1b")),
)
LARGEST = Verdict("largest", 30.0, 30.0, (item("the largest", 30.0, 30.0),))
HALVE = Verdict(
    "halve", 3.0, 7.0, (item("even numbers", 3.0, 3.0), item("odd numbers", 0.0, 4.0)), bonus=True
)


def result(learner="ada", *, answer="Words.", bonus=False, reason=""):
    """A learner's result: 50 of 90 points by the checks."""
    verdicts = () if reason else (DOUBLE, LARGEST, *((HALVE,) if bonus else ()))
    written = () if reason else (WrittenResult("written", 10.0, answer),)
    return Result(
        chapter="ch99_small",
        learner=learner,
        seed=0,
        version="v",
        reason=reason,
        verdicts=verdicts,
        written=written,
    )
