"""Notebooks whose metadata, ids, tags or locked cells want to be taken for the course's."""

import copy

from nbformat.v4 import new_code_cell, new_output

from autograder.submissions.assignment import grade_id
from tests.attacks.registry import (
    ALL,
    HONEST,
    NOTHING,
    STUB,
    WRONG,
    WRONG_SHOWS,
    index,
    notebook,
    put,
)

CHANGED = "The tests of double had been changed"


@notebook(because="double raised NotImplementedError")
def skip_execution_tag(nb):
    """Tags every test cell `skip-execution`, so that no test is ever run."""
    put(nb, "double", STUB)
    for cell in nb.cells:
        if grade_id(cell).endswith("_test"):
            cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]


@notebook(because=WRONG_SHOWS)
def points_raised(nb):
    """Makes every test worth a million points, and the wrong one none."""
    put(nb, "double", WRONG)
    for cell in nb.cells:
        if "points" in cell.metadata.get("nbgrader", {}):
            cell.metadata.nbgrader["points"] = 1_000_000
    nb.cells[index(nb, "double_test")].metadata.nbgrader["points"] = 0


@notebook(because=(CHANGED, WRONG_SHOWS))
def tests_replaced_by_a_number(nb):
    """Writes the points into the test cell in place of the tests."""
    put(nb, "double", WRONG)
    put(nb, "double_test", "60.0")


@notebook(because=(CHANGED, WRONG_SHOWS))
def tests_marked_as_an_answer(nb):
    """Declares the test cell an unlocked answer, so that its text is kept."""
    put(nb, "double", WRONG)
    put(nb, "double_test", "print('all is well')\n60.0")
    nb.cells[index(nb, "double_test")].metadata.nbgrader.update(solution=True, locked=False)


@notebook(because=WRONG_SHOWS)
def tests_deleted(nb):
    """Deletes the test cells, so that nothing fails."""
    put(nb, "double", WRONG)
    nb.cells = [cell for cell in nb.cells if not grade_id(cell).endswith("_test")]


@notebook(because=(CHANGED, WRONG_SHOWS))
def tests_doubled(nb):
    """Puts a second cell with the id of the tests behind them, which says what it likes."""
    put(nb, "double", WRONG)
    place = index(nb, "double_test")
    nb.cells.insert(place + 1, copy.deepcopy(nb.cells[place]))
    nb.cells[place + 1].update(source="60.0", id="another")


@notebook(because=WRONG_SHOWS)
def tests_turned_to_markdown(nb):
    """Turns the test cell into text, which nobody runs."""
    put(nb, "double", WRONG)
    cell = nb.cells[index(nb, "double_test")]
    cell.cell_type = "markdown"
    cell.metadata.nbgrader["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


@notebook(because=WRONG_SHOWS)
def outputs_forged(nb):
    """Hands the test cell in with an output that looks like full points."""
    put(nb, "double", WRONG)
    cell = nb.cells[index(nb, "double_test")]
    cell.outputs = [new_output("execute_result", {"text/plain": "60.0"}, execution_count=1)]
    cell.execution_count = 1


@notebook(because=("The cell of double stood 2 times", WRONG_SHOWS))
def grade_id_twice(nb):
    """Has two cells with the id of one answer; stock nbgrader stops the whole class at this."""
    place = index(nb, "double")
    nb.cells.insert(place + 1, copy.deepcopy(nb.cells[place]))
    nb.cells[place + 1].update(source=WRONG, id="another")


@notebook(because=("The cell of double stood 2 times", WRONG_SHOWS))
def cell_id_borrowed(nb):
    """Gives a cell of its own the notebook format's id of an answer's cell."""
    put(nb, "double", WRONG)
    nb.cells.insert(0, new_code_cell("x = 1", id=nb.cells[index(nb, "double")].id))


@notebook(because=WRONG_SHOWS)
def answer_marked_as_tests(nb):
    """Gives the wrong answer's cell the id, the lock and the points of the tests."""
    put(nb, "double", WRONG + "\n60.0")
    nb.cells[index(nb, "double")].metadata.nbgrader.update(grade=True, locked=True, points=60)


@notebook(because=WRONG_SHOWS)
def imports_rewritten(nb):
    """Rewrites the locked cell of imports so that every comparison holds."""
    put(nb, "double", WRONG)
    nb.cells[1].source = "import torch\ntorch.allclose = torch.equal = lambda *a, **k: True"


@notebook(because="ZeroDivisionError", points=ALL)
def breaks_as_if_the_course_did(nb):
    """Marks its own broken cell as the course's imports: a broken course stops the whole class."""
    cell = new_code_cell("1 / 0", metadata={"given": "imports", "exercise": "x", "tests": "double"})
    nb.cells.insert(0, cell)


@notebook(because=WRONG_SHOWS)
def note_of_the_grader_forged(nb):
    """Forges the note in which the grader keeps what it repaired."""
    put(nb, "double", WRONG)
    nb.metadata["course_grading"] = {"reason": "", "repairs": [], "points": 90, "verdicts": [60]}
    nb.metadata["course"] = {"chapter": "ch98_easier"}


@notebook(points=ALL)
def another_kernel(nb):
    """Asks for a kernel of another language, one that does not exist here."""
    nb.metadata["kernelspec"] = {"name": "bash -c reboot", "display_name": "x", "language": "bash"}
    nb.metadata["language_info"] = {"name": "../../../bin/sh"}


@notebook(because="it was read as format 4", points=ALL)
def format_minor_made_up(nb):
    """Claims a minor version of the format that no program has."""
    nb["nbformat_minor"] = "5; import os"


@notebook(because="was no code cell; it was run as one", points=ALL)
def answer_in_a_raw_cell(nb):
    """Makes the answer's cell a raw one, which Jupyter would not run."""
    cell = nb.cells[index(nb, "double")]
    cell.cell_type = "raw"
    del cell["outputs"], cell["execution_count"]


@notebook(because="cells; 2000 are allowed", points=NOTHING)
def three_thousand_cells(nb):
    """Has so many cells that running them takes the day."""
    nb.cells += [new_code_cell("import time; time.sleep(60)") for _ in range(3000)]


@notebook(because=("characters, 200000 are allowed", "double raised NotImplementedError"))
def a_cell_of_a_megabyte(nb):
    """Has an answer of a megabyte, for parsers to choke on."""
    put(nb, "double", "x = " + "(" * 500_000 + "1" + ")" * 500_000)


@notebook(because="double raised NotImplementedError", points=HONEST)
def answer_in_the_written_cell(nb):
    """Writes code into the cell of the written answer and calls it code."""
    put(nb, "double", STUB)
    cell = nb.cells[index(nb, "written")]
    cell.update(cell_type="code", source="def double(x):\n    return 2 * x\n90.0")
    cell.update(outputs=[], execution_count=None)
