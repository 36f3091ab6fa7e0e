"""What a search looks for: the words of a text, without what is in every text."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_EVERYWHERE = """
    a an and are as at be been but by can did do does for from had has have how if in is it its
    not of on one or so than that the their them then there these they this those to was were
    what when where which who why will with would
"""
_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s")
_LEAST_STEM = 4
_LEFT_OUT = frozenset(_EVERYWHERE.split())


def search_words(text: str) -> list[str]:
    """Return the words of a text in their order, in small letters and without common endings.

    Words that stand in nearly every text are left out. Cutting endings is rough: *training*,
    *trains* and *trained* become *train*, and now and then two words become one that have nothing
    to do with each other.
    """
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _LEFT_OUT]


def vocabulary_of(texts: Sequence[Sequence[str]]) -> dict[str, int]:
    """Number all words of some texts, in the order in which they first come."""
    found: dict[str, int] = {}
    for words in texts:
        for word in words:
            found.setdefault(word, len(found))
    return found


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word.removesuffix(ending)
    return word
