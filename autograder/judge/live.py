"""`mark`, the one call in a notebook's hidden region: judge the functions of a live notebook.

Stops: nothing; the functions run in the same process, whose owner may do as they please.
Does not stop: a forged mark in one's own notebook. What is graded never comes this way.
"""

import sys
from collections.abc import Mapping
from typing import Any

from autograder.exercises.base import Exercise, load_chapter
from autograder.judge.judging import judge_exercise
from autograder.sandbox.agent import Agent
from autograder.sandbox.uses import join_cells

LIVE_SEED = 0


def mark(name: str, *, namespace: Mapping[str, Any] | None = None, seed: int = LIVE_SEED) -> float:
    """Judge an exercise in this process and show the verdict.

    For the owner of the notebook: what is graded is judged from another process.

    Args:
        name: Chapter and exercise, such as `ch02_self_attention/stable_softmax`.
        namespace: Where the functions are; by default where `mark` is called.
        seed: Inputs follow from it.

    Returns:
        The points, a plain float between 0 and the exercise's.

    Raises:
        ValueError: There is no such exercise, or it is marked by hand.
    """
    if namespace is None:
        namespace = sys._getframe(1).f_globals
    slug, _, exercise_name = name.partition("/")
    exercise = load_chapter(slug).exercise(exercise_name)
    if not isinstance(exercise, Exercise):
        raise ValueError(f"{name} is a written answer: a person marks it")
    source = join_cells(namespace.get("In", ()))
    verdict = judge_exercise(exercise, Agent(namespace).answer, seed, source)
    print(verdict.as_text())
    return verdict.points
