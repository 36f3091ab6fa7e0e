import platform

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.chapters.fingerprint import fingerprint, imported_files

CELLS = ["%matplotlib inline\nfrom course_lib.a import f", "x = 1"]


@pytest.fixture
def root(tmp_path):
    """A repository in which `a` imports `b.c`, which imports its neighbours and package."""
    files = {
        "course_lib/__init__.py": "",
        "course_lib/a.py": "import torch\nfrom course_lib.b import c\nf = 1\n",
        "course_lib/b/__init__.py": "",
        "course_lib/b/c.py": "def later():\n    from . import d\n    from ..e import g\n",
        "course_lib/b/d.py": "",
        "course_lib/b/data.json": "[]",
        "course_lib/b/parts/part.js": "",
        "course_lib/b/__pycache__/d.pyc": "",
        "course_lib/e.py": "import course_lib.a\n",
        "course_lib/unused.py": "",
        "course_lib/other/__init__.py": "",
        "course_lib/other/data.json": "",
        "autograder/__init__.py": "",
        "autograder/visible.py": "",
        "constraints.txt": "torch==2.13.0\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(sources, root):
    return [path.relative_to(root).as_posix() for path in imported_files(sources, root)]


def test_imports_are_followed_and_data_beside_them_taken(root):
    assert names(["from course_lib.a import f"], root) == [
        "course_lib/__init__.py",
        "course_lib/a.py",
        "course_lib/b/__init__.py",
        "course_lib/b/c.py",
        "course_lib/b/d.py",
        "course_lib/b/data.json",
        "course_lib/b/parts/part.js",
        "course_lib/e.py",
    ]


def test_the_checker_of_visible_tests_counts_and_other_packages_do_not(root):
    assert names(["import torch, autograder.visible"], root) == [
        "autograder/__init__.py",
        "autograder/visible.py",
    ]


def mark_of(root, sources=CELLS, prose="Words.", tags=()):
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    return fingerprint(new_notebook(cells=[new_markdown_cell(prose), *cells]), root)


def test_prose_and_files_that_are_not_imported_do_not_count(root):
    before = mark_of(root)
    assert mark_of(root, prose="Other words.") == before
    (root / "course_lib" / "unused.py").write_text("y = 2")
    (root / "course_lib" / "other" / "data.json").write_text("{}")
    assert mark_of(root) == before


@pytest.mark.parametrize(
    "name", ["course_lib/b/d.py", "course_lib/b/data.json", "course_lib/e.py", "constraints.txt"]
)
def test_what_the_outputs_depend_on_counts(root, name):
    before = mark_of(root)
    (root / name).write_text("# changed")
    assert mark_of(root) != before


def test_code_its_division_into_cells_and_its_tags_count(root):
    marks = {
        mark_of(root),
        mark_of(root, [CELLS[0], "x = 2"]),
        mark_of(root, ["\n".join(CELLS)]),
        mark_of(root, tags=["raises-exception"]),
    }
    assert len(marks) == 4


def test_the_version_of_python_counts(root, monkeypatch):
    before = mark_of(root)
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert mark_of(root) != before
