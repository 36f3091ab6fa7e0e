"""A marked notebook: the transplanted one with what its cells printed and what its tests gave.

nbgrader reads the points of a test cell from its output: one plain number between 0 and the cell's
points, and nothing else that it could take for one.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.judge import Verdict
from autograder.result import Result
from autograder.submissions.assignment import Assignment, grade_id

NOTE = "course_grading"  # key of the notebook's metadata under which repairs travel


def mark_notebook(assignment: Assignment, notebook: NotebookNode, result: Result) -> None:
    """Write the outputs of a result into its transplanted notebook, in place."""
    runs = {run.cell: run for run in result.cells}
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    tests = {assignment.mark_id(one): verdicts[one.name] for one in assignment.chapter.autograded}
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if grade_id(cell) in tests:
            count += 1
            cell.execution_count = count
            cell.outputs = _verdict_outputs(tests[grade_id(cell)], count)
        elif cell.id in runs:
            count += 1
            cell.execution_count = count
            cell.outputs = _text_output(runs[cell.id].text) + _text_output(runs[cell.id].error)


def _verdict_outputs(verdict: Verdict, count: int) -> list[NotebookNode]:
    points = min(max(float(verdict.points), 0.0), float(verdict.max_points))
    number = new_output("execute_result", {"text/plain": repr(points)}, execution_count=count)
    return [*_text_output(verdict.as_text()), number]


def _text_output(text: str) -> list[NotebookNode]:
    # Never "error" nor "stderr": either would make nbgrader give nothing for the cell.
    return [new_output("stream", name="stdout", text=text.rstrip("\n") + "\n")] if text else []
