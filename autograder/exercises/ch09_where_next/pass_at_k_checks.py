"""How probable it is that one of k samples is right, from n samples of which c are."""

import itertools
import math

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="pass_at_k",
    points=8,
    exports=("pass_at_k",),
    not_allowed=("course_lib.analysis.tries.among_curve",),
    hints=(
        "Count the failures: k of the n samples are drawn, none twice, and all of them are wrong. "
        "The first is wrong with probability (n − c)/n. Then one wrong sample less is left, and "
        "one sample less.",
        "So the second is wrong with (n − c − 1)/(n − 1), and so on, k factors. Multiply them one "
        "by one: each is between 0 and 1, and no number ever grows large. Once the wrong samples "
        "are used up a factor is 0, and so is the product, whatever comes after. Take it from 1.",
    ),
    time_limit_s=5.0,
)

# Numbers so large that 2 to their power is no floating-point number any more.
LARGE = ((1500, 40), (2000, 1), (4000, 300))


def _expected(n: int, c: int, k: int) -> float:
    """Compute what is expected in whole numbers, of any size."""
    everything, all_wrong = math.comb(n, k), math.comb(n - c, k)
    return (everything - all_wrong) / everything


def _counted(n: int, c: int, k: int) -> float:
    """Count what is expected: go through all ways to draw, the first c samples being right."""
    ways = list(itertools.combinations(range(n), k))
    return sum(min(way) < c for way in ways) / len(ways)


def _judge(got: object, want: float) -> None:
    """Judge a number; the one that it is compared with is exact."""
    if isinstance(got, bool) or not isinstance(got, int | float):
        raise CheckError("the result is not a Python number", got)
    expect_close(float(got), want, rtol=1e-6, atol=1e-8)


@exercise.item(
    "all ways to draw k of n",
    points=3,
    sentence="The k samples are drawn from the n that there are, none twice; one right one among "
    "them is enough.",
)
def _(learner: Learner, draw: Draw) -> None:
    n = 5 if draw.small else draw.integer(7, 9)
    for c, k in ((1, 2), (2, 2), (2, 3), (n - 4, 4), (3, 2)):
        _judge(learner.pass_at_k(n, c, k), _counted(n, c, k))


@exercise.item(
    "one sample, and all samples",
    points=1,
    sentence="With k = 1 it is c/n. With k = n it is 1 if any sample is right. If none is, it is "
    "0, whatever k.",
)
def _(learner: Learner, draw: Draw) -> None:
    n, c = draw.integer(7, 11), draw.integer(2, 5)
    _judge(learner.pass_at_k(n, c, 1), c / n)
    _judge(learner.pass_at_k(n, c, n), 1.0)
    _judge(learner.pass_at_k(n, 0, 3), 0.0)
    _judge(learner.pass_at_k(n, 0, n), 0.0)
    _judge(learner.pass_at_k(1, 1, 1), 1.0)


@exercise.item(
    "more draws than wrong samples",
    points=2,
    sentence="With fewer than k wrong samples there is a right one in every draw: exactly 1. That "
    "is no error.",
)
def _(learner: Learner, draw: Draw) -> None:
    n = draw.integer(8, 12)
    for n_wrong, k in ((0, 2), (1, 2), (2, 4), (3, 4), (2, 6)):
        _judge(learner.pass_at_k(n, n - n_wrong, k), 1.0)
    # As many as there are draws: one way to fail.
    _judge(learner.pass_at_k(n, n - 3, 3), _expected(n, n - 3, 3))


@exercise.item(
    "thousands of samples",
    points=2,
    sentence="With thousands of samples the numbers of ways are larger than any floating-point "
    "number; the result is a probability all the same.",
)
def _(learner: Learner, draw: Draw) -> None:
    if draw.small:
        n, c = 1100, draw.integer(2, 4)
        _judge(learner.pass_at_k(n, c, 300), _expected(n, c, 300))
        return
    for least, c in LARGE:
        n = least + draw.integer(1, 99)
        for k in (10, n // 7, n // 2):
            _judge(learner.pass_at_k(n, c, k), _expected(n, c, k))
