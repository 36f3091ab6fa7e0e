"""The stylesheet and fonts of KaTeX fit the program that renders the formulas."""

import re

from sphinxcontrib.katex import katex_version

from tests.book.prose import ROOT

VENDOR = ROOT / "book" / "assets" / "vendor" / "katex"
STYLES = (VENDOR / "katex.min.css").read_text(encoding="utf-8")


def test_stylesheet_has_the_version_that_renders() -> None:
    assert re.findall(r'\.katex-version:after\{content:"([\d.]+)"\}', STYLES) == [katex_version]


def test_every_font_that_the_stylesheet_names_is_there_and_no_other() -> None:
    named = set(re.findall(r"url\(fonts/([\w-]+\.woff2)\)", STYLES))
    assert len(named) == 20
    assert {path.name for path in (VENDOR / "fonts").iterdir()} == named


def test_a_browser_takes_the_font_that_is_there_first() -> None:
    for source in re.findall(r"src:([^;}]+)", STYLES):
        assert re.match(r"url\(fonts/[\w-]+\.woff2\) format\(.woff2.\)", source)


def test_licence_is_beside_it() -> None:
    assert "MIT License" in (VENDOR / "LICENSE").read_text(encoding="utf-8")


def test_it_stays_small() -> None:
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    assert size < 400_000
