import pytest

from tests import full_run
from tests.full_run import Ran, Recorder, as_table

RAN = [
    Ran("tests/test_a.py::test_one", "passed", 30.0),
    Ran("tests/book/epub/deep/test_b.py::test_two[x/y]", "failed", 60.0),
    Ran("tests/book/epub/test_c.py::test_three", "skipped", 0.0, reason="there is no CUDA device"),
    *(Ran(f"tests/book/test_d.py::test_four[{i}]", "passed", 0.06) for i in range(1000)),
]


def table():
    return as_table(RAN, "2026-01-02", "abc1234", "2 processors")


def test_a_line_a_part_and_one_for_all():
    rows = [line for line in table().splitlines() if line.startswith("|")][2:]
    assert rows == [
        "| tests | 1 | 0 | 0 | 0.5 |",
        "| tests/book | 1,000 | 0 | 0 | 1.0 |",
        "| tests/book/epub | 0 | 1 | 1 | 1.0 |",
        "| **all** | 1,001 | 1 | 1 | 2.5 |",
    ]
    assert "2026-01-02, commit abc1234, 2 processors, Python 3" in table()


def test_what_failed_and_why_something_was_skipped():
    assert "Failed:\n\n- `tests/book/epub/deep/test_b.py::test_two[x/y]`\n" in table()
    assert table().endswith("Skipped:\n\n- there is no CUDA device\n")
    right = as_table(RAN[:1], "2026-01-02", "abc1234", "2 processors")
    assert right.endswith("Failed: none.\n\nSkipped: none.\n")


SUITE = """
import pytest

@pytest.fixture
def broken():
    yield
    raise OSError("not cleared away")

def test_right():
    pass

def test_wrong():
    assert not "wrong"

def test_skipped():
    pytest.skip("for a reason")

def test_left_open(broken):
    pass
"""


def run(folder, monkeypatch, suite=SUITE):
    """Run a small suite in this process, with the plugin."""
    monkeypatch.setattr(full_run, "TABLE", folder / "full_run.md")
    (folder / "pytest.ini").touch()  # a suite of its own, with no settings of the course's
    (folder / "test_small.py").write_text(suite)
    recorder = Recorder()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={folder}", str(folder)]
    return pytest.main(options, plugins=[recorder]), recorder


def test_the_steps_of_a_test_are_one_entry(tmp_path, monkeypatch, capsys):
    _, recorder = run(tmp_path, monkeypatch)
    ran = {one.test.partition("::")[2]: one for one in recorder.ran()}
    assert {name: (one.outcome, one.reason) for name, one in ran.items()} == {
        "test_right": ("passed", ""),
        "test_wrong": ("failed", ""),
        "test_skipped": ("skipped", "for a reason"),
        "test_left_open": ("failed", ""),
    }
    assert "- for a reason\n" in (tmp_path / "full_run.md").read_text()


def test_a_run_that_is_broken_off_writes_nothing(tmp_path, monkeypatch, capsys):
    suite = "def test_stopped():\n    raise KeyboardInterrupt\n"
    code, _ = run(tmp_path, monkeypatch, suite)
    assert code == pytest.ExitCode.INTERRUPTED
    assert not (tmp_path / "full_run.md").exists()
