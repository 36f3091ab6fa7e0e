"""A toy exercise with its cells, whose checks can be made too weak."""

from autograder.exercises.base import Exercise
from autograder.exercises.cells import Cells
from autograder.exercises.expect import expect_equal, expect_true

SOLUTION = '''
def count(numbers, low):
    """Count the numbers from `low` on."""
    total = 0
    for number in numbers:
        if number >= low:
            total = total + 1
    return total
'''
STUB = "def count(numbers, low):\n    raise NotImplementedError"
TESTS = "assert count([3], 2) == 1"


def make_exercise(weak=False):
    """`count(numbers, low)`; weak checks never look at the boundary nor at an empty list."""
    exercise = Exercise(
        name="count",
        points=2,
        exports=("count",),
        hints=("Look at each.", "Add one for each."),
        time_limit_s=1.0,
    )

    @exercise.item("counts", points=1, sentence="It counts.")
    def _(learner, draw):
        numbers = draw.integers(1, 9, 30).tolist()
        for low in (3.5, 6.5, 9.5):
            expect_equal(learner.count(numbers, low), sum(one >= low for one in numbers))

    @exercise.item("the boundary", points=1, sentence="`low` itself counts.")
    def _(learner, draw):
        if weak:
            expect_true(learner.count([7], 5) == 1, "not counted")
        else:
            expect_equal(learner.count([3, 5, 7], 5), 2)

    @exercise.misconception("You count what is below.")
    def below(numbers, low):
        return sum(one < low for one in numbers)

    @exercise.misconception("You add up.")
    def added_up(numbers, low):
        return sum(one for one in numbers if one >= low)

    @exercise.misconception("You count all.")
    def everything(numbers, low):
        return len(numbers)

    return exercise


def cells(solution=SOLUTION, tests=TESTS):
    """The cells of the toy exercise."""
    return Cells(solution, STUB, tests, {}, "")
