"""The table of contents of the book: which pages, in which order, below what."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Entry:
    """A page in the table of contents, or a part of the book.

    Attributes:
        title: What is shown; empty when the page's own title is.
        page: Name of the page; empty for a part, which has no page of its own.
        below: What belongs to it, in reading order.
    """

    title: str
    page: str = ""
    below: tuple["Entry", ...] = ()

    def pages(self) -> Iterator[str]:
        """Give the names of its pages in reading order."""
        if self.page:
            yield self.page
        for entry in self.below:
            yield from entry.pages()


def read_contents(path: Path) -> tuple[Entry, ...]:
    """Read `_toc.yml`: its first page, then its parts."""
    toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = [
        Entry(part["caption"], below=tuple(map(_entry, part["chapters"]))) for part in toc["parts"]
    ]
    return Entry("", toc["root"]), *parts


def _entry(node: dict) -> Entry:
    below = tuple(map(_entry, node.get("sections", ())))
    return Entry(node.get("title", ""), node["file"], below=below)
