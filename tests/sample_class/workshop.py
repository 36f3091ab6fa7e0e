"""Where submissions are made: a student notebook, filled in rightly or wrongly."""

import copy
from collections.abc import Callable, Mapping

import nbformat
from nbformat import NotebookNode

from autograder.exercises.base import Exercise
from autograder.source import read_chapter
from autograder.submissions.assignment import Assignment, grade_id, load_assignment

Edit = Callable[[NotebookNode], None]


class Workshop:
    """Makes submissions for one chapter.

    Args:
        assignment: The chapter.
        solved: Its notebook with solutions.
    """

    def __init__(self, assignment: Assignment, solved: NotebookNode) -> None:
        self.assignment = assignment
        self.chapter = assignment.chapter
        self.exercises: tuple[Exercise, ...] = assignment.chapter.autograded
        self.solutions = {
            exercise.name: without_marks(cell.source)
            for exercise in self.chapter.exercises
            for cell in solved.cells
            if grade_id(cell) == assignment.grade_id(exercise)
        }

    @classmethod
    def of(cls, slug: str) -> "Workshop":
        """Open the workshop of a chapter of the course."""
        assignment = load_assignment(slug)
        return cls(assignment, read_chapter(assignment.slug))

    def notebook(self, answers: Mapping[str, str]) -> NotebookNode:
        """Fill in a student notebook.

        Args:
            answers: Text by exercise; what is not named stays as it was handed out.
        """
        notebook = copy.deepcopy(self.assignment.notebook)
        for cell in notebook.cells:
            for exercise in self.chapter.exercises:
                if grade_id(cell) == self.assignment.grade_id(exercise):
                    cell.source = answers.get(exercise.name, cell.source)
        return notebook

    def solved(self, **changes: str) -> NotebookNode:
        """Fill in the solutions, some of them changed."""
        return self.notebook({**self.solutions, **changes})

    def edited(self, *edits: Edit, **changes: str) -> bytes:
        """Fill in the solutions, then edit the notebook as an editor or a learner would."""
        notebook = self.solved(**changes)
        for edit in edits:
            edit(notebook)
        return to_bytes(notebook)

    def cell(self, notebook: NotebookNode, exercise: Exercise) -> int:
        """Position of an exercise's answer."""
        wanted = self.assignment.grade_id(exercise)
        return next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == wanted)

    def mistakes(self, number: int) -> bytes:
        """Make the misconception of this number in every exercise that has as many."""
        wrong = {
            exercise.name: exercise.misconceptions[number].as_cell(exercise.exports)
            for exercise in self.exercises
            if number < len(exercise.misconceptions)
        }
        return to_bytes(self.solved(**wrong))

    def other_ways(self, number: int) -> bytes:
        """Give the other right answer of this number in every exercise that has as many."""
        other = {
            exercise.name: exercise.alternatives[number].as_cell(exercise.exports)
            for exercise in self.exercises
            if number < len(exercise.alternatives)
        }
        return to_bytes(self.solved(**other))


def to_bytes(notebook: NotebookNode) -> bytes:
    """Save a notebook."""
    return nbformat.writes(notebook).encode()


def without_marks(source: str) -> str:
    """Leave out the lines that mark a solution."""
    return "\n".join(line for line in source.split("\n") if "### " not in line)
