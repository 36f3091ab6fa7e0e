"""The small chapter as a course of stock nbgrader: ordinary asserts, hidden ones among them."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.attacks.registry import put
from tests.attacks.stock_jail import NAME, SECRET
from tests.autograder.small_chapter import SOLUTIONS

_TESTS = {
    "double": f"""\
assert double(3) == 6
### BEGIN HIDDEN TESTS
{SECRET!r}
for number in (4, 7, 9):
    assert double(number) == 2 * number
x = torch.tensor([[1.5, -2.0], [0.25, 4.0]])
assert torch.allclose(double(x), 2 * x)
### END HIDDEN TESTS""",
    "largest": """\
assert largest([1, 3, 2]) == 3
### BEGIN HIDDEN TESTS
for numbers in ([-4, -9, -2], [5], [7, 7, 1]):
    assert largest(numbers) == max(numbers)
### END HIDDEN TESTS""",
}
_STUBS = {
    "double": "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
    "largest": "def largest(numbers):\n    ### BEGIN SOLUTION\n    return max(numbers)\n"
    "    ### END SOLUTION",
}
_CONFIG = f"""\
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.root = "$COURSE"
c.IncludeHeaderFooter.header = ""
c.NbGraderAPI.assignment_id = "{NAME}"
"""


def make_course(root: Path) -> NotebookNode:
    """Write the course and release it with nbgrader's own command.

    Returns:
        An honest learner's notebook: the release with the right answers.
    """
    source = root / "source" / NAME
    source.mkdir(parents=True)
    nbformat.write(_source(), source / f"{NAME}.ipynb")
    (root / "nbgrader_config.py").write_text(_CONFIG.replace("$COURSE", str(root)))
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--create"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    notebook = nbformat.read(root / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for name, text in SOLUTIONS.items():
        put(notebook, name, text)
    return notebook


def _source() -> NotebookNode:
    cells = [new_markdown_cell("# A small chapter"), new_code_cell("import torch\n\nTWO = 2")]
    cells.append(new_code_cell("print('a demonstration')"))
    for name, points in (("double", 60), ("largest", 30)):
        cells.append(new_markdown_cell(f"### {name}"))
        cells.append(new_code_cell(_STUBS[name], metadata=_metadata(name, solution=True)))
        tests = _metadata(f"{name}_test", grade=True, locked=True, points=points)
        cells.append(new_code_cell(_TESTS[name], metadata=tests))
    written = _metadata("written", solution=True, grade=True, points=10, cell_type="markdown")
    cells.append(new_markdown_cell("YOUR ANSWER HERE", metadata=written))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _metadata(name: str, cell_type: str = "code", **given: object) -> dict:
    nbgrader = {
        "grade_id": f"ch99_{name}",
        "schema_version": 3,
        "cell_type": cell_type,
        **{"grade": False, "locked": False, "solution": False, "task": False},
        **given,
    }
    return {"nbgrader": nbgrader}
