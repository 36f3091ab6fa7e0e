"""What is printed: every page of the book in its order, but not the library's reference."""

from pathlib import Path

import yaml

from book.print.book_settings import BookPage, printed_pages, read_settings

ROOT = Path(__file__).resolve().parents[2]

CONTENTS = {
    "root": "index",
    "parts": [
        {
            "caption": "Library",
            "chapters": [{"file": "library/index", "sections": [{"file": "library/a"}]}],
        },
        {
            "caption": "Chapters",
            "chapters": [
                {"file": "a/one", "title": "1 · One", "sections": [{"file": "a/below"}]},
                {"file": "two"},
            ],
        },
    ],
}


def test_pages_come_in_reading_order_and_parts_begin_with_their_first_page() -> None:
    assert list(printed_pages(CONTENTS)) == [
        BookPage("index", "About this course"),
        BookPage("a/one", "1 · One", "Chapters"),
        BookPage("a/below"),
        BookPage("two"),
    ]


def test_the_settings_are_those_of_the_book() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings = read_settings(ROOT)
    assert (settings.title, settings.author) == (config["title"], config["author"])
    assert (settings.rights, settings.language) == (config["copyright"], "en")
    names = [page.name for page in settings.pages]
    assert names[0] == "index"
    assert {"chapters/ch02_self_attention", "howto/learner", "glossary", "references"} <= {*names}
    assert not [name for name in names if name.startswith("library/")]
    parts = [page.part for page in settings.pages if page.part]
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    captions = [part["caption"] for part in contents["parts"]]
    assert parts == [caption for caption in captions if caption != "Library"]


def test_places_of_pages_are_told_apart() -> None:
    assert BookPage("chapters/one").anchor == "chapters-one"
