"""Cells run in a process of their own: a shell and the global seeds belong to a whole one."""

import pytest

from autograder.sandbox.cells import MAX_OUTPUT_CHARACTERS


@pytest.fixture
def run_cells(confined):
    """Run cells in one process; give their outcomes as (text, error), and some of the names."""

    def run_cells(*sources, cpu_s=5.0, seed=0, look=()):
        process = confined(seed)
        outcomes = [process.run_cell(source, cpu_s) for source in sources]
        names = {}
        for name in look:
            names[name] = process.run_cell(f"print(repr({name}))", cpu_s).text.rstrip("\n")
        return [(one.text, one.error) for one in outcomes], names

    return run_cells


def test_cells_share_a_namespace_and_keep_what_they_print(run_cells):
    (first, second), names = run_cells("x = 2\nprint('two')", "x + 3", look=["x"])
    assert first == ("two\n", "")
    assert second == ("5\n", "")
    assert names == {"x": "2"}


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero (line 2 of the cell)"),
        ("def f(x)\n    pass", "SyntaxError: expected ':' (line 1 of the cell)"),
        ("x = 1\ny = (x\nz = 3", "SyntaxError: '(' was never closed (line 2 of the cell)"),
        ("%time x = 1\ny = {x", "SyntaxError: '{' was never closed (line 2 of the cell)"),
        ("raise NotImplementedError()", "NotImplementedError (line 1 of the cell)"),
        ("import sys\nsys.exit(1)", "SystemExit: 1 (line 2 of the cell)"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "(its message cannot be"),
    ],
)
def test_an_error_is_said_in_a_line_and_the_next_cell_runs(run_cells, source, error):
    outcomes, _ = run_cells(source, "print('on')")
    assert outcomes[0][1].startswith(error) or error in outcomes[0][1]
    assert outcomes[1] == ("on\n", "")


@pytest.mark.parametrize("endless", ["while True: pass", "import time\ntime.sleep(1000)"])
def test_a_cell_without_end_is_given_up_and_keeps_what_it_defined(run_cells, endless):
    outcomes, names = run_cells(f"x = 7\n{endless}", "print('on')", cpu_s=0.3, look=["x"])
    assert outcomes[0][1] == "The cell was stopped: it ran longer than 0.3 seconds."
    assert outcomes[1] == ("on\n", "")
    assert names == {"x": "7"}


def test_output_is_cut_at_a_limit(run_cells):
    outcomes, _ = run_cells("for i in range(100_000):\n    print(i)")
    text = outcomes[0][0]
    assert len(text) < MAX_OUTPUT_CHARACTERS + 100
    assert text.startswith("0\n1\n")
    assert text.endswith("cut\n")


def test_magics_work_and_shell_commands_do_not(run_cells):
    outcomes, _ = run_cells(
        "%matplotlib inline\n!touch here\nx = !ls\n%pip install torch\nprint(x)",
        "import os\nos.path.exists('here')",
    )
    assert outcomes[0][1] == ""
    assert outcomes[0][0].count("not run while grading") == 3
    assert outcomes[1] == ("False\n", "")


def test_the_global_generators_are_seeded(run_cells):
    source = "import random, numpy, torch\nrandom.random(), numpy.random.rand(), torch.rand(())"
    once, again, other = (run_cells(source, seed=seed)[0][0] for seed in (1, 1, 2))
    assert once == again != other


def test_figures_are_taken_and_closed(confined):
    process = confined()
    draw = "import matplotlib.pyplot as plt\nfor n in range(6):\n    plt.figure(); plt.plot([n])"
    reply = process.run_cell(f"{draw}\nplt.show()", 10.0)
    assert (len(reply.plots), reply.text, reply.error) == (4, "", "")
    assert all(plot.startswith(b"\x89PNG") for plot in reply.plots)
    assert process.run_cell("print(plt.get_fignums())", 5.0).text == "[]\n"


def test_warnings_are_those_that_jupyter_shows(run_cells):
    told, _ = run_cells("import warnings\nwarnings.warn('look out')\nopen('/proc/self/stat')")
    assert "UserWarning: look out" in told[0][0]
    assert "ResourceWarning" not in told[0][0]
