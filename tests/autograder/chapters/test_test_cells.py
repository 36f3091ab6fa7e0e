"""A test cell leaves the chapter's own variables alone, whenever a learner runs it."""

import ast
import symtable

import pytest

from autograder.files import chapter_slugs
from autograder.source import read_text_notebook


def reads(code: str) -> set[str]:
    """Collect the names that code takes from around it, as if all of it ran at once."""
    table = symtable.symtable(code, "cell", "exec")
    found = {one.get_name() for one in table.get_symbols() if one.is_referenced()}
    below = list(table.get_children())
    while below:
        inner = below.pop()
        below += inner.get_children()
        found |= {one.get_name() for one in inner.get_symbols() if one.is_global()}
    return found


def assigned(code: str) -> set[str]:
    """Collect the names that code binds at top level; what it imports is the same everywhere."""
    symbols = symtable.symtable(code, "cell", "exec").get_symbols()
    return {one.get_name() for one in symbols if one.is_assigned() and not one.is_imported()}


def needs(code: str) -> set[str]:
    """Collect the names that a cell reads before it has bound them itself."""
    needed, bound = set(), set()
    for statement in ast.parse(code).body:
        here = ast.unparse(statement)
        changed = assigned(here)
        if isinstance(statement, ast.AugAssign):
            needed |= changed - bound
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            # What stands on the right is read before the left is bound.
            here = ast.unparse(statement.value) if statement.value else ""
            needed |= reads(here) - bound
        else:
            needed |= reads(here) - changed - bound
        bound |= changed
    return needed


def clashes(cells: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Find names of test cells that the chapter's own cells take from one another.

    Before or behind: a learner may go back to an exercise, and then read on.

    Args:
        cells: The exercise that a cell tests, or nothing, and its code.
    """
    own = [code for exercise, code in cells if not exercise]
    needed = set().union(*map(needs, own))
    return {
        (exercise, name) for exercise, code in cells if exercise for name in assigned(code) & needed
    }


def code_cells(slug: str) -> list[tuple[str, str]]:
    """Read a chapter's code cells, each with the exercise that it tests."""
    return [
        (cell.metadata.get("tests", ""), cell.source)
        for cell in read_text_notebook(slug).cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("slug", chapter_slugs())
def test_no_test_cell_takes_a_name_of_the_chapter(slug):
    assert clashes(code_cells(slug)) == set()


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ("print(draft)", True),
        ("def f():\n    return draft(1)", True),
        ("both = [draft + i for i in range(2)]", True),
        ("draft = draft + 1", True),
        ("draft += 1", True),
        ("draft = 1\nprint(draft)", False),
        ("for draft in range(3):\n    print(draft)", False),
        ("def f(draft):\n    return draft", False),
        ("print([draft for draft in range(2)])", False),
        ("print(drafted)", False),
    ],
)
def test_a_clash_is_found(own, found):
    cells = [("", own), ("speculative_step", "import torch\ndraft = torch.ones(1)")]
    assert clashes(cells) == ({("speculative_step", "draft")} if found else set())


def test_cells_of_tests_may_share_names():
    assert clashes([("one", "call = 1\nprint(call)"), ("two", "call = 2\nprint(call)")]) == set()
