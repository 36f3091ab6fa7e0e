"""The bundle: what is in it, what is not, and that a learner can work with nothing else."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder import handed_out, student_bundle
from autograder.chapters.leaks import find_in_text, secrets, texts_of_notebook
from autograder.files import COURSE, Course, chapter_slugs
from autograder.student_bundle import FOLDER, bundle_files, write_bundle
from autograder.submissions.collect import collect
from tests.autograder.small_course import SLUG, make_course
from tests.test_house import modules_of

EMBED = """\
import torch

def embed(token_ids, table):
    rows = torch.arange(table.shape[0])
    one_hot = (token_ids.unsqueeze(-1) == rows).to(table)
    return one_hot, one_hot @ table
"""
# In code a shorter line, such as `except Exception as error:`, is anybody's.
MIN_CODE_CHARACTERS = 30


@pytest.fixture(scope="module")
def files():
    return bundle_files()


@pytest.fixture(scope="module")
def unpacked(files, tmp_path_factory):
    """The bundle's folder, unpacked into an empty one."""
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder / "b.zip", files)
    with zipfile.ZipFile(folder / "b.zip") as archive:
        archive.extractall(folder)
    return folder / FOLDER


# Packages of the extras, which a learner who installs the bundle does not get.
NOT_INSTALLED = """\
import sys
for name in ("nbgrader", "pybtex", "pyseccomp", "sqlalchemy", "markdown_it", "sphinx", "scipy"):
    sys.modules[name] = None
"""


@pytest.fixture
def course(unpacked):
    """Run a command with the bundle and what it installs; give its exit code and what it said."""
    without = unpacked.parent / "without"
    without.mkdir(exist_ok=True)
    (without / "sitecustomize.py").write_text(NOT_INSTALLED)

    def run(*arguments):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "autograder.cli", *map(str, arguments)],
            cwd=unpacked,
            env=kept | {"PYTHONPATH": f"{unpacked}:{without}", "COLUMNS": "120", "USER": "ada"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, " ".join(f"{done.stdout} {done.stderr}".split())

    return run


def write_answer(unpacked, source):
    path = unpacked / "workspace" / "ch02_self_attention.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = [
        one
        for one in notebook["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == "ch02_embed"
    ]
    cell["source"] = source
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


class TestContents:
    def test_notebooks_library_and_what_installs_them_are_there(self, files):
        for name in (
            *("README.md", "pyproject.toml", "constraints.txt", "LICENSE", "LICENSE-TEXT"),
            *("course_lib/attention.py", "course_lib/figures/base.js", "handed_out.json"),
            *("autograder/visible.py", "autograder/learner/commands.py"),
        ):
            assert name in files
        for slug in (*chapter_slugs(), "pytorch_refresher"):
            assert f"notebooks/{slug}.ipynb" in files

    def test_nothing_is_there_that_only_instructors_have(self, files):
        allowed = re.compile(r"notebooks/|course_lib/|book/|handed_out\.json|autograder/[^/]+\.py")
        parts = re.compile(
            r"autograder/(capstone|exercises|judge|learner|sandbox|submissions)/[^/]+\.py"
        )
        # Names of commands, alone.
        names = re.compile(r"autograder/(classroom|school)/(__init__|commands)\.py")
        others = set(student_bundle._PLAIN) | {"README.md"}
        known = (allowed, parts, names)
        assert [n for n in files if n not in others and not any(k.match(n) for k in known)] == []
        ours = [name for name in files if name.startswith("autograder/")]
        theirs = re.compile(r"mutation|selftest|exercises/ch|_checks\.py")
        assert [name for name in ours if theirs.search(name)] == []

    def test_every_pattern_finds_a_file(self):
        grader = Path(student_bundle.__file__).parent
        assert [p for p in student_bundle._GRADER if not list(grader.glob(p))] == []

    def test_what_its_modules_import_at_once_is_there(self, files):
        modules = modules_of("autograder")
        for name in (name for name in files if name.startswith("autograder/")):
            for node in ast.parse(files[name]).body if name.endswith(".py") else ():
                if isinstance(node, ast.ImportFrom) and node.module:
                    named = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
                    for path in (modules[one] for one in named if one in modules):
                        assert path.relative_to(COURSE.root).as_posix() in files, name

    def test_the_readme_names_what_is_there(self, files):
        told = files["README.md"].decode()
        for name in re.findall(r"^(\w[\w.]+/?) ", told, re.MULTILINE):
            if name.endswith(("/", ".json")) and name not in ("workspace/", "book/"):
                assert any(path.startswith(name) for path in files), name

    @pytest.mark.slow
    def test_no_line_of_a_solution_a_hidden_check_or_a_mistake_is_in_it(self, files):
        hidden = secrets()
        assert len(hidden) > 1000
        long = {line: where for line, where in hidden.items() if len(line) > MIN_CODE_CHARACTERS}
        plain = json.loads(files["handed_out.json"])
        for chapter in plain:  # its notebooks are those of notebooks/, which are searched below
            notebook = json.loads(files[f"notebooks/{chapter['slug']}.ipynb"])
            assert notebook["cells"] == handed_out_cells(chapter.pop("notebook"))
        told = {name: content for name, content in files.items() if is_told(name)}
        told["handed_out.json"] = json.dumps(plain, ensure_ascii=False).encode()
        for name, content in told.items():
            text = content.decode()
            if name.endswith(".ipynb"):
                text = "\n".join(texts_of_notebook(json.loads(text)))
            found = find_in_text(text, long if name.endswith(".py") else hidden)
            assert found == [], name

    def test_the_same_course_gives_the_same_bytes(self, files, tmp_path):
        write_bundle(tmp_path / "one.zip", files)
        write_bundle(tmp_path / "two.zip", dict(reversed(files.items())))
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def handed_out_cells(notebook):
    """Give the cells as a notebook file writes them: the text in lines."""
    import nbformat

    return json.loads(nbformat.writes(nbformat.from_dict(notebook)))["cells"]


def is_told(name):
    """Tell whether a file is text, and not the library, which is open for reading."""
    text = name.endswith((".py", ".md", ".txt", ".toml", ".ipynb"))
    return text and not name.startswith(("course_lib/", "book/"))


class TestMaking:
    def course(self, root):
        course = make_course(root)
        for name in student_bundle._PLAIN:
            (root / name).write_text("x")
        course.notebooks.mkdir()
        (course.notebooks / f"{SLUG}.ipynb").write_text(
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        )
        return course

    def test_the_book_goes_along_when_it_was_built(self, tmp_path, capsys):
        course = self.course(tmp_path)
        assert student_bundle.main(course) == 0
        assert "without the book: `make book` first" in capsys.readouterr().out
        site = tmp_path / "_build" / "html"
        (site / "chapters").mkdir(parents=True)
        (site / "index.html").write_text("<html>")
        (site / "chapters" / "x.html").write_text("<html>")
        (site / "course-offline.zip").write_text("twice")
        assert student_bundle.main(course) == 0
        assert "with the book" in capsys.readouterr().out
        with zipfile.ZipFile(tmp_path / "_build" / "student_bundle.zip") as archive:
            names = archive.namelist()
        assert f"{FOLDER}/book/index.html" in names
        assert f"{FOLDER}/book/chapters/x.html" in names
        assert not [name for name in names if "offline" in name]

    def test_a_missing_notebook_is_said(self, tmp_path, capsys):
        course = self.course(tmp_path)
        (course.notebooks / f"{SLUG}.ipynb").unlink()
        assert student_bundle.main(course) == 2
        assert f"{SLUG}.ipynb; `make notebooks` comes first." in capsys.readouterr().err
        assert isinstance(course, Course)


@pytest.mark.slow
class TestWorkingWithIt:
    """A learner's way through a chapter, and where a bundle ends."""

    def test_a_chapter_is_begun_checked_and_handed_in(self, course, unpacked, tmp_path):
        code, said = course("start", "ch02", "--no-open")
        assert code == 0
        assert str(unpacked / "workspace") in said
        code, said = course("check", "ch02")
        assert code == 1
        assert "Over the course: 0 of" in said

        write_answer(unpacked, EMBED.replace("one_hot @ table", "one_hot"))
        code, said = course("check", "ch02")
        assert code == 1
        assert "embed(" in said
        assert "wrong" in said
        assert course("hint", "embed")[1].startswith("Hint 1 of 2 A one-hot row")
        path = write_answer(unpacked, EMBED)
        code, said = course("check", "ch02")
        assert "passes the visible tests" in said
        assert "worth 6 of" in said
        assert "1 of 9 6 of 100 1" in course("progress")[1]
        code, said = course("check")
        assert code == 1
        assert "Over the course: 1 of" in said

        code, said = course("submit", "ch02")
        assert code == 1
        assert "Missing: stable_softmax" in said
        assert "Missing: embed" not in said
        code, said = course("submit", "ch02", "--anyway", "--name", "ada", "--out", tmp_path)
        assert code == 0
        (handed_in,) = collect(tmp_path.glob("*.zip"), "ch02_self_attention")
        assert handed_in.data == path.read_bytes()
        assert handed_in.learner == "ada"

    def test_what_only_the_whole_repository_has_is_said(self, course):
        for arguments, words in (
            (("solution", "embed", "--yes"), "no solutions in this bundle"),
            (("check", "ch02", "--full"), "hidden checks are not in this bundle"),
            (("selftest", "ch02"), "not in a learner's bundle"),
            (("grade", "workspace"), "not in a learner's bundle"),
        ):
            code, said = course(*arguments)
            assert code == 2
            assert words in said

    def test_a_chapter_that_is_not_there_is_said(self, course):
        code, said = course("check", "ch77")
        assert code == 2
        assert "There is no chapter 'ch77'; there are ch01, ch02, " in said


def test_this_repository_is_not_taken_for_a_bundle():
    assert not handed_out.is_bundle()
