"""The small chapter with an exercise of extra credit, for tests of where its marks go."""

from functools import cache

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.cells import complete
from autograder.exercises.base import Chapter, Exercise
from autograder.exercises.expect import expect_close
from autograder.source import KERNELSPEC, student_notebook
from autograder.submissions.assignment import Assignment
from tests.autograder import small_chapter

REFERENCE = "tests.autograder.bonus_chapter:assignment"
SOLUTIONS = {**small_chapter.SOLUTIONS, "halve": "def halve(x):\n    return x / 2"}

halve = Exercise(
    name="halve",
    points=7,
    exports=("halve",),
    hints=("What is half of x?", "Divide."),
    time_limit_s=1.0,
    bonus=True,
)


@halve.item("even numbers", points=3, sentence="Half of an even number is a number.")
def _(learner, draw):
    number = 2 * draw.integer(3, 9)
    expect_close(learner.halve(number), number / 2)


@halve.item("odd numbers", points=4, sentence="Half of an odd number has a half.")
def _(learner, draw):
    number = 2 * draw.integer(3, 9) + 1
    expect_close(learner.halve(number), number / 2)


@halve.misconception("You doubled.")
def doubled(x):
    return 2 * x


@halve.misconception("You cut the half off.")
def whole(x):
    return float(x // 2)


@halve.misconception("You gave back what you were given.")
def same(x):
    return x


CHAPTER = Chapter("ch99_small", 99, "A small chapter", (*small_chapter.CHAPTER.exercises, halve))


@cache
def assignment():
    """The chapter as it is graded."""
    return Assignment(REFERENCE, CHAPTER, student_notebook(solved()))


@cache
def solved():
    """The chapter's notebook with solutions."""
    cells = [new_code_cell("import torch", metadata={"given": "imports"})]
    for name, solution in SOLUTIONS.items():
        marked = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
        cells.append(new_markdown_cell(f"### {name}", metadata={"statement": name}))
        if name == "written":
            cells.append(new_markdown_cell(marked, metadata={"exercise": name}))
            continue
        cells.append(new_code_cell(marked, metadata={"exercise": name}))
        cells.append(new_code_cell(f"assert {name}", metadata={"tests": name}))
    metadata = {"course": {"chapter": CHAPTER.slug}, "kernelspec": KERNELSPEC}
    notebook = new_notebook(cells=cells, metadata=metadata)
    complete(notebook, CHAPTER)
    return notebook
