"""Links of the site as links of the book: from file to file, out into the world, or no link."""

import posixpath
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit
from xml.etree.ElementTree import Element

from book.epub.trees import Piece, classes, pieces_of, rewrite

SOURCE = "_modules/"  # the pages that show the library's source
IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"  # what RFC 3986 allows besides letters, digits and -._
EMPTY = " ()"  # what is left of " (source)"


@dataclass
class Places:
    """Where everything is that a link can lead to.

    Attributes:
        site: Address of the published site, with a slash at its end; empty where none is known.
        files: The first file of each page.
        anchors: The file of each place on a page, by the page's name and the place's.
    """

    site: str
    files: dict[str, str] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, page: str, file: str, article: Element) -> None:
        """Note a file of a page, and the places in it."""
        self.files.setdefault(page, file)
        for element in article.iter():
            if name := element.get("id"):
                self.anchors[page, name] = file

    def find(self, page: str, address: str) -> str | None:
        """Return where a link on a page leads to in the book, or None where it leads nowhere.

        Args:
            page: Name of the page.
            address: The link as it stands on the page.
        """
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return quote(address, safe=IN_ADDRESSES)
        folder = posixpath.dirname(page)
        path = posixpath.normpath(posixpath.join(folder, unquote(parts.path))) if parts.path else ""
        target = path.removesuffix(".html") if path else page
        anchor = unquote(parts.fragment)
        if target in self.files:
            file = self.anchors.get((target, anchor))
            return f"{file}#{anchor}" if file else self.files[target]
        return self.on_the_site(path, anchor)

    def on_the_site(self, path: str, anchor: str = "") -> str | None:
        """Return the address of something that only the published site has."""
        if not self.site:
            return None
        return f"{self.site}{path}{'#' if anchor else ''}{anchor}"


def lead(article: Element, page: str, places: Places) -> None:
    """Let every link of an article lead to its place in the book.

    A link that leads nowhere becomes plain text; one that only said "source" is left out.
    """

    def led(element: Element) -> list[Piece]:
        if element.tag == "p" and (len(element) == 0 or element[-1].tail == EMPTY):
            return without_source(element)
        if element.tag != "a" or "href" not in element.attrib:
            return [element]
        target = places.find(page, element.attrib["href"])
        if target is not None:
            element.set("href", target)
            return [element]
        return [] if SOURCE in element.attrib["href"] else pieces_of(element)

    rewrite(article, led)


def without_source(paragraph: Element) -> list[Piece]:
    """Return a paragraph that has lost its link to the source: what it still says, if anything."""
    if "module-source" in classes(paragraph):
        return []
    if len(paragraph):
        paragraph[-1].tail = ""
    return [paragraph]
