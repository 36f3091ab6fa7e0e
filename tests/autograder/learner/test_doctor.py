import os
import socket
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from autograder.files import COURSE, Course
from autograder.learner import doctor
from autograder.learner.doctor import Health, examine

PROJECT = '[project]\ndependencies = ["numpy>=2", "rich>=14"]\n'


@pytest.fixture
def found(tmp_path):
    """Examine this machine; give the findings by what was looked at."""

    def run(*, everything=False, workspace=tmp_path):
        return {one.what: one for one in examine(workspace, everything=everything)}

    return run


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Give the findings on packages, for a project and versions made up for it."""

    def run(constraints="numpy==2.1.0\nrich==14.0.0\n", **installed):
        (tmp_path / "pyproject.toml").write_text(PROJECT)
        (tmp_path / "constraints.txt").write_text(constraints)

        def version(name):
            if name not in installed:
                raise PackageNotFoundError(name)
            return installed[name]

        monkeypatch.setattr(doctor, "version", version)
        return {one.what: one for one in doctor._packages(tmp_path)}

    return run


def test_here_nothing_is_wrong_with_what_the_tests_themselves_need(found):
    seen = found()
    for what in ("environment", "packages", "course_lib", "course check", "device", "workspace"):
        assert seen[what].health is Health.WELL, seen[what]
        assert seen[what].cure == ""
    assert "computes on" in seen["device"].told
    assert f"Python {sys.version.split()[0]} in" in seen["environment"].told
    assert "GiB free" in seen["disk"].told


def test_every_fault_and_note_has_a_cure(found, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 2**70)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.delattr(os, "fork")
    seen = found(everything=True, workspace=tmp_path / "none")
    for what in ("disk", "course check", "node", "chromium", "bwrap"):
        assert seen[what].health is Health.FAULT, what
        assert seen[what].cure, what
    for what in ("environment", "workspace"):
        assert seen[what].health is Health.NOTE, what
        assert seen[what].cure, what


def test_node_chromium_and_bubblewrap_are_asked_for_only_where_they_are_wanted(found):
    assert not {"node", "chromium", "bwrap"} & set(found())
    assert {"node", "chromium", "bwrap"} < set(found(everything=True))


def test_packages_as_tested_are_well_and_builds_of_torch_count_as_their_version(packages):
    seen = packages(numpy="2.1.0+cpu", rich="14.0.0")
    assert list(seen) == ["packages"]
    assert seen["packages"].told == "2 of 2 as the course needs them"


def test_a_package_that_is_missing_or_too_old_is_a_fault(packages):
    seen = packages(rich="13.9")
    assert seen["numpy"].told == "is not installed"
    assert seen["rich"].told == "13.9 is installed; the course needs >=14"
    assert {seen[name].health for name in ("numpy", "rich")} == {Health.FAULT}
    assert "-c constraints.txt" in seen["numpy"].cure
    assert seen["packages"].told == "0 of 2 as the course needs them"


def test_another_version_than_the_tested_one_is_a_note(packages):
    seen = packages(numpy="2.2.0", rich="14.0.0")
    assert seen["versions"].health is Health.NOTE
    assert seen["versions"].told == "numpy 2.2.0 (tested: 2.1.0)"


def test_the_real_pins_are_read():
    pinned = doctor._pinned((COURSE.root / "constraints.txt").read_text())
    assert pinned["torch"] == "2.13.0"
    assert pinned["jupyter-book"] == "1.0.4.post1"


def test_a_library_from_elsewhere_is_a_fault(tmp_path):
    seen = doctor._own_code(tmp_path)
    assert seen.health is Health.FAULT
    assert str(tmp_path) in seen.told
    assert seen.cure


def test_torch_that_cannot_be_loaded_is_a_fault(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    seen = doctor._device()
    assert seen.health is Health.FAULT
    assert "torch cannot be loaded" in seen.told


def test_a_workspace_that_cannot_be_written_or_read_is_said(found, tmp_path, monkeypatch):
    (tmp_path / "progress.json").write_text("{")
    assert "progress-damaged-1.json" in found()["progress.json"].told

    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    seen = found()["workspace"]
    assert seen.health is Health.FAULT
    assert seen.told == f"{tmp_path}: Permission denied"


def test_a_port_that_is_taken_is_noted(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        seen = doctor._port("JupyterLab", port, "the cure")
        assert (seen.health, seen.cure) == (Health.NOTE, "the cure")
    assert doctor._port("JupyterLab", port, "the cure").health is Health.WELL


def test_looks_at_the_course_that_it_belongs_to(found, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(doctor, "COURSE", Course(tmp_path))
    monkeypatch.setattr(doctor, "_packages", lambda root: seen.append(root) or iter(()))
    assert found()["course_lib"].health is Health.FAULT
    assert seen == [Path(tmp_path)]
