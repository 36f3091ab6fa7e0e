"""The table of contents as `_toc.yml` has it."""

from pathlib import Path

from book.epub.contents import Entry, read_contents

TOC = """
format: jb-book
root: index
parts:
  - caption: Chapters
    chapters:
      - file: one
        title: "1 · One"
        sections:
          - file: deep/two
  - caption: Rest
    chapters:
      - file: three
"""


def test_parts_pages_and_pages_below_them(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    contents = read_contents(tmp_path / "_toc.yml")
    assert contents == (
        Entry("", "index"),
        Entry("Chapters", below=(Entry("1 · One", "one", below=(Entry("", "deep/two"),)),)),
        Entry("Rest", below=(Entry("", "three"),)),
    )
    pages = [page for entry in contents for page in entry.pages()]
    assert pages == ["index", "one", "deep/two", "three"]
