"""The book as an EPUB file: valid, whole, with everything that pages of the site have."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from PIL import Image

from autograder.errors import CourseError
from book.epub.contents import read_contents
from book.epub.edition import Edition, add_page, make_edition, read_about
from book.epub.links import Places
from book.epub.trees import XHTML, classes, parse, words
from tests.book.epub.epubcheck import complaints
from tests.book.epub.small_book import SITE, TITLE, links, make_small_book
from tests.book.small_site import ROOT

LARGEST_BOOK = 40 * 2**20  # bytes: what shops and mail still take

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_book(tmp_path_factory.mktemp("small"))


def unpacked(book: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(book) as archive:
        return {
            posixpath.basename(entry.filename): archive.read(entry) for entry in archive.infolist()
        }


@pytest.fixture(scope="module")
def files(book: Path) -> dict[str, bytes]:
    return unpacked(book)


@pytest.fixture(scope="module")
def one(files: dict[str, bytes]) -> Element:
    return parse(files["chapters-one.xhtml"].decode())


def found(page: Element, tag: str, kind: str = "") -> Iterator[Element]:
    return (each for each in page.iter(tag) if kind in each.get("class", ""))


def test_a_validator_finds_nothing(book: Path) -> None:
    assert complaints(book) == ""


def test_its_first_bytes_say_what_it_is(book: Path) -> None:
    assert book.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"


def test_the_contents_are_nested_and_lead_to_their_places(files: dict[str, bytes]) -> None:
    nav = parse(files["nav.xhtml"].decode())
    assert [address for address in links(nav) if address != "nav.xhtml"] == [
        "index.xhtml",
        "chapters-one.xhtml",
        "chapters-one.xhtml#the-second-part",
        "live.xhtml",
        "index.xhtml",  # where the text begins
    ]
    chapters = nav.findall("body/nav/ol/li")[1]
    assert words(chapters.find("span")) == "Chapters"
    assert words(chapters.find("ol/li/a")) == "1 · The first chapter"
    assert words(chapters.find("ol/li/ol/li/a")) == "The second part"


def test_it_says_what_it_is_and_for_whom(files: dict[str, bytes]) -> None:
    opf = files["book.opf"].decode()
    assert f"<dc:title>{TITLE.replace('&', '&amp;')}</dc:title>" in opf
    for said in (
        "<dc:language>en</dc:language>",
        "<dc:rights>the authors; CC BY 4.0</dc:rights>",
        '<meta property="schema:accessModeSufficient">textual</meta>',
        '<meta property="schema:accessibilityFeature">MathML</meta>',
        '<item id="ncx" href="contents.ncx" media-type="application/x-dtbncx+xml"/>',
        'href="chapters-one.xhtml" media-type="application/xhtml+xml" properties="mathml"/>',
        'href="cover.png" media-type="image/png" properties="cover-image"/>',
    ):
        assert said in opf


def test_no_script_and_nothing_from_elsewhere(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".xhtml"):
            page = parse(content.decode())
            assert not list(found(page, "script"))
            loaded = [each.attrib["src"] for each in page.iter() if "src" in each.attrib]
            assert set(loaded) <= set(files), name


def test_formulas_are_mathml_with_their_tex_as_words(one: Element) -> None:
    inline, several = found(one, "math")
    assert inline.get("alttext") == r"T_{\max} < a \bmod 10"
    assert [each.text for each in found(inline, "mo")] == ["<", "mod"]
    assert several.get("display") == "block"
    assert "&" in several.get("alttext")
    assert not list(found(one, "annotation"))


def test_links_lead_within_the_book_and_out_of_it(one: Element, files: dict[str, bytes]) -> None:
    addresses = list(links(one))
    assert "#equation-eq-lines" not in addresses
    assert "chapters-one.xhtml#equation-eq-lines" in addresses
    assert "https://doi.org/10.1175/1(1950)078%3C0001:V%3E2.0.CO;2" in addresses
    assert f"{SITE}/_modules/course_lib/attention.html" in addresses
    index = list(links(parse(files["index.xhtml"].decode())))
    assert index == ["chapters-one.xhtml", "chapters-one.xhtml#second"]


def test_the_number_of_a_chapter_stands_in_its_heading(one: Element) -> None:
    assert words(next(one.iter("h1"))) == "1 · The first chapter"


def test_words_in_angle_brackets_are_not_lost(one: Element) -> None:
    assert "Read the <task> aloud." in words(one)


def test_boxes_tables_code_and_answers_are_there(one: Element) -> None:
    assert [words(each) for each in found(one, "summary")] == ["A question", "Code"]
    assert "Its answer." in words(one)
    assert "Not in a book." not in words(one)
    assert [each.get("class") for each in found(one, "table")] == ["wide", None]
    assert words(next(found(one, "div", "note"))) == "Note Mind this."
    assert "print(1 < 2 & 3)" in words(one)


def test_pictures_keep_their_words(one: Element, files: dict[str, bytes]) -> None:
    drawing, screenshot = found(one, "img")
    assert (drawing.get("alt"), screenshot.get("alt")) == ("a line", "a screenshot")
    assert b"<!DOCTYPE" not in files[drawing.get("src")]
    assert files[screenshot.get("src")].startswith(b"\xff\xd8")  # JPEG


def test_a_live_figure_is_a_picture_its_words_and_a_link(files: dict[str, bytes]) -> None:
    page = parse(files["live.xhtml"].decode())
    (image,) = found(page, "img")
    assert image.get("alt").startswith("Six tokens. Each token looks at each.")
    with Image.open(io.BytesIO(files[image.get("src")])) as picture:
        assert picture.width > 1000
        assert len(picture.getcolors()) > 20  # it was drawn
    assert list(links(page)) == [f"{SITE}/live.html"]
    assert "“cat”" in words(next(found(page, "details", "in-words")))


def test_it_comes_out_the_same_again(book: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.epub"
    root = book.parent
    make_edition(root / "html", root / "book", root / "_config.yml", again)
    assert again.read_bytes() == book.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.epub"]


def test_what_is_missing_is_said(book: Path, tmp_path: Path) -> None:
    root = book.parent
    with pytest.raises(CourseError, match="`make book` builds it"):
        make_edition(tmp_path, root / "book", root / "_config.yml", tmp_path / "no.epub")
    (tmp_path / "index.html").write_text("<article></article>")
    with pytest.raises(CourseError, match=r"one\.html is missing"):
        make_edition(tmp_path, root / "book", root / "_config.yml", tmp_path / "no.epub")


def test_a_page_that_is_not_whole_is_named(book: Path) -> None:
    root = book.parent
    about = read_about(root / "_config.yml", root / "html")
    edition = Edition(root / "html", about, Places(about.site))
    for html, told in (
        ("<p>Words.</p>", "The page a/one.html has no heading."),
        ('<h1>One</h1><img src="gone.svg"/>', "no picture gone.svg, which a/one.html shows"),
    ):
        with pytest.raises(CourseError, match=told):
            add_page(edition, "a/one", parse(f'<article xmlns="{XHTML}">{html}</article>'), "")


@pytest.mark.load
def test_the_whole_book(site: Path, tmp_path: Path) -> None:
    book = tmp_path / "course.epub"
    make_edition(site, ROOT / "book", ROOT / "_config.yml", book)
    assert complaints(book) == ""
    assert book.stat().st_size < LARGEST_BOOK
    files = unpacked(book)
    pages = {name: parse(text.decode()) for name, text in files.items() if name.endswith(".xhtml")}
    listed = set(links(pages["nav.xhtml"]))
    for entry in read_contents(ROOT / "book" / "_toc.yml"):
        for page in entry.pages():
            assert f"{page.replace('/', '-')}.xhtml" in listed
    for name, page in pages.items():
        assert all(each.get("alt") for each in found(page, "img")), name
        assert all(each.get("alttext") for each in found(page, "math")), name
        assert not [each for each in page.iter() if "katex" in classes(each)], name
