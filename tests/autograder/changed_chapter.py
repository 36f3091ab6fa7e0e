"""The small chapter after a check was found unfair: every answer to `double` passes on tensors."""

import copy
from dataclasses import replace
from functools import cache

from autograder.submissions.assignment import Assignment
from tests.autograder import small_chapter

REFERENCE = "tests.autograder.changed_chapter:assignment"


def _lenient(learner, draw):
    learner.double(draw.integer(3, 9))


@cache
def assignment():
    """The chapter as it is graded now."""
    double = copy.copy(small_chapter.double)
    double.items = [double.items[0], replace(double.items[1], check=_lenient)]
    _, *others = small_chapter.CHAPTER.exercises
    chapter = replace(small_chapter.CHAPTER, exercises=(double, *others))
    made = Assignment(REFERENCE, chapter, small_chapter.assignment().notebook)
    vars(made)["version"] = "changed"  # it follows the course's files, and the tests' are none
    return made
