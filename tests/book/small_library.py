"""A site with a library of a few lines, a page of its reference and, where asked for, a chapter."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bs4 import BeautifulSoup

from tests.book.small_site import build

SETTINGS = """
extensions = ["myst_nb", "library_reference", "library_links", "library_uses", "library_sources",
              "library_map"]
myst_enable_extensions = ["fieldlist"]
nb_execution_mode = "off"
nb_execution_show_tb = False
add_module_names = False
viewcode_follow_imported_members = False
toc_object_entries = False
library_root = ROOT
"""
Cell = tuple[str, str] | tuple[str, str, str]  # kind, text, and for code a tag


def notebook(cells: Sequence[Cell]) -> str:
    """Return a notebook of Markdown and code cells."""
    written = []
    for number, (kind, text, *tags) in enumerate(cells):
        cell = {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": text}
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None, "metadata": {"tags": tags}}
        written.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    metadata = {"kernelspec": kernel, "language_info": language}
    return json.dumps({"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def write_site(
    folder: Path, modules: Mapping[str, str], shown: str, cells: Sequence[Cell] = ()
) -> str:
    """Write the library, the page of its reference and the chapter; return the first page."""
    for name, text in modules.items():
        file = folder / "course_lib" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for package in {file.parent for file in (folder / "course_lib").rglob("*.py")}:
        if not (package / "__init__.py").exists():
            (package / "__init__.py").write_text('"""A package."""\n', encoding="utf-8")
    source = folder / "source"
    (source / "library").mkdir(parents=True, exist_ok=True)
    room = f"# Room\n\nOf the library.\n\n```{{library}}\n{shown}\n```\n"
    (source / "library" / "room.md").write_text(room, encoding="utf-8")
    pages = ["library/room"]
    if cells:
        (source / "chapters").mkdir(exist_ok=True)
        chapter = source / "chapters" / "ch02_small.ipynb"
        chapter.write_text(notebook(cells), encoding="utf-8")
        pages.append("chapters/ch02_small")
    return "# First\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n"


def build_library(
    folder: Path,
    modules: Mapping[str, str],
    shown: str = "*",
    cells: Sequence[Cell] = (),
    settings: str = "",
) -> None:
    """Build the site; a warning fails the test."""
    first = write_site(folder, modules, shown, cells)
    done = build(folder, first, SETTINGS.replace("ROOT", repr(str(folder))) + settings)
    assert done.returncode == 0, done.stderr


def warnings_of(folder: Path, modules: Mapping[str, str], shown: str = "*") -> str:
    """Build a site that must not be built, and return what Sphinx says of it."""
    first = write_site(folder, modules, shown)
    done = build(folder, first, SETTINGS.replace("ROOT", repr(str(folder))))
    assert done.returncode != 0
    return done.stderr


def page(folder: Path, name: str) -> BeautifulSoup:
    """Return a built page."""
    text = (folder / "html" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def entry(folder: Path, name: str) -> BeautifulSoup:
    """Return an entry of the reference: its signature and what is said of it."""
    found = page(folder, "library/room").find(id=name)
    assert found is not None, f"no entry {name}"
    return found.parent


def words(element: BeautifulSoup) -> str:
    """Return the text of an element, spaces made even."""
    return " ".join(element.get_text().replace("¶", "").split())
