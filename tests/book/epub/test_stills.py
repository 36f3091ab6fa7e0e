"""A live figure as a picture, its words and a link."""

import pytest

from autograder.errors import CourseError
from book.epub.stills import LIVE_VIEW, count_live_figures, put_stills
from book.epub.trees import parse, write

WORDS = "<noscript><p>Six tokens. They look.<br/>it: 0.60</p></noscript>"
FIGURE = f'<script type="{LIVE_VIEW}">{{}}</script><div class="output text_html">{WORDS}</div>'
PAGE = (
    f'<article><div class="cell_output">{FIGURE}<p>then</p>{FIGURE}</div>'
    '<div class="cell_output"><p>printed</p></div></article>'
)


def put(page: str, stills: list[str], address: str | None = None) -> str:
    article = parse(page)
    put_stills(article, stills, address)
    return write(article)


def test_each_figure_gets_its_picture_and_its_words() -> None:
    assert count_live_figures(parse(PAGE)) == 2
    said = put(PAGE, ["a.png", "b.png"], "https://course.example/p.html")
    figure = (
        '<figure class="live"><img src="{}" class="still" alt="Six tokens. They look." />'
        "<figcaption>A live figure, as it is at the start. "
        '<a href="https://course.example/p.html">Move it on the course’s site</a>.</figcaption>'
        '</figure><details class="in-words"><summary>The figure in words</summary>'
        "<p>Six tokens. They look.<br />it: 0.60</p></details>"
    )
    assert said == (
        f'<article><div class="cell_output">{figure.format("a.png")}<p>then</p>'
        f'{figure.format("b.png")}</div><div class="cell_output"><p>printed</p></div></article>'
    )


def test_where_no_site_is_known_no_link_is_offered() -> None:
    said = put(PAGE, ["a.png", "b.png"])
    assert said.count("It moves on the course’s site.") == 2
    assert "<a " not in said


def test_no_figure_is_left_without_picture_or_words() -> None:
    with pytest.raises(CourseError, match="1 of 2 live figures"):
        put(PAGE, ["a.png"])
    with pytest.raises(CourseError, match="no words beside it"):
        put(PAGE.replace(WORDS, "", 1), ["a.png", "b.png"])
    with pytest.raises(CourseError, match="no words beside it"):
        put("".join(PAGE.rsplit(WORDS, 1)), ["a.png", "b.png"])
