"""The theme's icon font with only the icons that a style sheet shows: 2 KB in place of 156.

An icon of Font Awesome is a letter from a private range of Unicode. Which letters are shown, the
style sheet says; the others are taken out of the font.
"""

import io
import logging
import re
from pathlib import Path

from fontTools import subset, ttLib

_FACE = re.compile(r"@font-face\s*\{[^}]*fontawesome/webfonts/(?P<name>fa-[\w-]+)\.ttf[^}]*\}")
_SOURCE = re.compile(r"src:\s*[^;}]*")
_PRIVATE_LETTER = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")


def letters_shown(css: str) -> set[int]:
    """Return the code points of all icons in a style sheet."""
    return {
        int(escape, 16) if escape else ord(letter)
        for escape, letter in _PRIVATE_LETTER.findall(css)
    }


def cut_font(font: Path, letters: set[int]) -> bytes:
    """Return a font (WOFF) with these letters alone, or nothing where it has none of them."""
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else it tells of every table
    whole = ttLib.TTFont(font)
    there = letters & set(whole.getBestCmap() or {})
    if not there:
        return b""
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=there)
    cutter.subset(whole)
    whole.flavor = "woff"
    out = io.BytesIO()
    whole.save(out, reorderTables=None)
    return out.getvalue()


def use_cut_fonts(css: str, webfonts: Path) -> tuple[str, dict[str, bytes]]:
    """Replace the icon fonts of a style sheet by cut ones that lie beside it.

    Args:
        css: The style sheet, without rules for icons that are not used.
        webfonts: Where the theme's whole fonts lie.

    Returns:
        The style sheet, and the cut fonts by file name. A face without any icon is left out.
    """
    faces = re.compile(r"@font-face\s*\{[^}]*\}").sub("", css)
    letters, fonts = letters_shown(faces), {}

    def cut(face: re.Match[str]) -> str:
        font = cut_font(webfonts / f"{face['name']}.ttf", letters)
        if not font:
            return ""
        fonts[f"{face['name']}.woff"] = font
        return _SOURCE.sub(f'src:url({face["name"]}.woff) format("woff")', face[0])

    return _FACE.sub(cut, css), fonts
