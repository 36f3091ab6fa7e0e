"""The command that tries mutants of the library, on a library of four small modules."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.library_mutants.equivalents import EQUIVALENTS

ROOT = Path(__file__).parents[2]
MODULE = '''"""Toy."""


def longer(a: int, b: int) -> int:
    """Give the larger number."""
    while a < b:
        a += 1
    return a
'''
TEST = """from course_lib.{name} import longer


def test_the_larger_number():
    assert longer(2, 7) == 7
"""
TESTS = {
    "weak": TEST,
    "strong": TEST + "    assert longer(7, 2) == 7\n    assert longer(2, 3) == 3\n",
    "wrong": TEST.replace("== 7", "== 8"),
}


def run(root, *arguments):
    command = [sys.executable, "-m", "tests.library_mutants", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=root, env=environment, text=True, capture_output=True)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "course_lib").mkdir()
    (root / "course_lib" / "__init__.py").touch()
    (root / "tests" / "course_lib").mkdir(parents=True)
    for name, test in TESTS.items():
        (root / "course_lib" / f"{name}.py").write_text(MODULE)
        (root / "tests" / "course_lib" / f"test_{name}.py").write_text(test.format(name=name))
    (root / "course_lib" / "untested.py").write_text(MODULE)
    return root


@pytest.fixture(scope="module")
def outcome(library):
    modules = [f"course_lib/{name}.py" for name in TESTS]
    result = run(library, *modules, "--jobs", "2", "--patience", "1", "--out", "survey.json")
    rows = json.loads((library / "survey.json").read_text())
    return result, {Path(row["module"]).stem: row for row in rows}


@pytest.mark.slow
class TestTheCommand:
    def test_a_mutant_that_no_test_notices_is_shown(self, outcome):
        result, rows = outcome
        other = "-    return a\n+    return b"
        assert rows["weak"]["alive"] == len(rows["weak"]["survivors"]) > 0
        assert any(other in diff for diff in rows["weak"]["survivors"])
        assert other in result.stdout

    def test_a_strong_test_leaves_none(self, outcome):
        _, rows = outcome
        assert rows["strong"]["survivors"] == []
        assert rows["strong"]["killed"] == rows["strong"]["mutants"] > 10
        assert rows["strong"]["score"] == "100.0%"

    def test_an_endless_loop_is_killed_and_counted_apart(self, outcome):
        _, rows = outcome
        assert 0 < rows["strong"]["timed out"] < rows["strong"]["killed"]

    def test_the_sums_stand_below(self, outcome):
        result, rows = outcome
        *_, total = result.stdout.splitlines()
        n_mutants = rows["weak"]["mutants"] + rows["strong"]["mutants"]
        assert total.split()[:2] == ["all", str(n_mutants)]

    def test_failing_tests_are_refused(self, outcome):
        result, rows = outcome
        assert "wrong" not in rows
        assert "course_lib/wrong.py: tests fail before any mutation" in result.stderr
        assert "test_the_larger_number" in result.stderr
        assert result.returncode == 1

    def test_the_tree_itself_is_left_as_it_is(self, outcome, library):
        assert outcome
        assert {path.read_text() for path in library.glob("course_lib/[!_]*.py")} == {MODULE}

    def test_a_module_without_its_test_file_is_refused(self, library):
        result = run(library, "course_lib/strong.py", "course_lib/untested.py")
        assert "course_lib/untested.py has no tests/course_lib/test_untested.py" in result.stderr
        assert result.returncode == 2

    def test_a_sample_is_as_large_as_wanted(self, library):
        result = run(library, "course_lib/strong.py", "--sample", "3", "--patience", "1")
        assert result.stdout.splitlines()[-1].split()[:2] == ["all", "3"]
        assert result.returncode == 0


def test_the_lines_of_equivalent_mutants_are_still_there():
    for module in {entry.module for entry in EQUIVALENTS}:
        written = ast.unparse(ast.parse((ROOT / module).read_text(encoding="utf-8")))
        lines = {line.strip() for line in written.splitlines()}
        entries = [entry for entry in EQUIVALENTS if entry.module == module]
        assert [one for one in entries if not lines.issuperset(one.before.splitlines())] == []
        assert [one for one in entries if lines.issuperset(one.after.splitlines())] == []
