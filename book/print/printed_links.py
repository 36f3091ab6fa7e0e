"""Where the links of a page lead when all pages are one document.

The ids of each page get the page's name in front, so that those of different pages stay apart. A
link to a page that is printed leads there; one to another file of the site leads to the published
site, and nowhere if the site is not published.
"""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bs4 import Tag

from book.print.book_settings import BookPage, BookSettings

_NAMING_IDS = ("aria-controls", "aria-describedby", "aria-labelledby", "for", "headers")
_ADDRESS_IN_DRAWING = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True)
class Links:
    """Knows which pages are printed, and where the others are."""

    settings: BookSettings

    def prefix_ids(self, article: Tag, page: BookPage) -> None:
        """Put the page's name in front of every id in it, and of every use of one but links."""
        for tag in article.find_all(True):
            for name, value in tag.attrs.items():
                if name == "id":
                    tag[name] = place(page, str(value))
                elif name in _NAMING_IDS:
                    ids = value if isinstance(value, list) else str(value).split()
                    tag[name] = " ".join(place(page, each) for each in ids)
                elif isinstance(value, str) and "url(#" in value:
                    tag[name] = _ADDRESS_IN_DRAWING.sub(
                        lambda found: f"url(#{place(page, found[1])})", value
                    )

    def rewrite(self, article: Tag, page: BookPage) -> None:
        """Lead every link where its target is now; of one without a target its words stay."""
        for link in article.find_all("a", href=True):
            target = self.target(str(link["href"]), page)
            if target is None:
                link.unwrap()
            else:
                link["href"] = target
                link.attrs.pop("title", None)  # a viewer would show it as a note on each link

    def target(self, href: str, page: BookPage) -> str | None:
        """Return where a link of a page leads in the printed book, or None if nowhere."""
        parts = urlsplit(href)
        if parts.scheme or parts.netloc:
            return href
        path = resolved(parts.path, page) if parts.path else f"{page.name}.html"
        for printed in self.settings.pages:
            if path == f"{printed.name}.html":
                fragment = unquote(parts.fragment)
                return f"#{place(printed, fragment) if fragment else printed.anchor}"
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return f"{self.settings.address}/{path}{fragment}" if self.settings.address else None


def place(page: BookPage, identifier: str) -> str:
    """Return what an id of a page is called in the printed book."""
    return f"{page.anchor}--{identifier}"


def resolved(path: str, page: BookPage) -> str:
    """Return the path in the site of a file that a page names from where it stands."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page.name), unquote(path)))
