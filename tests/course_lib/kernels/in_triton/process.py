"""Runs a module of this folder in a process of its own and reads what it found.

Whether Triton compiles or interprets is settled when it is first imported, for a whole process;
and the checking of shapes, on in tests, wraps functions whose source Triton must read.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is not installed: it is for Linux"
)


def found_by(module, *arguments, interpreted=True, **environment):
    """Run `in_triton/<module>.py` and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"{__package__}.{module}", *arguments],
        env={**os.environ, "TRITON_INTERPRET": str(int(interpreted)), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
