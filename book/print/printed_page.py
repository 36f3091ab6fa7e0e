"""One page of the site, made fit for paper: nothing folded, nothing that only a screen can use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from bs4 import BeautifulSoup, Tag

from autograder.errors import CourseError
from book.print.book_settings import BookPage
from book.print.printed_links import Links, resolved

# Left out on purpose: the code that a page folds away (it draws a plot or checks an exercise, and
# the text speaks of what comes of it), names of the library that lead to its reference, what says
# how to read without a network, and the signs of things to press.
NOT_ON_PAPER = (
    "a.headerlink, .tag_hide-input > details.hide, details.from-library, .online-only, noscript, "
    ".sd-summary-state-marker, .citation .backrefs, script:not([type$='widget-view+json'])"
)
LONG_CODE = 24  # lines; less stays together, though a part of the sheet before it remains empty
VIEW = "script[type$='widget-view+json']"
_STATE = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>', re.DOTALL
)


@dataclass(frozen=True)
class Heading:
    """A heading that the table of contents shows.

    Attributes:
        level: 1 for a page, 2 for its sections.
        target: The id that it stands at.
        markup: Its words, as HTML.
    """

    level: int
    target: str
    markup: str


@dataclass(frozen=True)
class PrintedPage:
    """A page, ready to stand behind others in one document.

    Attributes:
        page: Which one it is.
        title: Its title, as plain text.
        markup: The article as HTML.
        headings: Its title and its sections.
        titles: All its headings as plain text, in order.
        states: What its live figures start from, as HTML.
        sheets: Addresses of the style sheets that it asks for.
    """

    page: BookPage
    title: str
    markup: str
    headings: tuple[Heading, ...]
    titles: tuple[str, ...]
    states: str
    sheets: tuple[str, ...]


def print_page(page: BookPage, site: Path, links: Links) -> PrintedPage:
    """Make a page of the built site fit for paper.

    Args:
        page: Which one.
        site: Folder of the built site, from the root.
        links: Where links lead.

    Raises:
        CourseError: The site has no such page, or it has no article with a heading.
    """
    file = site / f"{page.name}.html"
    if not file.is_file():
        raise CourseError(f"The site has no page {page.name}.html; `make book` builds it.")
    html = file.read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    article = soup.select_one("article.bd-article")
    heading = article.h1 if article else None
    if article is None or heading is None:
        raise CourseError(f"The page {page.name}.html has no article with a heading.")
    take_out(article)
    open_folds(article)
    let_code_break(article)
    title = page.title or heading.get_text()
    add_notes(article, page, title, links)
    move_images(article, page, site)
    links.prefix_ids(article, page)
    links.rewrite(article, page)
    heading.string = title
    heading["id"] = page.anchor
    return PrintedPage(
        page,
        title,
        article.decode_contents(),
        tuple(headings_of(article)),
        tuple(plain_headings(article)),
        "".join(_STATE.findall(html)),
        tuple(
            (site / resolved(str(link["href"]), page)).as_uri()
            for link in soup.select("head link[rel=stylesheet][href]")
        ),
    )


def take_out(article: Tag) -> None:
    """Remove what is of no use on paper, and the cells in which nothing is left."""
    for tag in article.select(NOT_ON_PAPER):
        tag.decompose()
    for cell in article.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find(["img", "svg", "script"]):
            cell.decompose()


def open_folds(article: Tag) -> None:
    """Open what a page folds: hints, answers and asides cannot be unfolded on paper."""
    for fold in article.find_all("details"):
        fold["open"] = ""
        for tag in (fold, *fold.find_all("summary", recursive=False)):
            tag.attrs.pop("class", None)  # the site's style of what can be pressed


def let_code_break(article: Tag) -> None:
    """Mark the cells that may go on on the next sheet."""
    for cell in article.select(".cell_input"):
        if cell.get_text().strip().count("\n") >= LONG_CODE:
            cell["class"] = " ".join([*cell.get_attribute_list("class"), "long-code"])


def add_notes(article: Tag, page: BookPage, title: str, links: Links) -> None:
    """Say below each live figure where it can be moved."""
    maker = BeautifulSoup("", "html.parser")
    for view in article.select(VIEW):
        section = view.find_parent("section", id=True)
        note = maker.new_tag("p", attrs={"class": "live-note"})
        if links.settings.address:
            fragment = f"#{quote(str(section['id']))}" if section else ""
            note.append("As it stands at the start. To move it: ")
            href = f"{links.settings.address}/{page.name}.html{fragment}"
            link = maker.new_tag("a", href=href)
            link.string = href
            note.append(link)
        else:
            note.append(f"As it stands at the start. To move it, open “{title}” on the site.")
        view.find_parent("div").append(note)  # type: ignore[union-attr]


def move_images(article: Tag, page: BookPage, site: Path) -> None:
    """Say where pictures are, and fetch them at once: paper does not scroll."""
    for image in article.find_all("img"):
        address = str(image["src"])
        if not urlsplit(address).scheme:
            image["src"] = (site / resolved(address, page)).as_uri()
        image.attrs.pop("loading", None)


def headings_of(article: Tag) -> Iterator[Heading]:
    """Walk the title of a page and its sections."""
    for tag in article.find_all(["h1", "h2"]):
        level = int(tag.name[1])
        section = tag.find_parent("section", id=True)
        target = str(tag["id"] if level == 1 or section is None else section["id"])
        copy = BeautifulSoup(tag.decode_contents(), "html.parser")
        for inner in copy.find_all(True):
            inner.attrs.pop("id", None)
            if inner.name == "a":
                inner.unwrap()
        yield Heading(level, target, str(copy))


def plain_headings(article: Tag) -> Iterator[str]:
    """Walk the headings of a page as plain text, formulas as one writes them in a letter."""
    for tag in article.find_all(["h1", "h2", "h3", "h4", "h5", "h6"]):
        copy = BeautifulSoup(tag.decode_contents(), "html.parser")
        for formula in copy.select(".katex"):
            tex = formula.find("annotation")
            formula.replace_with(plain_formula(tex.get_text() if tex else ""))
        yield " ".join(copy.get_text().split())


def plain_formula(tex: str) -> str:
    """Return a short formula as one writes it in a letter."""
    return re.sub(r"[{}\\]", "", re.sub(r"\\sqrt\b\s*", "√", tex))
