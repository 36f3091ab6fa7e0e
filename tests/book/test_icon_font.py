"""The icon font holds the icons that a style sheet shows, drawn as the theme draws them."""

import io
from pathlib import Path

import pydata_sphinx_theme
from fontTools import ttLib
from icon_font import cut_font, letters_shown, use_cut_fonts

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
WEBFONTS = THEME / "vendor" / "fontawesome" / "webfonts"
BARS, DOWNLOAD, GITHUB = 0xF0C9, 0xF019, 0xF09B


def face(name: str) -> str:
    files = f"../vendor/fontawesome/webfonts/{name}"
    return (
        f'@font-face{{font-family:"FA";src:url({files}.woff2) format("woff2"),'
        f'url({files}.ttf) format("truetype")}}'
    )


def test_icons_are_found_as_escapes_and_as_letters() -> None:
    css = f'.a:before{{content:"\\f0c9"}} :root{{--icon: "{chr(DOWNLOAD)}"}} b{{color:#f0f0f0}}'
    assert letters_shown(css) == {BARS, DOWNLOAD}


def test_a_cut_font_has_these_icons_alone_unchanged() -> None:
    cut = ttLib.TTFont(io.BytesIO(cut_font(WEBFONTS / "fa-solid-900.ttf", {BARS, DOWNLOAD})))
    whole = ttLib.TTFont(WEBFONTS / "fa-solid-900.ttf")
    assert set(cut.getBestCmap()) == {BARS, DOWNLOAD}
    for letter, name in cut.getBestCmap().items():
        before = whole["glyf"][whole.getBestCmap()[letter]]
        assert list(cut["glyf"][name].coordinates) == list(before.coordinates)
        assert cut["hmtx"][name] == whole["hmtx"][whole.getBestCmap()[letter]]


def test_it_is_small() -> None:
    assert len(cut_font(WEBFONTS / "fa-solid-900.ttf", {BARS, DOWNLOAD})) < 2000


def test_a_sheet_names_the_cut_fonts_and_no_font_without_icons() -> None:
    css = face("fa-solid-900") + face("fa-brands-400") + f'.a{{content:"\\{BARS:x}"}}'
    css, fonts = use_cut_fonts(css, WEBFONTS)
    assert list(fonts) == ["fa-solid-900.woff"]
    assert css == (
        '@font-face{font-family:"FA";src:url(fa-solid-900.woff) format("woff")}.a{content:"\\f0c9"}'
    )


def test_a_font_gets_the_icons_that_it_has() -> None:
    assert cut_font(WEBFONTS / "fa-brands-400.ttf", {GITHUB})
    assert cut_font(WEBFONTS / "fa-solid-900.ttf", {GITHUB}) == b""
