import ast

import pytest

from autograder.judge.python_text import MAX_MAGIC_CELL_CHARACTERS, as_python


def test_python_stays_as_it_is():
    assert as_python("x = 1  # as typed") == "x = 1  # as typed"


def test_magics_become_calls_and_the_rest_stays():
    python = as_python("%time x = torch.softmax(y)\n!ls\nz = 2")
    assert "run_line_magic('time', 'x = torch.softmax(y)')" in python
    assert python.endswith("z = 2\n")
    ast.parse(python)


@pytest.mark.parametrize(
    "cell",
    ["def (", "x = '\0'", "(" * 5000, "%time\n" * MAX_MAGIC_CELL_CHARACTERS, "x = " + "-" * 50_000],
)
def test_what_is_no_python_or_too_much_gives_nothing(cell):
    assert as_python(cell) == ""
