"""All pages as one HTML document: title page, table of contents, and the pages in reading order.

Sphinx could write such a document (`singlehtml`), but without what our extensions do to each page;
this one is made from the pages of the site, so that paper and screen show the same.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import matplotlib as mpl

from autograder.errors import CourseError
from book.print.book_settings import BookSettings
from book.print.printed_links import Links
from book.print.printed_page import PrintedPage, print_page

CONTENTS = "Contents"
HOST = Path("_static", "anywidget-host.js")
LOGO = Path("_static", "logo.svg")
PAPER = Path(__file__).with_name("paper.css")
SCRIPT = Path(__file__).with_name("paper.js")
# Fonts that come with matplotlib: the book looks the same on every machine.
FONTS = Path(mpl.get_data_path(), "fonts", "ttf")

_ID = re.compile(r'<[^>]*?\sid="([^"]+)"')
_INNER_LINK = re.compile(r'<a\b[^>]*?\shref="#([^"]+)"')


@dataclass(frozen=True)
class WholeBook:
    """The book as one document.

    Attributes:
        markup: The document, HTML.
        titles: All its headings as plain text, in order.
    """

    markup: str
    titles: tuple[str, ...]


def join_site(site: Path, settings: BookSettings) -> WholeBook:
    """Join all pages of a site.

    Args:
        site: Folder of the built site, from the root.
        settings: Its title and its pages.

    Raises:
        CourseError: A page is missing, or a link leads to an id that no page has.
    """
    links = Links(settings)
    pages = [print_page(page, site, links) for page in settings.pages]
    return join_pages(pages, settings, site)


def join_pages(pages: Iterable[PrintedPage], settings: BookSettings, site: Path) -> WholeBook:
    """Join some pages.

    Args:
        pages: In reading order.
        settings: The book's title, rights and language.
        site: Folder of the built site, from the root.

    Raises:
        CourseError: A link leads to an id that no page has.
    """
    pages = list(pages)
    body = "\n".join(
        [
            _title_page(settings, site),
            _contents(pages),
            *(_chapter(page, number) for number, page in enumerate(pages)),
            *(page.states for page in pages),
        ]
    )
    if missing := set(_INNER_LINK.findall(body)) - set(_ID.findall(body)):
        raise CourseError(f"Links of the book lead nowhere: {', '.join(sorted(missing)[:5])}.")
    titles = (CONTENTS, *(title for page in pages for title in page.titles))
    return WholeBook(_document(body, pages, settings, site), titles)


def _document(body: str, pages: list[PrintedPage], settings: BookSettings, site: Path) -> str:
    """Return a body with its head: the site's style sheets, below them our own."""
    sheets = dict.fromkeys(sheet for page in pages for sheet in page.sheets)
    # A layer yields to what stands in none, however particular its rules are.
    imports = "".join(f'@import url("{sheet}") layer(site);\n' for sheet in sheets)
    return f"""<!doctype html>
<html lang="{escape(settings.language)}" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{escape(settings.title)}</title>
<style>
{imports}{_fonts()}
{PAPER.read_text(encoding="utf-8")}
{_running_heads(pages, settings.title)}
</style>
<script>{SCRIPT.read_text(encoding="utf-8")}</script>
<script defer src="{(site / HOST).as_uri()}"></script>
</head>
<body>
{body}
</body>
</html>
"""


def _title_page(settings: BookSettings, site: Path) -> str:
    """Return the title, and what is not as on the site."""
    author = f'<p class="author">{escape(settings.author)}</p>' if settings.author else ""
    where = f' at <a href="{settings.address}">{settings.address}</a>' if settings.address else ""
    return f"""<header class="title-page">
<img src="{(site / LOGO).as_uri()}" alt="">
<p class="book-title">{escape(settings.title)}</p>
{author}
<div class="about-print">
<p>These are the pages of the course’s site{where}, printed. Live figures stand as they are at the
start. What a page folds away is open, hints and answers too, but for the code that draws plots and
checks exercises, which is in the notebooks. The reference of the library is on the site alone.</p>
<p>© {escape(settings.rights)}</p>
</div>
</header>"""


def _contents(pages: list[PrintedPage]) -> str:
    """Return the table of contents; the numbers of the pages are filled in later."""
    lines = []
    for page in pages:
        if page.page.part:
            lines.append(f'<p class="contents-part">{escape(page.page.part)}</p>')
        lines += [
            f'<a class="contents-line level-{heading.level}" href="#{escape(heading.target)}">'
            f"<span>{heading.markup}</span><i></i><b></b></a>"
            for heading in page.headings
        ]
    return f'<nav class="book-contents"><h1>{CONTENTS}</h1>\n{"".join(lines)}\n</nav>'


def _chapter(page: PrintedPage, number: int) -> str:
    """Return a page between the tags that the site's style sheet asks for."""
    return (
        f'<main class="bd-main book-page" style="page: page-{number}"><div class="bd-content">'
        f'<article class="bd-article">{page.markup}</article></div></main>'
    )


def _running_heads(pages: list[PrintedPage], title: str) -> str:
    """Return style rules that put the book's and the page's title above each sheet."""
    return "\n".join(
        f"@page page-{number} {{ @top-left {{ content: {_css_text(title)} }}"
        f" @top-right {{ content: {_css_text(page.title)} }} }}"
        for number, page in enumerate(pages)
    )


def _css_text(text: str) -> str:
    """Return a text as a string of a style sheet, which escapes as JSON does but for line ends."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("<", r"\3c ")


def _fonts() -> str:
    """Return the rules that name the fonts of the text and of the code."""
    faces = {
        ("Book", "400", "normal"): "STIXGeneral.ttf",
        ("Book", "700", "normal"): "STIXGeneralBol.ttf",
        ("Book", "400", "italic"): "STIXGeneralItalic.ttf",
        ("Book", "700", "italic"): "STIXGeneralBolIta.ttf",
        ("Book figure", "400", "normal"): "DejaVuSans.ttf",
        ("Book figure", "700", "normal"): "DejaVuSans-Bold.ttf",
        ("Book code", "400", "normal"): "DejaVuSansMono.ttf",
        ("Book code", "700", "normal"): "DejaVuSansMono-Bold.ttf",
        ("Book code", "400", "italic"): "DejaVuSansMono-Oblique.ttf",
    }
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style};'
        f' src: url("{(FONTS / file).as_uri()}"); }}'
        for (family, weight, style), file in faces.items()
    )
