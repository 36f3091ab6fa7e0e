"""Cells run in a forked child, since a shell and the global seeds belong to a whole process."""

import pytest

from autograder.sandbox.cells import MAX_OUTPUT_CHARACTERS
from autograder.sandbox.run import Limits, run_confined


def run_cells(*sources, cpu_s=5.0, seed=0, look=()):
    """Run cells in one shell; give their outcomes as (text, error), and some of the names."""

    def work(emit):
        from autograder.sandbox.cells import CellRunner

        runner = CellRunner(seed)
        for source in sources:
            outcome = runner.run(source, cpu_s)
            emit("cell", text=outcome.text, error=outcome.error)
        names = {name: repr(runner.namespace.get(name)) for name in look}
        emit("names", names=names, python=runner.python_so_far)

    *events, ended = run_confined(work, lambda step: 60.0, Limits())
    assert ended.reason == ""
    *cells, names = events
    return [(cell["text"], cell["error"]) for cell in cells], names


def test_cells_share_a_namespace_and_keep_what_they_print():
    (first, second), names = run_cells("x = 2\nprint('two')", "x + 3", look=["x"])
    assert first == ("two\n", "")
    assert second == ("5\n", "")
    assert names["names"] == {"x": "2"}


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero (line 2 of the cell)"),
        ("def f(x)\n    pass", "SyntaxError: expected ':' (line 1 of the cell)"),
        ("raise NotImplementedError()", "NotImplementedError (line 1 of the cell)"),
        ("import sys\nsys.exit(1)", "SystemExit: 1 (line 2 of the cell)"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "(its message cannot be"),
    ],
)
def test_an_error_is_said_in_a_line_and_the_next_cell_runs(source, error):
    outcomes, _ = run_cells(source, "print('on')")
    assert outcomes[0][1].startswith(error) or error in outcomes[0][1]
    assert outcomes[1] == ("on\n", "")


@pytest.mark.parametrize("endless", ["while True: pass", "import time\ntime.sleep(1000)"])
def test_a_cell_without_end_is_given_up_and_keeps_what_it_defined(endless):
    outcomes, names = run_cells(f"x = 7\n{endless}", "print('on')", cpu_s=0.3, look=["x"])
    assert outcomes[0][1] == "The cell was stopped: it ran longer than 0.3 seconds."
    assert outcomes[1] == ("on\n", "")
    assert names["names"] == {"x": "7"}


def test_output_is_cut_at_a_limit():
    outcomes, _ = run_cells("for i in range(100_000):\n    print(i)")
    text = outcomes[0][0]
    assert len(text) < MAX_OUTPUT_CHARACTERS + 100
    assert text.startswith("0\n1\n")
    assert text.endswith("cut\n")


def test_magics_work_and_shell_commands_do_not():
    outcomes, _ = run_cells(
        "%matplotlib inline\n!touch here\nx = !ls\n%pip install torch\nprint(x)",
        "import os\nos.path.exists('here')",
    )
    assert outcomes[0][1] == ""
    assert outcomes[0][0].count("not run while grading") == 3
    assert outcomes[1] == ("False\n", "")


def test_the_global_generators_are_seeded():
    source = "import random, numpy, torch\nrandom.random(), numpy.random.rand(), torch.rand(())"
    once, again, other = (run_cells(source, seed=seed)[0][0] for seed in (1, 1, 2))
    assert once == again != other


def test_the_python_of_cells_is_remembered_without_what_is_not_python():
    _, names = run_cells("%time x = 1\ny = 2", "def (", "z = 3")
    assert "run_line_magic" in names["python"]
    assert "z = 3" in names["python"]
    assert "def (" not in names["python"]
