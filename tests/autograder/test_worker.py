import os

import pytest

from autograder.errors import ConfinementError, WorkerDiedError
from autograder.session import Step
from autograder.worker import Worker
from tests.autograder.small_chapter import REFERENCE, SOLUTIONS

JUDGE = Step("judge", "double")


def look(worker, source):
    """Run a cell in the worker's child and give what it printed."""
    steps = [Step("run", "cell", source), JUDGE]
    return next(e["text"] for e in worker.run(REFERENCE, steps, 0) if e["kind"] == "cell")


def test_serves_several_submissions(worker):
    for _ in range(2):
        steps = [Step("run", "ch99_double", SOLUTIONS["double"]), JUDGE]
        kinds = [event["kind"] for event in worker.run(REFERENCE, steps, 0)]
        assert kinds == ["cell", "verdict", "end"]


def test_the_environment_is_scrubbed_and_fixed(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    with Worker() as worker:
        seen = look(worker, "import os\nprint(sorted(os.environ.items()))")
    assert "hush" not in seen
    assert "('PYTHONHASHSEED', '0')" in seen
    assert "('OMP_NUM_THREADS', '1')" in seen


def test_hashes_and_threads_are_the_same_everywhere(worker):
    source = "import torch\nprint(hash('attention'), torch.get_num_threads())"
    first = look(worker, source)
    assert first == look(worker, source)
    assert first.endswith(" 1\n")
    with Worker() as other:
        assert look(other, source) == first


def test_a_module_in_the_working_directory_is_not_imported(monkeypatch, tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    monkeypatch.chdir(tmp_path)
    with Worker() as worker:
        assert look(worker, "import torch\nprint(torch.__file__)").endswith("__init__.py\n")


def test_the_death_of_the_process_is_told(monkeypatch):
    with Worker() as worker:
        worker._process.kill()
        with pytest.raises(WorkerDiedError, match="ended in the middle"):
            worker.run(REFERENCE, [JUDGE], 0)


def test_nothing_is_left_after_closing():
    with Worker() as worker:
        pid = worker._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_platform_without_fork_is_refused(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ConfinementError, match="Linux or macOS"):
        Worker()
