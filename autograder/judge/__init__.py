"""The trusted side: judges the learner's functions from outside their process."""

from autograder.judge.judging import judge_exercise, no_verdict
from autograder.judge.live import mark
from autograder.judge.seeds import derive_seed
from autograder.judge.verdict import Example, ItemResult, Misconception, Verdict
from autograder.judge.visible_tests import VisibleResult, run_visible_tests

__all__ = [
    "Example",
    "ItemResult",
    "Misconception",
    "Verdict",
    "VisibleResult",
    "derive_seed",
    "judge_exercise",
    "mark",
    "no_verdict",
    "run_visible_tests",
]
