import ast
import time

import pytest

from autograder.judge.python_text import as_python


def test_python_stays_as_it_is():
    assert as_python("x = 1 % 2  # as typed") == "x = 1 % 2  # as typed"


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("%%time\ny = torch.softmax(x)", "pass\ny = torch.softmax(x)"),
        ("%time y = torch.softmax(x)", "y = torch.softmax(x)"),
        ("if x:\n    %timeit -n 5 f(x)", "if x:\n    f(x)"),
        ("!ls\nfiles = !ls\nx = %env HOME\nz = 2", "pass\npass\npass\nz = 2"),
        ("torch.softmax?\n?print\nz = 2", "pass\npass\nz = 2"),
        ("%%capture out\nprint(1)", "out\nprint(1)"),
    ],
)
def test_magics_are_left_out_and_what_they_run_stays(cell, python):
    assert as_python(cell) == python
    ast.parse(python)


@pytest.mark.parametrize("cell", ["def (", "x = '\0'", "(" * 5000, "x = " + "-" * 50_000, "%%\n("])
def test_what_is_no_python_gives_nothing(cell):
    assert as_python(cell) == ""


@pytest.mark.parametrize(
    "cell",
    ["%time x\n" * 20_000, "x = " + "[" * 100_000 + "%", "a" * 100_000 + "?\n%", "=" * 90_000],
)
def test_a_hostile_cell_is_read_in_little_time(cell):
    began = time.process_time()
    as_python(cell)
    assert time.process_time() - began < 2
