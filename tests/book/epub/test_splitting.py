"""Long pages become several files, and nothing is lost."""

from book.epub.splitting import split
from book.epub.trees import parse, write

SECTION = '<section id="{0}"><h2>{0}</h2><p>0123456789</p></section>'
PAGE = (
    '<article><span id="before"/><section id="page"><h1>Page</h1><p>Opening.</p>'
    f"{SECTION.format('a')}{SECTION.format('b')}{SECTION.format('c')}"
    "<p>End.</p></section><p>After.</p></article>"
)


def ids(part: object) -> list[str]:
    return [each.get("id") for each in part.iter() if each.get("id")]


def test_a_short_page_stays_whole() -> None:
    page = parse(PAGE)
    assert split(page, 10_000) == [page]


def test_a_long_page_is_cut_where_sections_begin() -> None:
    parts = split(parse(PAGE), 130)
    assert [ids(part) for part in parts] == [["before", "page", "a"], ["b", "c"]]
    assert [part.find("section").get("id") for part in parts] == ["page", None]
    assert write(parts[1]) == (
        f"<article><section>{SECTION.format('b')}{SECTION.format('c')}<p>End.</p></section>"
        "<p>After.</p></article>"
    )


def test_a_section_that_is_too_long_by_itself_stays_whole() -> None:
    assert [ids(part) for part in split(parse(PAGE), 20)] == [
        ["before", "page"],
        ["a"],
        ["b"],
        ["c"],
    ]


def test_a_page_without_one_section_stays_whole() -> None:
    page = parse(f"<article>{SECTION.format('a')}{SECTION.format('b')}</article>")
    assert split(page, 20) == [page]
