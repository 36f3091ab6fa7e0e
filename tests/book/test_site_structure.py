"""Text alternatives and headings, page by page."""

from pathlib import Path

import pytest

from tests.book.html_page import HtmlPage, page_names


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, HtmlPage]:
    by_the_theme = {"search", "genindex"}
    return {
        name: HtmlPage(site / f"{name}.html")
        for name in page_names(site)
        if name not in by_the_theme
    }


def test_every_image_has_a_text_alternative(pages: dict[str, HtmlPage]) -> None:
    silent = []
    for name, page in pages.items():
        for image in page.images:
            in_text = "logo__image" not in (
                image.get("class") or ""
            )  # the logo stands beside the title that says it
            alternative = (
                image.get("alt") or image.get("aria-label") or image.get("aria-labelledby") or ""
            )
            from_file_name = alternative.strip().endswith(
                (".png", ".svg", ".jpg")
            )  # what MyST-NB puts by itself
            if in_text and (len(alternative.strip()) < 4 or from_file_name):
                silent.append(f"{name}: {image.get('src') or image['tag']} (alt: {alternative!r})")
    assert sum(len(page.images) for page in pages.values()) > len(pages)  # logos at least
    assert not silent, "\n".join(silent)


def test_each_page_begins_with_its_only_first_level_heading(pages: dict[str, HtmlPage]) -> None:
    for name, page in pages.items():
        levels = [level for level, _ in page.headings]
        assert levels.count(1) == 1, f"{name}: {page.headings}"
        assert levels[0] == 1, f"{name}: {page.headings}"


def test_headings_go_down_one_level_at_a_time(pages: dict[str, HtmlPage]) -> None:
    skipped = []
    for name, page in pages.items():
        for (before, _), (after, text) in zip(page.headings, page.headings[1:], strict=False):
            if after > before + 1:
                skipped.append(f"{name}: level {after} after level {before} at “{text.strip()}”")
    assert not skipped, "\n".join(skipped)
