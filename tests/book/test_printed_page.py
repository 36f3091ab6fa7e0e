"""A page made fit for paper: nothing folded, nothing to press, pictures at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import CourseError
from book.print.book_settings import BookPage
from book.print.printed_links import Links
from book.print.printed_page import Heading, PrintedPage, plain_formula, print_page
from tests.book.tiny_site import ONE, SETTINGS, write_tiny_site

HOME, FIRST, LAST = SETTINGS.pages


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_tiny_site(tmp_path / "site")


def printed(page: BookPage, site: Path, address: str = "") -> PrintedPage:
    return print_page(page, site, Links(replace(SETTINGS, address=address)))


def test_only_the_article_is_printed_without_what_a_screen_needs(site: Path) -> None:
    home, one = printed(HOME, site).markup, printed(FIRST, site).markup
    assert "headerlink" not in home
    assert "without a network" not in home
    assert "not the article" not in home
    for gone in ("assert hidden", "From the library", "noscript", ">v</span>", "tag_tests"):
        assert gone not in one, gone


def test_folds_are_open_and_do_not_look_as_if_to_be_pressed(site: Path) -> None:
    assert '<details open=""><summary>Hint' in printed(FIRST, site).markup


def test_a_picture_is_fetched_at_once_from_where_it_is(site: Path) -> None:
    markup = printed(FIRST, site).markup
    assert f'src="{(site / "_images" / "a b.svg").as_uri()}"' in markup
    assert "lazy" not in markup


def test_the_title_is_that_of_the_list_of_pages(site: Path) -> None:
    one, last = printed(FIRST, site), printed(LAST, site)
    assert '<h1 id="chapters-one">1 · One</h1>' in one.markup
    assert one.title == "1 · One"
    assert last.title == "Two & “last”"
    assert last.headings == (Heading(1, "two", "Two &amp; “last”"),)


def test_headings_stand_in_the_contents_as_on_the_page(site: Path) -> None:
    title, inner = printed(HOME, site).headings
    assert title == Heading(1, "index", "About")
    assert (inner.level, inner.target) == (2, "index--inner")
    assert "katex" in inner.markup
    assert printed(FIRST, site).headings[1].markup == "Section"


def test_a_heading_with_a_formula_can_be_told_in_plain_text(site: Path) -> None:
    assert printed(HOME, site).titles == ("About", "Why √d_k counts")


@pytest.mark.parametrize(
    ("tex", "plain"), [(r"\sqrt{d_k}", "√d_k"), (r"O(n^{2})", "O(n^2)"), ("x", "x")]
)
def test_a_short_formula_is_written_as_in_a_letter(tex: str, plain: str) -> None:
    assert plain_formula(tex) == plain


def test_a_live_figure_says_where_it_can_be_moved(site: Path) -> None:
    assert "To move it, open “1 · One” on the site." in printed(FIRST, site).markup
    address = "https://example.org/course/chapters/one.html#sec"
    assert f'<a href="{address}">{address}</a>' in printed(FIRST, site, PUBLISHED).markup


PUBLISHED = "https://example.org/course"


def test_a_figure_keeps_what_it_starts_from(site: Path) -> None:
    one = printed(FIRST, site)
    assert '"model_id": "m"' in one.markup
    assert one.states.count("<script") == 1
    assert '"_esm"' in one.states


def test_long_code_may_go_on_on_the_next_sheet(tmp_path: Path) -> None:
    cell = '<div class="cell"><div class="cell_input">{}</div></div>'
    cells = "".join(cell.format("line\n" * n) for n in (25, 24))
    site = write_tiny_site(tmp_path / "site", ONE.replace("<svg", cells + "<svg"))
    markup = printed(FIRST, site).markup
    assert markup.count('class="cell_input long-code"') == 1
    assert markup.index("long-code") < markup.index('class="cell_input">')


def test_a_page_that_is_missing_is_told(site: Path) -> None:
    with pytest.raises(CourseError, match=r"no page three\.html; `make book`"):
        printed(BookPage("three"), site)
    (site / "three.html").write_text("<p>no article</p>")
    with pytest.raises(CourseError, match=r"three\.html has no article with a heading"):
        printed(BookPage("three"), site)
