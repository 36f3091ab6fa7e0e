"""The printed book: whole, with working links, embedded fonts and nothing that cannot be read.

An excerpt is printed here; the whole book, which takes minutes, by `make test-full` alone.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PageObject, PdfReader

from book.editions.settings import date_of
from book.print.book_settings import BookSettings, read_settings
from book.print.chromium_pdf import print_document, sheet_numbers
from book.print.pdf_details import complete
from book.print.whole_book import WholeBook, join_site
from tests.book.conftest import need_chromium
from tests.book.html_page import HtmlPage
from tests.book.printed import links_of, outline_of

ROOT = Path(__file__).resolve().parents[2]
EXCERPT = {"index", "chapters/ch02_self_attention", "references"}
MAX_BYTES = 40_000_000
LETTERS = re.compile(r"[^\W_]+")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def settings() -> BookSettings:
    whole = read_settings(ROOT)
    return replace(whole, pages=tuple(p for p in whole.pages if p.name in EXCERPT))


@pytest.fixture(scope="module")
def book(site: Path, settings: BookSettings) -> WholeBook:
    return join_site(site.resolve(), settings)


@pytest.fixture(scope="module")
def pdf(site: Path, book: WholeBook, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    need_chromium()
    document = tmp_path_factory.mktemp("print") / "book.html"
    document.write_text(book.markup, encoding="utf-8")
    return complete(print_document(document), "", date_of(site), book.titles)


@pytest.fixture(scope="module")
def sheets(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def letters(text: str) -> str:
    """Return the letters of a text: how a PDF spaces and breaks lines is its own affair."""
    return "".join(LETTERS.findall(text))


def headings(site: Path, settings: BookSettings) -> Iterator[tuple[int, str]]:
    """Walk the headings of the pages as the site has them, under the printed book's titles."""
    for page in settings.pages:
        (_, own), *rest = HtmlPage(site / f"{page.name}.html").headings
        yield 1, page.title or own.removesuffix("#")
        yield from ((level, text.removesuffix("#")) for level, text in rest)


def fonts_of(page: PageObject) -> Iterator[dict]:
    """Walk the fonts of a page and of the drawings on it."""
    places = [page["/Resources"]]
    for place in places:
        yield from (font.get_object() for font in place.get("/Font", {}).values())
        drawings = [drawing.get_object() for drawing in place.get("/XObject", {}).values()]
        places += [drawing["/Resources"] for drawing in drawings if "/Resources" in drawing]


def is_embedded(font: dict) -> bool:
    inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return font["/Subtype"] == "/Type3" or "/FontFile2" in inner["/FontDescriptor"].get_object()


def check_outline(pdf: bytes, sheets: list[str], wanted: list[tuple[int, str]]) -> None:
    """Every heading is in the outline at its level, and on the sheet that it names."""
    (_, contents, _), *outline = outline_of(pdf)
    assert contents == "Contents"
    assert [level for level, _, _ in outline] == [level for level, _ in wanted]
    for (_, title, sheet), (_, text) in zip(outline, wanted, strict=True):
        assert letters(title)[:10] == letters(text)[:10]
        # Word by word: what stands in a formula is read at another place.
        seen = letters(sheets[sheet - 1])
        assert [word for word in LETTERS.findall(title) if word not in seen] == [], (title, sheet)


def test_every_heading_is_in_the_outline_and_where_it_says(
    pdf: bytes, sheets: list[str], site: Path, settings: BookSettings
) -> None:
    wanted = list(headings(site, settings))
    assert (1, "2 · Inside self-attention, step by step") in wanted
    check_outline(pdf, sheets, wanted)


def test_the_contents_give_the_sheet_of_each_section(
    pdf: bytes, sheets: list[str], site: Path, settings: BookSettings
) -> None:
    contents = [line for sheet in sheets[1:5] for line in sheet.splitlines()]
    told = [int(found[0]) for line in contents if (found := re.search(r"(?<=\D)\d+$", line))]
    outline = [sheet for level, _, sheet in outline_of(pdf)[1:] if level <= 2]
    assert told[: len(outline)] == outline


def test_links_lead_somewhere_and_none_to_this_machine(pdf: bytes, settings: BookSettings) -> None:
    inner, outer = links_of(pdf)
    places = sheet_numbers(pdf)
    assert inner <= set(places)
    assert {page.anchor for page in settings.pages} <= inner
    assert [name for name in inner if name.startswith("references--id")]
    assert outer
    assert [link for link in outer if not link.startswith(("https://", "http://"))] == []
    assert b"file:" not in pdf


def test_formulas_are_set_and_fonts_embedded(book: WholeBook, pdf: bytes) -> None:
    assert 'class="katex"' in book.markup
    assert "katex-error" not in book.markup
    fonts = [font for page in PdfReader(BytesIO(pdf)).pages for font in fonts_of(page)]
    assert [font["/BaseFont"] for font in fonts if not is_embedded(font)] == []
    names = " ".join(font.get("/BaseFont", "") for font in fonts)
    for family in ("STIXGeneral", "KaTeX_Main", "KaTeX_Math", "DejaVuSansMono"):
        assert family in names


def test_sheets_have_running_heads_and_numbers(sheets: list[str], settings: BookSettings) -> None:
    for number, sheet in enumerate(sheets[1:], start=2):
        assert str(number) in sheet.splitlines(), number
    head = letters(f"{settings.title} 2 · Inside self-attention, step by step")
    assert sum(letters(sheet).startswith(head) for sheet in sheets) > 10


def test_live_figures_stand_still_and_answers_are_open(sheets: list[str]) -> None:
    text = letters("".join(sheets))
    for seen in (
        "Six tokens, by hand",  # a live figure …
        "it looks most at cat 0 60",  # … and what it says of itself
        "To move it, open 2 Inside self-attention, step by step on the site",
        "They stand at a right angle: neither has a part that points along the other",  # folded
    ):
        assert letters(seen) in text, seen
    assert letters("Show code cell source") not in text


def test_plots_are_drawings(pdf: bytes, site: Path, sheets: list[str]) -> None:
    (plot,) = (i for i, sheet in enumerate(sheets) if "covers more bytes with each token" in sheet)
    page = PdfReader(BytesIO(pdf)).pages[plot]
    assert not page.images


@pytest.mark.load
def test_the_whole_book_is_printed(site: Path, tmp_path: Path) -> None:
    target = tmp_path / "book.pdf"
    done = subprocess.run(
        [sys.executable, "-m", "book.print", "--site", str(site), "--out", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pdf = target.read_bytes()
    assert len(pdf) < MAX_BYTES
    settings = read_settings(ROOT)
    whole = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    check_outline(pdf, whole, list(headings(site, settings)))
    inner, outer = links_of(pdf)
    assert inner <= set(sheet_numbers(pdf))
    assert [link for link in outer if not link.startswith(("https://", "http://"))] == []
