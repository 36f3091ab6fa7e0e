"""What is printed: the book's title and pages, as `_config.yml` and `_toc.yml` say."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from book.editions.settings import SiteSettings, read_site_settings

# The reference of the library is made from its docstrings. It is there to be searched, beside the
# code that it describes, and not to be read from end to end.
LEFT_OUT = "library/"


@dataclass(frozen=True)
class BookPage:
    """One page of the site.

    Attributes:
        name: Its place in the site, without `.html`.
        title: What the list of pages calls it; empty where it has its own heading for a name.
        part: The part of the book that begins with it; empty within a part.
    """

    name: str
    title: str = ""
    part: str = ""

    @property
    def anchor(self) -> str:
        """What its place in the printed book is called."""
        return self.name.replace("/", "-")


@dataclass(frozen=True)
class BookSettings(SiteSettings):
    """The book as it is printed.

    Attributes:
        pages: All that is printed, in order.
    """

    pages: tuple[BookPage, ...]


def read_settings(root: Path) -> BookSettings:
    """Read the settings of the book.

    Args:
        root: Folder of the repository.
    """
    site = read_site_settings(root / "_config.yml")
    contents = yaml.safe_load((root / "book" / "_toc.yml").read_text(encoding="utf-8"))
    return BookSettings(**asdict(site), pages=tuple(printed_pages(contents)))


def printed_pages(contents: dict) -> Iterator[BookPage]:
    """Walk the pages that are printed, in reading order.

    Args:
        contents: What `_toc.yml` holds.
    """
    # The landing page has the title of the whole book for its heading.
    yield BookPage(contents["root"], title="About this course")
    for part in contents["parts"]:
        caption = part["caption"]
        for entry in part["chapters"]:
            for page in _with_sections(entry):
                if not page.name.startswith(LEFT_OUT):
                    yield BookPage(page.name, page.title, caption)
                    caption = ""


def _with_sections(entry: dict) -> Iterator[BookPage]:
    """Walk an entry and those below it."""
    yield BookPage(entry["file"], entry.get("title", ""))
    for inner in entry.get("sections", ()):
        yield from _with_sections(inner)
