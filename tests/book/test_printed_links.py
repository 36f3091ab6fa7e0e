"""Links of the printed book lead to pages that are in it, and otherwise to the published site."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from book.print.book_settings import BookPage
from book.print.printed_links import Links
from tests.book.tiny_site import SETTINGS

ONE = SETTINGS.pages[1]
PUBLISHED = replace(SETTINGS, address="https://example.org/course")


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("#sec", "#chapters-one--sec"),
        ("../index.html", "#index"),
        ("../index.html#na%C3%AFve", "#index--naïve"),
        ("one.html#sec", "#chapters-one--sec"),
        ("https://example.org/a?b#c", "https://example.org/a?b#c"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("//example.org/a", "//example.org/a"),
    ],
)
def test_links_within_the_book_and_to_elsewhere(href: str, target: str) -> None:
    assert Links(SETTINGS).target(href, ONE) == target
    assert Links(PUBLISHED).target(href, ONE) == target


@pytest.mark.parametrize(
    ("href", "there"),
    [
        ("../library/attention.html#f", "library/attention.html#f"),
        ("../notebooks/one.ipynb", "notebooks/one.ipynb"),
        ("three.html", "chapters/three.html"),
    ],
)
def test_what_is_not_printed_is_on_the_published_site_or_nowhere(href: str, there: str) -> None:
    assert Links(SETTINGS).target(href, ONE) is None
    assert Links(PUBLISHED).target(href, ONE) == f"https://example.org/course/{there}"


def test_a_link_without_a_target_leaves_its_words() -> None:
    article = BeautifulSoup('<p><a href="x.ipynb"><b>the</b> file</a></p>', "html.parser")
    Links(SETTINGS).rewrite(article, ONE)
    assert str(article) == "<p><b>the</b> file</p>"


def test_ids_and_what_names_them_get_the_page_in_front() -> None:
    article = BeautifulSoup(
        '<p id="a" aria-labelledby="b c"></p><label for="d"></label><td headers="e f"></td>'
        '<path marker-end="url(#g)" class="id"></path>',
        "html.parser",
    )
    Links(SETTINGS).prefix_ids(article, BookPage("x/y"))
    assert [tag.attrs for tag in article.find_all(True)] == [
        {"id": "x-y--a", "aria-labelledby": "x-y--b x-y--c"},
        {"for": "x-y--d"},
        {"headers": "x-y--e x-y--f"},
        {"marker-end": "url(#x-y--g)", "class": ["id"]},
    ]
