"""Exercises and symbols are in the search index, each with its place."""

import json
from pathlib import Path

import pytest
from search_targets import plain

from tests.book.html_page import HtmlPage
from tests.book.small_site import build

SETTINGS = """
extensions = ["myst_parser", "search_targets"]
myst_enable_extensions = ["dollarmath"]
html_title = "Small"
"""
FIRST = "# First\n\n```{toctree}\nnotation\nchapters/ch09_small\n```\n"
CHAPTER = (
    "# Small\n\n## Exercise: `make_it`\n\nMake it.\n\n## Drill: `try_it`\n\nTry it.\n\n"
    "## Exercise at the end\n\nNone.\n"
)
NOTATION = r"""# Notation

| In words | In code | In shapes | In formulas |
|---|---|---|---|
| heads that `share` | `n_kv`, `kv` | `Hkv` | $H_{kv}$ |
| the longest | – | – | $T_{\max}$, $\ell$ |
| ids | `token_ids` | `B T` | – |
| one for each head | `span` | `Hkv` | – |
| nothing | – | – | – |
"""


def objects(site: Path) -> dict[str, tuple[str, str, str]]:
    """Return each object of the index: its page, its anchor and what it is called."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    return {
        f"{prefix}.{name}".lstrip("."): (
            index["docnames"][page],
            f"{index['objnames'][str(kind)][1]}-{name}" if anchor == "-" else anchor,
            index["objnames"][str(kind)][2],
        )
        for prefix, found in index["objects"].items()
        for page, kind, _, anchor, name in found
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    (folder / "source" / "chapters").mkdir(parents=True)
    (folder / "source" / "chapters" / "ch09_small.md").write_text(CHAPTER, encoding="utf-8")
    (folder / "source" / "notation.md").write_text(NOTATION, encoding="utf-8")
    done = build(folder, FIRST, SETTINGS)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_exercises_and_symbols_are_objects(small: Path) -> None:
    assert objects(small) == {
        "make_it": ("chapters/ch09_small", "exercise-make-it", "exercise"),
        "try_it": ("chapters/ch09_small", "drill-try-it", "drill"),
        "n_kv": ("notation", "symbol-n_kv", "symbol"),
        "Hkv": ("notation", "symbol-n_kv", "symbol"),
        "kv": ("notation", "symbol-n_kv", "symbol"),
        "T_max": ("notation", "symbol-T_max", "symbol"),
        "ell": ("notation", "symbol-T_max", "symbol"),
        "token_ids": ("notation", "symbol-token_ids", "symbol"),
        "span": ("notation", "symbol-span", "symbol"),
        "H_kv": ("notation", "symbol-n_kv", "symbol"),
    }


def test_their_anchors_are_there(small: Path) -> None:
    for page, anchor, _ in objects(small).values():
        assert HtmlPage(small / f"{page}.html").ids.count(anchor) == 1


def test_every_exercise_of_the_book_is_an_object(site: Path) -> None:
    from autograder.chapters.sittings import chapter_of
    from autograder.exercises.base import Exercise, load_chapter
    from tests.book.prose import CHAPTERS

    for chapter in CHAPTERS:
        for exercise in load_chapter(chapter.stem).exercises:
            if isinstance(exercise, Exercise):
                page, _, kind = objects(site)[exercise.name]
                assert (chapter_of(page), kind) == (f"chapters/{chapter.stem}", "exercise")


@pytest.mark.parametrize(
    ("formula", "typed"),
    [
        (r"d_{\text{model}}", "d_model"),
        (r"T_{\max}", "T_max"),
        (r"\mathbb{R}", "R"),
        (r"\Lambda", "Lambda"),
        ("B", "B"),
    ],
)
def test_a_formula_is_found_as_one_types_it(formula: str, typed: str) -> None:
    assert plain(formula) == typed
