"""A chapter of two small exercises and a written answer, for tests of the grader.

It goes through the same code as the real chapters and is graded in a fraction of a second.
"""

from functools import cache

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.cells import complete
from autograder.exercises.base import Chapter, Criterion, Exercise, WrittenAnswer
from autograder.exercises.expect import expect_close
from autograder.source import KERNELSPEC, student_notebook
from autograder.submissions.assignment import Assignment

REFERENCE = "tests.autograder.small_chapter:assignment"

double = Exercise(
    name="double",
    points=60,
    exports=("double",),
    not_allowed=("torch.multiply",),
    hints=("What is twice x?", "Multiply."),
    time_limit_s=1.0,
)


@double.item("whole numbers", points=20, sentence="Twice a whole number is twice that number.")
def _(learner, draw):
    number = draw.integer(3, 9)
    expect_close(learner.double(number), 2 * number)


@double.item("tensors", points=40, sentence="Every element of a tensor is doubled.")
def _(learner, draw):
    x = draw.normal(*draw.sizes(2))
    expect_close(learner.double(x), 2 * x)


@double.alternative
def by_adding(x):
    return x + x


@double.misconception("You squared: twice 3 is 6, not 9.")
def squared(x):
    return x * x


@double.misconception("You added two instead of multiplying by two.")
def two_more(x):
    return x + 2


@double.misconception("You gave back what you were given.")
def unchanged(x):
    return x


largest = Exercise(
    name="largest",
    points=30,
    exports=("largest",),
    hints=("Look at each.", "Keep the best so far."),
    time_limit_s=1.0,
)


@largest.item("the largest", points=30, sentence="The largest of the numbers comes back.")
def _(learner, draw):
    numbers = draw.integers(-9, 9, 7).tolist()
    expect_close(learner.largest(numbers), max(numbers))


@largest.misconception("That is the first number.")
def first(numbers):
    return numbers[0]


@largest.misconception("That is the smallest number.")
def smallest(numbers):
    return min(numbers)


@largest.misconception("That is the last number.")
def last(numbers):
    return numbers[-1]


written = WrittenAnswer(
    name="written",
    points=10,
    rubric=(
        Criterion("Says what doubling is", 4),
        Criterion("Gives an example", 3),
        Criterion("Is short", 3),
    ),
)

CHAPTER = Chapter("ch99_small", 99, "A small chapter", (double, largest, written))

SOLUTIONS = {
    "double": 'def double(x):\n    """Twice x."""\n    return 2 * x',
    "largest": 'def largest(numbers):\n    """The largest."""\n    return max(numbers)',
    "written": "Doubling is adding a thing to itself, as 3 + 3.",
}


@cache
def solved():
    """The chapter's notebook with solutions, as `autograder.source.read_chapter` gives one."""
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A small chapter"),
            new_code_cell("import torch\n\nTWO = 2", metadata={"given": "imports"}),
            new_code_cell("print('a demonstration')\nhelper_of_ours = 1"),
            new_markdown_cell("### Double\n\nDouble it.", metadata={"statement": "double"}),
            new_code_cell(_answer("double"), metadata={"exercise": "double"}),
            new_code_cell(
                "from autograder.visible import expect_equal\n\n"
                'expect_equal(double(3), 6, call="double(3)")',
                metadata={"tests": "double"},
            ),
            new_markdown_cell("### Largest\n\nFind it.", metadata={"statement": "largest"}),
            new_code_cell(_answer("largest"), metadata={"exercise": "largest"}),
            new_code_cell("assert largest([1, 3, 2]) == 3", metadata={"tests": "largest"}),
            new_markdown_cell("### In words\n\nSay it.", metadata={"statement": "written"}),
            new_markdown_cell(
                f"### BEGIN SOLUTION\n{SOLUTIONS['written']}\n### END SOLUTION",
                metadata={"exercise": "written"},
            ),
        ],
        metadata={"course": {"chapter": CHAPTER.slug}, "kernelspec": KERNELSPEC},
    )
    complete(notebook, CHAPTER)
    return notebook


@cache
def assignment():
    """The chapter as it is graded."""
    return Assignment(REFERENCE, CHAPTER, student_notebook(solved()))


def _answer(name):
    head, *body = SOLUTIONS[name].split("\n")
    doc, *work = body
    inner = ["    ### BEGIN SOLUTION", *work, "    ### END SOLUTION"]
    return "\n".join([head, doc, *inner])
