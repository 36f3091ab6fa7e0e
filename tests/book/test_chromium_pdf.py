"""Printing a small book: numbers in the contents, links, outline, and faults that stop it."""

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from autograder.errors import CourseError
from book.print.chromium_pdf import print_document, sheet_numbers
from book.print.pdf_details import complete
from book.print.whole_book import join_site
from tests.book.conftest import need_chromium
from tests.book.printed import links_of, outline_of
from tests.book.tiny_site import ONE, SETTINGS, write_tiny_site

pytestmark = pytest.mark.browser
MADE = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def draw(folder: Path, one: str = ONE) -> bytes:
    """Print the tiny book."""
    need_chromium()
    book = join_site(write_tiny_site(folder / "site", one), SETTINGS)
    (folder / "book.html").write_text(book.markup, encoding="utf-8")
    pdf = print_document(folder / "book.html")
    return complete(pdf, SETTINGS.author, MADE, book.titles)


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return draw(tmp_path_factory.mktemp("tiny"))


def test_the_contents_say_on_which_sheet_each_heading_is(pdf: bytes) -> None:
    sheets = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    lines = [line for line in sheets[1].splitlines() if re.search(r"\D\d+$", line)]
    assert [re.split(r"(?=\d+$)", line)[0].strip()[:3] for line in lines] == [
        *("Abo", "Why", "1 ·", "Sec", "Two"),
    ]
    assert [line[-1] for line in lines] == ["3", "3", "4", "4", "5"]
    for line, sheet in zip(sheets[2:], (3, 4, 5), strict=True):
        assert str(sheet) in line.splitlines()


def test_the_outline_is_whole_and_shows_the_pages_first(pdf: bytes) -> None:
    assert outline_of(pdf) == [
        (1, "Contents", 2),
        (1, "About", 3),
        (2, "Why √d_k counts", 3),
        (1, "1 · One", 4),
        (2, "Section", 4),
        (1, "Two & “last”", 5),
    ]
    root = PdfReader(BytesIO(pdf)).trailer["/Root"]
    first = root["/Outlines"]["/First"]["/Next"]
    assert (first["/Title"], first["/Count"]) == ("About", -1)  # below zero: folded


def test_links_lead_to_places_in_the_book_or_outside(pdf: bytes) -> None:
    inner, outer = links_of(pdf)
    sections = {"index--inner", "chapters-one--one", "chapters-one--sec"}
    assert inner == {"index", "chapters-one", "two", *sections}
    assert inner <= set(sheet_numbers(pdf))
    assert outer == {"https://example.org/a"}


def test_it_says_whose_it_is_in_which_language_and_when_it_was_made(pdf: bytes) -> None:
    reader = PdfReader(BytesIO(pdf))
    assert reader.metadata.title == "A tiny book"
    assert reader.metadata.author == "A. Writer"
    assert reader.metadata.creation_date == MADE
    assert reader.metadata.modification_date == MADE
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]


def test_figures_are_drawn_and_folds_open(pdf: bytes) -> None:
    text = PdfReader(BytesIO(pdf)).pages[3].extract_text()
    assert "Drawn by a script" in text
    assert "Look at the sum." in text
    assert "A tiny book" in text
    assert "assert hidden" not in text


def test_the_same_site_gives_the_same_bytes(pdf: bytes, tmp_path: Path) -> None:
    assert draw(tmp_path) == pdf


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ('<img src="https://example.org/a.png">', r"asked for https://example\.org/a\.png"),
        ('<img src="../_images/gone.svg">', r"gone\.svg is missing"),
        ('<div style="width: 900px">wide</div>', "wider than the sheet is chapters-one.*wide"),
    ],
)
def test_a_fault_stops_it_and_is_told(tmp_path: Path, mistake: str, told: str) -> None:
    with pytest.raises(CourseError, match=told):
        draw(tmp_path, ONE.replace("<svg", f"{mistake}<svg"))


def test_wide_formulas_and_tables_get_smaller_letters(tmp_path: Path) -> None:
    formula = (
        '<div class="katex-display"><span class="katex"><span class="katex-html" '
        'style="display: block; white-space: nowrap">' + "wide " * 60 + "</span></span></div>"
    )
    cells = "".join(f"<td>number{i}</td>" for i in range(14))
    table = (
        '<div class="pst-scrollable-table-container">'
        f'<table class="table"><tr>{cells}</tr></table></div>'
    )
    pdf = draw(tmp_path, ONE.replace("<svg", formula + table + "<svg"))
    text = PdfReader(BytesIO(pdf)).pages[3].extract_text()
    assert text.count("wide") == 60
    assert "number13" in text
