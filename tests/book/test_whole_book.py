"""The pages as one document: in order, with contents, links that lead somewhere, running heads."""

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from autograder.errors import CourseError
from book.print.whole_book import WholeBook, join_site
from tests.book.tiny_site import ONE, SETTINGS, write_tiny_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_tiny_site(tmp_path / "site")


@pytest.fixture
def book(site: Path) -> WholeBook:
    return join_site(site, SETTINGS)


@pytest.fixture
def soup(book: WholeBook) -> BeautifulSoup:
    return BeautifulSoup(book.markup, "html.parser")


def test_pages_stand_in_order_behind_title_and_contents(soup: BeautifulSoup) -> None:
    headings = [tag.get_text() for tag in soup.find_all("h1")]
    assert headings == ["Contents", "About", "1 · One", "Two & “last”"]
    title_page = soup.find("header").get_text(" ", strip=True)
    assert title_page.startswith("A tiny book A. Writer")
    assert "© the authors" in title_page
    assert soup.title.get_text() == "A tiny book"
    assert soup.html["lang"] == "en"


def test_the_contents_list_parts_titles_and_sections(soup: BeautifulSoup) -> None:
    lines = soup.find("nav", class_="book-contents").find_all(["a", "p"])
    told = [(line.get("href", "part"), line.get_text().split()[0]) for line in lines]
    assert told == [
        ("#index", "About"),
        ("#index--inner", "Why"),
        ("part", "Chapters"),
        ("#chapters-one", "1"),
        ("#chapters-one--sec", "Section"),
        ("#two", "Two"),
    ]
    assert "level-2" in lines[1]["class"]
    assert "level-1" in lines[3]["class"]


def test_every_link_leads_to_an_id_and_every_id_stands_once(soup: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inner = [tag["href"][1:] for tag in soup.find_all("a", href=True) if tag["href"][0] == "#"]
    assert {"chapters-one--sec", "index--inner"} <= set(inner) <= set(ids)
    outer = [tag["href"] for tag in soup.find_all("a", href=True) if tag["href"][0] != "#"]
    assert outer == ["https://example.org/a"]


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    site = write_tiny_site(tmp_path / "site", ONE.replace("#sec", "#gone"))
    with pytest.raises(CourseError, match="lead nowhere: chapters-one--gone"):
        join_site(site, SETTINGS)


def test_all_headings_are_told_in_order(book: WholeBook) -> None:
    assert book.titles == (
        *("Contents", "About", "Why √d_k counts", "1 · One", "Section", "Two & “last”"),
    )


def test_each_page_has_its_running_head(book: WholeBook) -> None:
    assert 'style="page: page-2"' in book.markup
    assert (
        '@page page-2 { @top-left { content: "A tiny book" }'
        ' @top-right { content: "Two & “last”" } }'
    ) in book.markup


def test_a_title_cannot_end_the_style_sheet(site: Path) -> None:
    settings = replace(SETTINGS, title='A "b" </style>')
    markup = join_site(site, settings).markup
    assert r'content: "A \"b\" \3c /style>"' in markup
    assert markup.count("</style>") == 1


def test_the_site_is_named_where_it_is_published(site: Path) -> None:
    settings = replace(SETTINGS, address="https://example.org/course", author="")
    soup = BeautifulSoup(join_site(site, settings).markup, "html.parser")
    assert soup.header.a["href"] == "https://example.org/course"
    assert soup.find(class_="author") is None
    links = [tag["href"] for tag in soup.find_all("a", href=True)]
    assert "https://example.org/course/library/attention.html#f" in links


def test_the_sites_rules_yield_to_those_of_paper(site: Path, book: WholeBook) -> None:
    sheet = (site / "_static" / "site.css").as_uri()
    assert book.markup.count(f'@import url("{sheet}") layer(site);') == 1
