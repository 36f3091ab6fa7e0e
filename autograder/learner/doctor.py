"""Look at a machine and say what the course lacks there, each fault with its cure."""

import enum
import os
import platform
import shutil
import socket
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.files import COURSE
from autograder.learner.progress import NAME, read_progress

MIN_FREE_BYTES = 2**30  # notebooks, plots and checkpoints of a learner stay well below
LAB_PORT, SITE_PORT = 8888, 8000
INSTALL = "python -m pip install -c constraints.txt -e ."


class Health(enum.Enum):
    """How a finding is meant; the value is what a person reads."""

    WELL = "well"
    NOTE = "note"  # works, but not as it was tested
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: What was looked at.
        health: How it is.
        told: What was found.
        cure: What to do about it; "" where all is well.
    """

    what: str
    health: Health
    told: str
    cure: str = ""


def examine(workspace: Path, *, everything: bool) -> Iterator[Finding]:
    """Look at the environment, one finding after another.

    Args:
        workspace: The learner's folder.
        everything: Also what building the book, grading a class and the tests need.
    """
    yield _environment()
    yield from _packages(COURSE.root)
    yield _own_code(COURSE.root)
    yield _processes()
    yield _device()
    yield _disk(COURSE.root)
    yield _folder(workspace)
    yield _port("JupyterLab", LAB_PORT, "JupyterLab takes the next free one by itself.")
    if everything:
        yield _port("make serve", SITE_PORT, "End what listens there before `make serve`.")
        yield from _programs()


def _environment() -> Finding:
    python = f"Python {platform.python_version()}"
    if sys.prefix == sys.base_prefix and "CONDA_PREFIX" not in os.environ:
        cure = "Better: `python3 -m venv .venv`, then `source .venv/bin/activate`, then install."
        return Finding("environment", Health.NOTE, f"the system's own {python}", cure)
    return Finding("environment", Health.WELL, f"{python} in {sys.prefix}")


def _packages(root: Path) -> Iterator[Finding]:
    """Compare what is installed with what the course asks for, and with what it was tested with."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = _pinned((root / "constraints.txt").read_text(encoding="utf-8"))
    wanted = [Requirement(line) for line in project["dependencies"]]
    others = []
    n_well = 0
    for one in wanted:
        if one.marker and not one.marker.evaluate():
            continue
        try:
            installed = version(one.name)
        except PackageNotFoundError:
            yield Finding(one.name, Health.FAULT, "is not installed", f"`{INSTALL}`")
            continue
        if not one.specifier.contains(installed, prereleases=True):
            told = f"{installed} is installed; the course needs {one.specifier}"
            yield Finding(one.name, Health.FAULT, told, f"`{INSTALL}`")
            continue
        n_well += 1
        tested = pinned.get(canonicalize_name(one.name), installed)
        if installed.partition("+")[0] != tested:  # torch's builds end in +cpu or +cu…
            others.append(f"{one.name} {installed} (tested: {tested})")
    if others:
        cure = f"They should work; if something looks odd: `{INSTALL}`"
        yield Finding("versions", Health.NOTE, ", ".join(others), cure)
    yield Finding("packages", Health.WELL, f"{n_well} of {len(wanted)} as the course needs them")


def _pinned(constraints: str) -> dict[str, str]:
    lines = (line.partition(";")[0].strip() for line in constraints.splitlines())
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): pinned for name, pinned in pairs}


def _own_code(root: Path) -> Finding:
    import course_lib

    found = Path(next(iter(course_lib.__path__))).resolve().parent
    if found != root:
        cure = f"Notebooks would use that copy. In this folder: `{INSTALL}`"
        return Finding("course_lib", Health.FAULT, f"comes from {found}, not from {root}", cure)
    return Finding("course_lib", Health.WELL, f"comes from {found}")


def _processes() -> Finding:
    if not hasattr(os, "fork"):
        cure = "`course check` needs Linux or macOS; on Windows use WSL. Notebooks work as they do."
        return Finding("course check", Health.FAULT, "this system cannot fork processes", cure)
    return Finding("course check", Health.WELL, "can start its processes")


def _device() -> Finding:
    try:
        import torch

        from course_lib.device import choose_device
    except (ImportError, OSError) as error:  # a library of the system's that it wants
        told = f"torch cannot be loaded: {error}"
        return Finding("device", Health.FAULT, told, f"`{INSTALL} --force-reinstall torch`")
    device = choose_device()
    threads = torch.get_num_threads()
    told = f"torch {torch.__version__} computes on {device.type}, {threads} threads"
    return Finding("device", Health.WELL, told)


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    told = f"{free / 2**30:.1f} GiB free"
    if free < MIN_FREE_BYTES:
        cure = "Make room: 1 GiB should be free. `pip cache purge` frees what pip keeps."
        return Finding("disk", Health.FAULT, told, cure)
    return Finding("disk", Health.WELL, told)


def _folder(workspace: Path) -> Finding:
    """See that the workspace can be written into, and that what is kept there can be read."""
    if not workspace.is_dir():
        return Finding("workspace", Health.NOTE, f"{workspace} is not made yet", "`course start`")
    try:
        with tempfile.TemporaryFile(dir=workspace):
            pass
    except OSError as error:
        cure = "Give yourself the right to write there, or name another folder with --workspace."
        return Finding("workspace", Health.FAULT, f"{workspace}: {error.strerror}", cure)
    note = read_progress(workspace).note
    if note:
        return Finding(NAME, Health.NOTE, note, "`course check`")
    return Finding("workspace", Health.WELL, str(workspace))


def _port(who: str, port: int, cure: str) -> Finding:
    what = f"port {port} ({who})"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding(what, Health.NOTE, "is taken", cure)
    return Finding(what, Health.WELL, "is free")


def _programs() -> Iterator[Finding]:
    """Look for what only building the book, the tests and grading a class want."""
    for program, package, what_for in (
        ("node", "nodejs", "building the book"),
        ("chromium", "chromium", "the tests of the pages"),
        ("bwrap", "bubblewrap", "grading a class behind walls"),
    ):
        found = shutil.which(program)
        if found:
            yield Finding(program, Health.WELL, found)
        else:
            cure = f"On Debian or Ubuntu: `sudo apt-get install {package}`"
            yield Finding(program, Health.FAULT, f"is missing; {what_for} needs it", cure)
