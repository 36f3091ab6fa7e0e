"""Links of the built site lead somewhere, and nothing is loaded from another host."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from autograder.chapters.sittings import chapter_of
from tests.book.html_page import HtmlPage, page_names, source_page_names

CSS_URL = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)""")
ELSEWHERE = ("http:", "https:", "//")
LINK = re.compile(r"(<a\b[^>]*>(.*?)</a>)", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, HtmlPage]:
    names = [*page_names(site), *source_page_names(site)]
    pages = {name: HtmlPage(site / f"{name}.html") for name in names}
    assert {"index", "notation", "glossary", "references", "howto/learner"} <= set(pages)
    return pages


def target_of(link: str, page: HtmlPage) -> tuple[Path, str]:
    """Return the file and the anchor that an internal link points to."""
    parts = urlsplit(link)
    if not parts.path:
        return page.path, unquote(parts.fragment)
    target = (page.path.parent / unquote(parts.path)).resolve()
    return (target / "index.html" if target.is_dir() else target), unquote(parts.fragment)


def test_every_internal_link_and_anchor_resolves(pages: dict[str, HtmlPage], site: Path) -> None:
    by_path = {page.path.resolve(): page for page in pages.values()}
    broken = []
    checked = 0
    for name, page in pages.items():
        for link in page.links:
            if urlsplit(link).scheme or link.startswith("//"):
                continue
            target, anchor = target_of(link, page)
            checked += 1
            if not target.exists():
                broken.append(f"{name}: {link} (no such file)")
            elif (
                anchor and target.suffix == ".html" and anchor not in by_path[target.resolve()].ids
            ):
                broken.append(f"{name}: {link} (no such anchor)")
            elif not target.resolve().is_relative_to(site.resolve()):
                broken.append(f"{name}: {link} (leaves the site)")
    assert checked > 100
    assert not broken, "\n".join(broken)


def test_no_page_loads_anything_from_another_host(pages: dict[str, HtmlPage]) -> None:
    foreign = [
        f"{name}: {address}"
        for name, page in pages.items()
        for address in [*page.loads, *CSS_URL.findall(" ".join(page.styles))]
        if address.startswith(ELSEWHERE)
    ]
    assert not foreign, "\n".join(foreign)


def test_every_file_that_a_page_loads_exists(pages: dict[str, HtmlPage]) -> None:
    missing = [
        f"{name}: {address}"
        for name, page in pages.items()
        for address in page.loads
        if not address.startswith((*ELSEWHERE, "data:"))
        and not target_of(address, page)[0].exists()
    ]
    assert not missing, "\n".join(missing)


def test_no_stylesheet_loads_anything_from_another_host(site: Path) -> None:
    addresses = [
        (p, a) for p in site.rglob("*.css") for a in CSS_URL.findall(p.read_text(encoding="utf-8"))
    ]
    assert any("vendor/katex/fonts" in address for _, address in addresses)
    foreign = [f"{p.relative_to(site)}: {a}" for p, a in addresses if a.startswith(ELSEWHERE)]
    assert not foreign, "\n".join(foreign)


def test_ids_are_unique_on_each_page(pages: dict[str, HtmlPage]) -> None:
    doubled = [
        f"{name}: {i}"
        for name, page in pages.items()
        for i in set(page.ids)
        if page.ids.count(i) > 1
    ]
    assert not doubled, "\n".join(doubled)


def test_every_chapter_offers_its_student_notebook(pages: dict[str, HtmlPage]) -> None:
    chapters = [name for name in pages if name.startswith("chapters/ch")]
    assert chapters
    for name in chapters:
        notebook = f"../notebooks/{chapter_of(name.removeprefix('chapters/'))}.ipynb"
        assert notebook in pages[name].links


def test_every_page_has_one_description(pages: dict[str, HtmlPage]) -> None:
    for name, page in pages.items():
        if name in ("genindex", "search"):
            continue
        descriptions = re.findall(
            r"<meta[^>]*name=\"description\"[^>]*>", page.path.read_text(encoding="utf-8")
        )
        assert len(descriptions) == 1, f"{name}: {descriptions}"


def test_links_say_where_they_lead(pages: dict[str, HtmlPage]) -> None:
    """A link is read out alone by screen readers; Lighthouse refuses such words, too."""
    empty_words = {"here", "this", "more", "click here", "read more", "see more"}
    mute = [
        f"{name}: {words[0]}"
        for name, page in pages.items()
        for words in LINK.findall(page.path.read_text(encoding="utf-8"))
        if "<code" not in words[0] and TAG.sub("", words[0]).strip().lower() in empty_words
    ]
    assert not mute, "\n".join(mute)
