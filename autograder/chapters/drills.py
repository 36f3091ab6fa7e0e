"""The drills of an appendix: small tasks that are checked at once and that nobody grades.

In the text a drill is two cells: `drill: <name>` holds the answer, between the marks that enclose
a solution, and `check: <name>` says whether it is right. In the student notebook a stub stands in
place of the answer; on the page too, and the answer follows the check, folded.
"""

from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.chapters.cells import BEGIN_SOLUTION, END_SOLUTION, MARKERS

DRILL, CHECK = "drill", "check"
STUB = (
    '# YOUR CODE HERE\nraise NotImplementedError("write {name}, then run this cell and its check")'
)


def find_drill_faults(notebook: NotebookNode) -> Iterator[str]:
    """Say in one sentence each what is wrong with the drills of an appendix."""
    found = [
        (role, cell.metadata[role])
        for cell in notebook.cells
        for role in (DRILL, CHECK)
        if role in cell.metadata
    ]
    names = dict.fromkeys(name for role, name in found if role == DRILL)
    if found != [(role, name) for name in names for role in (DRILL, CHECK)]:
        yield (
            "each cell `drill: <name>` must be followed by one cell `check: <name>`; there are "
            + ", ".join(f"{role}: {name}" for role, name in found)
        )
    for number, cell in enumerate(notebook.cells, start=1):
        marks = [line.strip() for line in cell.source.splitlines() if _is_mark(line)]
        if DRILL in cell.metadata and marks != [BEGIN_SOLUTION, END_SOLUTION]:
            yield (
                f"cell {number}, the drill {cell.metadata[DRILL]!r}, needs one answer between "
                f"'{BEGIN_SOLUTION}' and '{END_SOLUTION}'"
            )
        elif DRILL not in cell.metadata and any(mark in cell.source for mark in MARKERS):
            yield f"cell {number} holds the mark of a solution but is no drill"


def _is_mark(line: str) -> bool:
    return line.strip() in (BEGIN_SOLUTION, END_SOLUTION)


def drill_answers(notebook: NotebookNode) -> dict[str, str]:
    """Give the answer to each drill: its cell as a learner would have written it."""
    return {
        cell.metadata[DRILL]: "\n".join(
            line for line in cell.source.splitlines() if not _is_mark(line)
        )
        for cell in notebook.cells
        if DRILL in cell.metadata
    }


def leave_out_answers(notebook: NotebookNode) -> None:
    """Put a stub in place of each drill's answer, in place; a chapter has none."""
    for cell in notebook.cells:
        if DRILL in cell.metadata:
            before, _, rest = cell.source.partition(BEGIN_SOLUTION)
            _, _, after = rest.partition(END_SOLUTION)
            indent = before.rpartition("\n")[2]
            stub = STUB.format(name=cell.metadata[DRILL]).replace("\n", f"\n{indent}")
            cell.source = before + stub + after


def fold_answers(page: NotebookNode) -> None:
    """Take the answer out of each drill's cell and fold it in below the check, in place."""
    answers = drill_answers(page)
    leave_out_answers(page)
    cells = []
    for cell in page.cells:
        cells.append(cell)
        if CHECK in cell.metadata:
            answer = answers[cell.metadata[CHECK]]
            text = f":::{{dropdown}} Answer\n```python\n{answer}\n```\n:::"
            cells.append(new_markdown_cell(text, id=f"{cell.id}-answer"))
    page.cells = cells
