"""A short form of the hour: a mixed class, graded again and again, leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOOKS = ("parent_bytes", "worker_bytes", "warm_bytes", "tree_fds", "out_files")


@pytest.mark.load
def test_a_few_rounds_leave_nothing_behind(tmp_path):
    command = [sys.executable, "benchmarks/soak.py", "--minutes", "2", "--size", "12"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "soak.csv")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for column in LOOKS:
        assert f" {column} " in done.stdout
    again = subprocess.run(
        [*command[:2], "--judge", str(tmp_path / "soak.csv")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert again.stdout == done.stdout
