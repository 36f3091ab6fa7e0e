"""What tests need to know of a built page: ids, links, loaded files, images and headings."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
}
LOADING_RELATIONS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "manifest",
}


@dataclass
class HtmlPage(HTMLParser):
    """One page, read once.

    Attributes:
        ids: Every id, in order, so that a double one can be seen.
        links: `href` of every `<a>`.
        loads: Address of everything that a browser fetches to show the page.
        images: Attributes of every `<img>`, and of every `<svg>` that has a role.
        headings: (level, text) of the headings inside the article.
        styles: Text of every `<style>` and every `style=` attribute.
    """

    path: Path
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._in_article = False
        self._heading: int | None = None
        self._in_style = False
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("id"):
            self.ids.append(attributes["id"])
        if attributes.get("style"):
            self.styles.append(attributes["style"])
        if tag == "article":
            self._in_article = True
        if tag == "style":
            self._in_style = True
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in LOADING and attributes.get(LOADING[tag]):
            self.loads.append(attributes[LOADING[tag]])
        if tag == "link" and LOADING_RELATIONS & set((attributes.get("rel") or "").split()):
            self.loads.append(attributes["href"])
        if tag == "img" or (tag == "svg" and attributes.get("role") == "img"):
            self.images.append({"tag": tag, **attributes})
        if self._in_article and len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self._heading = int(tag[1])
            self.headings.append((self._heading, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._in_article = False
        if tag == "style":
            self._in_style = False
        if self._heading is not None and tag == f"h{self._heading}":
            self._heading = None

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)
        if self._in_style:
            self.styles.append(data)


def page_names(site: Path) -> list[str]:
    """Return the names of all pages of a site, without `.html`, in order."""
    return sorted(
        path.relative_to(site).with_suffix("").as_posix()
        for path in site.rglob("*.html")
        if not path.relative_to(site).parts[0].startswith("_")
    )


def source_page_names(site: Path) -> list[str]:
    """Return the names of the pages that show the source of the library."""
    return sorted(
        path.relative_to(site).with_suffix("").as_posix()
        for path in (site / "_modules").rglob("*.html")
    )
