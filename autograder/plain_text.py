"""Make a stranger's text safe to look at, on a page as in a terminal.

Source, output, messages and names come from learners. A terminal obeys what follows an ESC, a
right-to-left override turns a line around so that it reads as another, and a lone surrogate breaks
every encoder. `visible` shows such characters by what they are. Escaping for HTML, `rich` or CSV
comes after it and is the business of each.
"""

import unicodedata

MAX_CHARACTERS, MAX_LINES = 8_000, 200  # what a person reads of one cell on a page
_CONTROL_PICTURES = 0x2400  # U+2400 ␀ stands for U+0000, and so on to U+241F
_DELETE, _DELETE_PICTURE = 0x7F, "␡"
_LAST_C0 = 0x1F
_KEPT = "\n\t"
# Invisible, but a part of words: Persian writes with U+200C, emoji are joined with U+200D.
_JOINERS = "\u200c\u200d"
# Control, format (all the bidirectional ones), surrogate, private use, unassigned, line and
# paragraph separators: what is not drawn, or is drawn by changing what stands around it.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class _Shown(dict[int, str | None]):
    """Maps each code point to what is shown for it, worked out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = shown = _shown(code)
        return shown


_TABLE = _Shown()


def visible(text: str) -> str:
    r"""Show what cannot be seen, or would change how the rest is seen.

    Line breaks and tabs stay, Windows' line breaks become \n. Other control characters become
    their pictures (ESC is ␛) and the rest its code point, such as ⟨U+202E⟩.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_TABLE)


def cut(text: str, most: int = MAX_CHARACTERS) -> str:
    """Cut a text that is long, or has many lines, and say how much is left out.

    Args:
        text: The text.
        most: Characters to keep; never more than `MAX_LINES` lines.
    """
    kept = "\n".join(text[:most].split("\n", MAX_LINES)[:MAX_LINES])
    if len(kept) == len(text):
        return text
    return f"{kept} … ({len(text) - len(kept):,} more characters are not shown)"


def one_line(text: str, most: int) -> str:
    """Show a text in a line: `visible`, spaces and line breaks run together, and cut short."""
    start = text[: 4 * most]  # spaces may be many, a megabyte in a line need not be looked at
    line = " ".join(visible(start).split())
    return line if len(line) <= most and start == text else f"{line[: most - 1]}…"


def _shown(code: int) -> str:
    character = chr(code)
    if character in _KEPT or character in _JOINERS:
        return character
    if code <= _LAST_C0:
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return _DELETE_PICTURE
    if unicodedata.category(character) in _UNSEEN:
        return f"⟨U+{code:04X}⟩"
    return character
