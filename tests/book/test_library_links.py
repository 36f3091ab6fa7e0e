"""Code in a sentence is a link where it names something in the library, and nowhere else."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.small_library import build_library, entry, page

CORE = '''"""Core: `run`, `torch`, `data`, `data.load`, `Keeper`, `parse`, `core`, `size`."""

import torch

from course_lib.pack.cache import Cache


def run(x, data_like, word):
    """Run `x` with `run`, `Cache.append()`, `word`, `course_lib.data.load`, `gone`, `a + b`."""


class Holder:
    """Hold `size`, `append`, `word`.

    Attributes:
        size: Of `Holder`.
        word: A word.
    """

    size: int
    word: int

    def append(self):
        """See `size`, `close`."""

    def close(self):
        """See `word` and `helper`."""
'''
CACHE = '''"""Cache; see `helper`, `helper.help_out`, `word`."""


class Cache:
    """Keep."""

    def append(self):
        """Append."""
'''
CELLS = [
    (
        "markdown",
        "# `run` at work\n\n`run` `Cache.append` `own` `load` `course_lib.data.load`"
        " `course_lib/pack/cache.py` `course_lib/gone.py` [`run`](https://example.org)",
    ),
    ("code", "from course_lib.core import run\nfrom course_lib.pack.cache import Cache"),
    ("code", "from course_lib.data import word as own\n\ndef own():\n    pass"),
]
MODULES = {
    "core": CORE,
    "data": '"""Data."""\n\n\ndef load():\n    """L."""\n\n\ndef word():\n    """W."""\n'
    '\n\ndef parse():\n    """P."""\n\n\nclass Keeper:\n    """K."""\n',
    "pack/cache": CACHE,
    "size": '"""A module that is called as a field of `core.Holder`."""\n\nLIMIT = 1\n',
    "pack/helper": '"""Helper."""\n\n\ndef help_out():\n    """H."""\n',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("links")
    build_library(folder, MODULES, "*", CELLS)
    return folder


def linked(element: BeautifulSoup) -> dict[str, str | None]:
    """Return each code in the first paragraph, with where it leads."""
    codes = element.find("p").find_all("code")
    return {
        code.get_text(): code.parent["href"].rpartition("/")[2] if code.parent.name == "a" else None
        for code in codes
    }


def test_a_docstring_links_what_the_module_knows(folder: Path) -> None:
    head = page(folder, "library/room").find(id="course_lib-core")
    head.find("p", class_="module-source").extract()
    assert linked(head) == {
        "run": "#course_lib.core.run",
        "torch": None,
        "data": "#module-course_lib.data",
        "data.load": "#course_lib.data.load",
        "Keeper": "#course_lib.data.Keeper",
        "parse": None,  # a word, too
        "core": "#module-course_lib.core",
        "size": None,  # here the field, not the module
    }


def test_arguments_and_the_entry_itself_are_no_links(folder: Path) -> None:
    assert linked(entry(folder, "course_lib.core.run")) == {
        "x": None,
        "run": None,
        "Cache.append()": "#course_lib.pack.cache.Cache.append",
        "word": None,
        "course_lib.data.load": "#course_lib.data.load",
        "gone": None,
        "a + b": None,
    }


def test_members_of_the_class_come_first_and_fields_are_no_links(folder: Path) -> None:
    assert linked(entry(folder, "course_lib.core.Holder")) == {
        "size": None,
        "append": "#course_lib.core.Holder.append",
        "word": None,
    }
    assert linked(entry(folder, "course_lib.core.Holder.append")) == {
        "size": None,
        "close": "#course_lib.core.Holder.close",
    }


def test_neighbours_are_known_by_their_own_name(folder: Path) -> None:
    head = page(folder, "library/room").find(id="course_lib-pack-cache")
    head.find("p", class_="module-source").extract()
    assert linked(head) == {
        "helper": "#module-course_lib.pack.helper",
        "helper.help_out": "#course_lib.pack.helper.help_out",
        "word": None,
    }


def test_a_chapter_links_what_it_imports_and_full_names(folder: Path) -> None:
    chapter = page(folder, "chapters/ch02_small")
    assert linked(chapter.find("section")) == {
        "run": "example.org",  # the last one, which is in a link of its own
        "Cache.append": "room.html#course_lib.pack.cache.Cache.append",
        "own": None,  # the chapter defines it itself
        "load": None,  # not imported
        "course_lib.data.load": "room.html#course_lib.data.load",
        "course_lib/pack/cache.py": "room.html#module-course_lib.pack.cache",
        "course_lib/gone.py": None,
    }
    first = chapter.find("section").find("p").find("code")
    assert first.parent["href"].endswith("room.html#course_lib.core.run")
    assert not chapter.find("h1").find("code").find_parent("a")
