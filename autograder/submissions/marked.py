"""A marked notebook: the transplanted one with what its cells gave and what its tests found.

nbgrader reads the points of a test cell from its output: one plain number between 0 and the cell's
points, and nothing else that it could take for one. A cell of extra credit has none, and its marks
go into the gradebook beside the points. Its formgrader shows the notebook to the
marker, who finds the rubric above each answer in words; its feedback shows it to the learner, so
that no model answer may stand in it.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from autograder.exercises.base import WrittenAnswer
from autograder.judge import Verdict
from autograder.result import CellRun, Result
from autograder.submissions.assignment import Assignment, grade_id, is_answer
from autograder.submissions.inert import inert
from autograder.submissions.transplant import is_added

NOTE = "course_grading"  # key of the notebook's metadata under which nbgrader's steps keep theirs


def mark_notebook(assignment: Assignment, notebook: NotebookNode, result: Result) -> None:
    """Write what a result says into its transplanted notebook, in place."""
    _fill_code_cells(assignment, notebook, result)
    rubrics = {
        assignment.grade_id(one): _rubric(assignment.grade_id(one), one)
        for one in assignment.chapter.exercises
        if isinstance(one, WrittenAnswer)
    }
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and _is_learners(assignment, cell):
            cell.source = inert(cell.source)
        if grade_id(cell) in rubrics:
            cells.append(rubrics[grade_id(cell)])
        cells.append(cell)
    notebook.cells = cells


def _fill_code_cells(assignment: Assignment, notebook: NotebookNode, result: Result) -> None:
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
            cell.outputs = _run_outputs(runs[cell.id])


def _is_learners(assignment: Assignment, cell: NotebookNode) -> bool:
    """Tell whether a cell's text is the learner's, and not as it was handed out."""
    if is_answer(cell):
        # Left alone when untouched: nbgrader says "No response." by the checksum.
        return cell.source != assignment.by_grade_id[grade_id(cell)].source
    return is_added(cell)


def _rubric(answer: str, exercise: WrittenAnswer) -> NotebookNode:
    lines = [f"- **{one.points} points:** {inert(one.sentence)}" for one in exercise.rubric]
    text = "\n".join(["**How this answer is marked**", "", *lines])
    return new_markdown_cell(text, id=f"{answer}_rubric")


def _verdict_outputs(verdict: Verdict, count: int) -> list[NotebookNode]:
    most = 0.0 if verdict.bonus else float(verdict.max_points)
    points = min(max(float(verdict.points), 0.0), most)
    number = new_output("execute_result", {"text/plain": repr(points)}, execution_count=count)
    return [*_text_output(verdict.as_text()), number]


def _run_outputs(run: CellRun) -> list[NotebookNode]:
    plots = [new_output("display_data", {"image/png": plot}) for plot in run.plots]
    return [*_text_output(run.text), *plots, *_text_output(run.error)]


def _text_output(text: str) -> list[NotebookNode]:
    # Never "error" nor "stderr": either would make nbgrader give nothing for the cell.
    return [new_output("stream", name="stdout", text=text.rstrip("\n") + "\n")] if text else []
