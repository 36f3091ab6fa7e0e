"""Leave out of a module what no browser needs: comments, indentation, spaces beside punctuation.

Names, strings, template literals and regular expressions stay as they are, and so does every line
break between statements.
"""

import re

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<space>\s+)
      | (?P<word>[\w$]+)
      | (?P<mark>.)""",
    flags=re.VERBOSE | re.DOTALL,
)
_PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
# A slash after a value divides; after one of these words, or any other mark, it opens a pattern.
_WORDS_BEFORE_PATTERN = {"return", "typeof", "case", "in", "of"}
_MARKS_AFTER_VALUE = set(")]}\"'`")
# Not + and -, which would join with a sign, nor /, which would become a comment.
_NEEDS_NO_SPACE = set("[]{}(),;:=<>?*&|!")


def squeeze(source: str) -> str:
    """Return a shorter module that does the same.

    Args:
        source: JavaScript without block comments inside template literals.

    Returns:
        The module without comments, indentation, blank lines and needless spaces.

    Raises:
        ValueError: A template literal has no end.
    """
    kept: list[str] = []
    at = 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        assert token, "every character matches"
        kind, text = token.lastgroup, token[0]
        if text == "`":
            text = source[at : _end_of_template(source, at)]
        elif text == "/" and _opens_pattern(kept) and (pattern := _PATTERN.match(source, at)):
            text = pattern[0]
        at += len(text)
        if kind == "comment":
            continue
        if kind == "space":
            text = "\n" if "\n" in text else " "
            if kept and kept[-1].isspace():
                text = max(kept.pop(), text, key="\n".__eq__)
        _add(kept, text)
    return "".join(kept).strip() + "\n"


def _add(kept: list[str], text: str) -> None:
    """Put a token behind the others, and take out the space that it makes needless."""
    if kept and kept[-1] == " " and text in _NEEDS_NO_SPACE:
        kept.pop()
    if text == " " and kept and kept[-1] in _NEEDS_NO_SPACE:
        return
    kept.append(text)


def _opens_pattern(kept: list[str]) -> bool:
    before = next((token for token in reversed(kept) if not token.isspace()), "(")
    if re.fullmatch(r"[\w$]+", before):
        return before in _WORDS_BEFORE_PATTERN
    return before[-1] not in _MARKS_AFTER_VALUE


def _end_of_template(source: str, start: int) -> int:
    """Return where a template literal is over; the expressions in it may hold further ones."""
    at, open_braces = start + 1, 0
    while at < len(source):
        here = source[at]
        if here == "`" and not open_braces:
            return at + 1
        if here == "`":
            at = _end_of_template(source, at)
            continue
        if here == "{" and (open_braces or source[at - 1] == "$"):
            open_braces += 1
        elif here == "}" and open_braces:
            open_braces -= 1
        at += 2 if here == "\\" else 1
    raise ValueError(f"a template literal has no end: {source[start : start + 40]!r}")
