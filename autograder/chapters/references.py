"""What a chapter's text can point at: headings, equations, figures and pages.

The site resolves these by itself; a notebook that is opened in Jupyter cannot, so its Markdown
gets the words that a reader would have seen on the page.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from nbformat import NotebookNode

from autograder.chapters.cells import ChapterError

TARGET = re.compile(r"^\(([^()\s]+)\)=[ \t]*\n+(?:#+[ \t]+(.+))?", re.MULTILINE)
TITLE = re.compile(r"^#[ \t]+(.+)$", re.MULTILINE)
EQUATION = re.compile(r"^([ \t]*)\$\$(.+?)\$\$[ \t]*(?:\(([^()\s]+)\))?[ \t]*$", re.M | re.S)
WITH_NOTEBOOK = ("solutions", "appendices")  # folders whose texts become student notebooks
POINTER = re.compile(r"\]\(#([^()\s]+)\)|\{ref\}`(?:[^`<]*<)?([^`<>]+)>?`")


@dataclass(frozen=True)
class References:
    """What one chapter can point at.

    Attributes:
        book: Folder of the site's pages.
        headings: Label of a place in the chapter → the heading that stands there, or "".
        equations: Label of an equation → its number in the chapter.
        figures: Label of a figure → position of the cell that draws it, from 1.
        pointed_at: Labels that the chapter's own text refers to.
    """

    book: Path
    headings: dict[str, str]
    equations: dict[str, int]
    figures: dict[str, int]
    pointed_at: frozenset[str] = frozenset()

    def figure(self, label: str, cell_number: int) -> str:
        """Say where a figure stands, seen from a cell.

        Raises:
            ChapterError: The chapter has no such figure.
        """
        if label not in self.figures:
            raise ChapterError(f"no figure of this chapter is named {label!r}")
        return "the figure below" if self.figures[label] > cell_number else "the figure above"

    def heading(self, label: str) -> str:
        """Give the heading at a label, in this chapter or elsewhere on the site.

        Raises:
            ChapterError: No page has the label, or no heading follows it.
        """
        headings = {**headings_of_site(self.book), **self.headings}
        if not headings.get(label):
            raise ChapterError(f"no page has a heading with the label {label!r}")
        return headings[label]

    def page(self, path: str) -> str:
        """Give the title of a page as a link to its notebook, or in italics when it has none.

        Args:
            path: As {doc} takes it: from `book/chapters/`, or from `book/` when it starts with /.

        Raises:
            ChapterError: There is no such page.
        """
        full = self.book / path[1:] if path.startswith("/") else self.book / "chapters" / path
        source = source_of_page(self.book, full)
        title = TITLE.search(source.read_text(encoding="utf-8"))
        if title is None:
            raise ChapterError(f"the page {path!r} has no title")
        if source.parent.name in WITH_NOTEBOOK:
            return f"[{title[1]}]({source.stem}.ipynb)"
        return f"*{title[1]}*"


def source_of_page(book: Path, page: Path) -> Path:
    """Find the text of a page; that of an executed page lies in one of three other folders.

    Raises:
        ChapterError: There is none.
    """
    page = Path(os.path.normpath(page))
    name = page.name.removesuffix(".md").removesuffix(".ipynb")
    executed = page.parent == book / "chapters"
    places = (book.parent / "solutions", book / "live", book / "appendices")
    folders = places if executed else (page.parent,)
    for source in (folder / f"{name}.md" for folder in folders):
        if source.is_file():
            return source
    raise ChapterError(f"there is no page {os.path.relpath(page, book)!r} in the book")


def collect(notebook: NotebookNode, book: Path) -> References:
    """Read through a chapter and note what its text can point at."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    labels = [match[3] for match in EQUATION.finditer(text) if match[3]]
    doubled = {label for label in labels if labels.count(label) > 1}
    if doubled:
        raise ChapterError(f"two equations have the label {', '.join(sorted(doubled))}")
    figures = {
        cell.metadata["mystnb"]["figure"]["name"]: number
        for number, cell in enumerate(notebook.cells, start=1)
        if "name" in cell.metadata.get("mystnb", {}).get("figure", {})
    }
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    pointed_at = frozenset(link or label for link, label in POINTER.findall(text))
    return References(book, dict(_headings(text)), numbers, figures, pointed_at)


def _headings(text: str) -> Iterator[tuple[str, str]]:
    for match in TARGET.finditer(text):
        yield match[1], (match[2] or "").strip()


@cache
def headings_of_site(book: Path) -> dict[str, str]:
    """Map each label on the site to the heading that follows it."""
    pages = [*book.glob("**/*.md"), *(book.parent / "solutions").glob("*.md")]
    found: dict[str, str] = {}
    for page in sorted(pages):
        found.update(_headings(page.read_text(encoding="utf-8")))
    return found


@cache
def macros(book: Path) -> dict[str, str]:
    """Read the site's own TeX commands and what they stand for; Jupyter does not know them."""
    config = book.parent / "_config.yml"
    if not config.is_file():
        return {}
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    return settings.get("sphinx", {}).get("config", {}).get("katex_macros", {})
