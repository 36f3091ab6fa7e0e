"""Rebuild a submission from the course's notebook.

Only the text of the learner's answers and of the cells that they added comes from the submission.
Locked cells, tests, tags, ids and every other metadata are ours, so that a submission cannot skip,
reweigh or rewrite a test.
"""

import copy
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.submissions.assignment import Assignment, grade_id, is_answer
from autograder.submissions.matching import BEFORE_ALL, Match, match
from autograder.submissions.reading import Cell, Submission

ADDED = "added-by-learner"  # tag of a cell that is not in the course's notebook


@dataclass(frozen=True)
class Transplanted:
    """A submission in the course's own notebook.

    Attributes:
        notebook: The course's notebook with the learner's answers and added cells.
        repairs: One sentence for each thing that was not as it should be.
        other_chapter: Short name of the chapter whose notebook was submitted, if not this one.
    """

    notebook: NotebookNode
    repairs: tuple[str, ...]
    other_chapter: str = ""


def transplant(assignment: Assignment, submission: Submission) -> Transplanted:
    """Put the learner's answers into the course's notebook."""
    found = match(assignment, submission.cells)
    notebook = copy.deepcopy(assignment.notebook)
    cells = _added(found, BEFORE_ALL)
    for index, cell in enumerate(notebook.cells):
        if is_answer(cell):
            # Missing code becomes empty, not the stub, which would undo a definition in another
            # cell; missing words stay as handed out, which nbgrader takes for no response.
            missing = "" if cell.cell_type == "code" else cell.source
            cell.source = found.answers.get(grade_id(cell), missing)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells += [cell, *_added(found, index)]
    notebook.cells = cells
    for number, cell in enumerate((c for c in cells if is_added(c)), start=1):
        cell.id = f"added-{number:04d}"
    repairs = (*submission.repairs, *found.repairs)
    return Transplanted(notebook, repairs, found.other_chapter)


def is_added(cell: NotebookNode) -> bool:
    """Tell whether a cell of a transplanted notebook was added by the learner."""
    return ADDED in cell.metadata.get("tags", ())


def _added(found: Match, index: int) -> list[NotebookNode]:
    return [_new_cell(cell) for cell in found.added.get(index, ())]


def _new_cell(cell: Cell) -> NotebookNode:
    make = new_code_cell if cell.kind == "code" else new_markdown_cell
    return make(cell.source, metadata={"tags": [ADDED]})
