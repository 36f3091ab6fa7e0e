"""Names of learners, as files and folders give them that anybody may have named.

A learner's name becomes a file, a folder, a row of a database and text on a page. A name that could
harm one of these is mended, and gets a mark behind `~` that depends on what it was. No other name
can hold that sign, so that nobody comes to stand in another's place by the choice of a name.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# nbgrader's column has 128 characters, a file's name 255 bytes on Linux and macOS.
MAX_CHARACTERS = 80
MAX_BYTES = 180
MAX_MARKS_IN_A_ROW = 3  # accents that combine; hundreds of them would cover the lines around
_HARMLESS = frozenset(" .,'@()-_+")
_SIGN = "~"
_MARK = re.compile(rf"(.+){_SIGN}[0-9a-f]{{16}}", re.S)


def learner_names(given: Iterable[str]) -> dict[str, str]:
    """Give each name of a file or folder the name of a learner.

    Two names never get the same one, not even on a file system that takes "Ada" for "ada". What a
    name becomes depends on other names only where these would be taken for it.

    Args:
        given: Names as they stand in the file system or the archive.

    Returns:
        The learner's name by the given one.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(given), key=_claim):
        learner = _mended(name)
        if learner != _normal(name) or _folded(learner) in taken:
            learner = _marked(name)
        taken.add(_folded(learner))
        names[name] = learner
    return names


def file_name(learner: str) -> str:
    """Give a file's name, without an ending, for a learner: the same one where that is safe."""
    base = marked[1] if (marked := _MARK.fullmatch(learner)) else learner
    return learner if base == _mended(base) else _marked(learner)


def _claim(name: str) -> tuple[bool, bool, str]:
    """Order names by how good their claim is to be a learner's name as they are."""
    return _normal(name) != _mended(name), name != _normal(name), name


def _normal(name: str) -> str:
    """Compose accents: macOS writes them as signs of their own, others don't."""
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return _normal(name.casefold())


def _mended(name: str) -> str:
    kept: list[str] = []
    n_marks = 0
    for sign in _normal(name):
        is_mark = unicodedata.category(sign).startswith("M")
        n_marks = n_marks + 1 if is_mark else 0
        if n_marks <= MAX_MARKS_IN_A_ROW:
            kept.append(sign if is_mark or sign.isalnum() or sign in _HARMLESS else "_")
    text = "".join(kept)[:MAX_CHARACTERS].encode()[:MAX_BYTES].decode(errors="ignore")
    # No hidden file, and no two names that differ by a space that nobody sees.
    return " ".join(text.lstrip(" .").split()) or "_"


def _marked(name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_mended(name)}{_SIGN}{digest[:16]}"
