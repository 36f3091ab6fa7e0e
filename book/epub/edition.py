"""The whole book: from the built site to the file."""

import posixpath
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from playwright.sync_api import Browser
from pygments.formatters import HtmlFormatter

from autograder.errors import CourseError
from book.editions.chromium import chromium
from book.editions.settings import date_of, read_site_settings
from book.epub.articles import tidy
from book.epub.browser import articles_as_xml, draw_cover, take_stills
from book.epub.contents import Entry, read_contents
from book.epub.links import Places, lead
from book.epub.navigation import Point
from book.epub.package import COVER, STYLE, About, Document, write_package
from book.epub.pictures import converted, with_palette
from book.epub.splitting import split
from book.epub.stills import count_live_figures, put_stills
from book.epub.trees import parse, words, write

HERE = Path(__file__).parent
CODE_COLOURS = "a11y-high-contrast-light"  # the site's, on a light page


@dataclass
class Part:
    """A file of the book while it is being made: its page, its name and its text."""

    page: str
    file: str
    article: Element


@dataclass
class Edition:
    """The book while it is being made.

    Attributes:
        site: Folder of the built site.
        about: What the book says of itself.
        places: Where links lead.
        parts: The files of text in reading order.
        titles: The title of each page.
        pictures: Pictures by their names in the book.
    """

    site: Path
    about: About
    places: Places
    parts: list[Part] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)


def make_edition(site: Path, book: Path, configuration: Path, target: Path) -> None:
    """Make the book from the built site.

    Args:
        site: Folder of the built site.
        book: Folder of its sources, with `_toc.yml`.
        configuration: `_config.yml`.
        target: The file to write.

    Raises:
        CourseError: The site is not whole, or there is no Chromium.
    """
    about = read_about(configuration, site)
    contents = read_contents(book / "_toc.yml")
    edition = Edition(site, about, Places(about.site))
    names = [name for entry in contents for name in entry.pages()]
    with chromium() as browser:
        edition.pictures[COVER] = with_palette(draw_cover(browser, book / "assets", about.title))
        for name, xml in articles_as_xml(browser, files_of(site, names)).items():
            article = parse(xml)
            add_stills(edition, browser, name, article)
            add_page(edition, name, article, title_in(contents, name))
    points = tuple(point for entry in contents for point in points_of(edition, entry))
    for part in edition.parts:
        lead(part.article, part.page, edition.places)
    documents = [as_document(edition, part) for part in edition.parts]
    others = {**edition.pictures, STYLE: style().encode()}
    write_package(target, about, documents, points, others)


def read_about(configuration: Path, site: Path) -> About:
    """Read what the book says of itself from the settings of the site.

    Raises:
        CourseError: There is no site.
    """
    settings = read_site_settings(configuration)
    return About(
        title=settings.title,
        language=settings.language,
        rights=settings.rights,
        site=f"{settings.address}/" if settings.address else "",
        modified=date_of(site),
    )


def files_of(site: Path, names: list[str]) -> dict[str, Path]:
    """Return the file of each page of the site.

    Raises:
        CourseError: One is missing.
    """
    files = {name: site / f"{name}.html" for name in names}
    for path in files.values():
        if not path.exists():
            raise CourseError(f"{path} is missing: build the book again with `make book`.")
    return files


def title_in(entries: tuple[Entry, ...], page: str) -> str:
    """Return the title that the table of contents gives a page, or an empty string."""
    for entry in entries:
        if entry.page == page:
            return entry.title
        if title := title_in(entry.below, page):
            return title
    return ""


def add_stills(edition: Edition, browser: Browser, page: str, article: Element) -> None:
    """Draw the live figures of a page and put the pictures in their place."""
    if not count_live_figures(article):
        return
    names = []
    for n, png in enumerate(take_stills(browser, edition.site / f"{page}.html"), start=1):
        names.append(f"{flat(page)}-figure-{n}.png")
        edition.pictures[names[-1]] = with_palette(png)
    put_stills(article, names, edition.places.on_the_site(f"{page}.html"))


def add_page(edition: Edition, page: str, article: Element, title: str) -> None:
    """Make the files of a page, and take its pictures over.

    Raises:
        CourseError: The page has no heading, or shows a picture that the site does not have.
    """
    article = tidy(article)
    heading = next(article.iter("h1"), None)
    if heading is None:
        raise CourseError(f"The page {page}.html has no heading.")
    own = words(heading)
    edition.titles[page] = title or own
    if title.endswith(f" · {own}"):  # a chapter's number, which the site has in the sidebar alone
        heading.text = title.removesuffix(own) + (heading.text or "")
    for image in article.iter("img"):
        take_picture(edition, page, image)
    for n, piece in enumerate(split(article), start=1):
        file = f"{flat(page)}.xhtml" if n == 1 else f"{flat(page)}-{n}.xhtml"
        edition.parts.append(Part(page, file, piece))
        edition.places.add(page, file, piece)


def take_picture(edition: Edition, page: str, image: Element) -> None:
    """Take a picture of the site into the book, in a form that a book may hold.

    Raises:
        CourseError: The site does not have it, or has two of one name.
    """
    address = image.attrib["src"]
    if address in edition.pictures:
        return
    path = edition.site / posixpath.normpath(
        posixpath.join(posixpath.dirname(page), unquote(address))
    )
    if not path.is_file():
        raise CourseError(f"The site has no picture {address}, which {page}.html shows.")
    suffix, content = converted(path)
    name = f"{path.stem}{suffix}"
    if edition.pictures.setdefault(name, content) != content:
        raise CourseError(f"Two pictures of the site are called {path.stem}.")
    image.set("src", name)


def flat(page: str) -> str:
    """Return the name of a page without folders."""
    return page.replace("/", "-")


def points_of(edition: Edition, entry: Entry) -> list[Point]:
    """Return the line of an entry in the table of contents, with the sections of its page."""
    below = [point for inner in entry.below for point in points_of(edition, inner)]
    if not entry.page:
        return [Point(entry.title, below=tuple(below))]
    sections = []
    for part in edition.parts:
        if part.page == entry.page:
            for section in part.article.iterfind("section/section"):
                place = f"{part.file}#{section.attrib['id']}"
                sections += [Point(words(heading), place) for heading in section.iterfind("h2")]
    address = edition.places.files[entry.page]
    return [Point(edition.titles[entry.page], address, (*sections, *below))]


def as_document(edition: Edition, part: Part) -> Document:
    """Write a finished file."""
    body = "\n".join(write(child) for child in part.article)
    return Document(part.file, edition.titles[part.page], body)


def style() -> str:
    """Return the style sheet: our own, and the colours of code."""
    colours = HtmlFormatter(style=CODE_COLOURS).get_style_defs(".highlight")
    only_letters = [line for line in colours.splitlines() if line.startswith(".highlight .")]
    return "\n".join([(HERE / STYLE).read_text(encoding="utf-8"), *only_letters, ""])
