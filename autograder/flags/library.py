"""Functions that are the library's in other words.

`course_lib` is open book, and its functions are not the exercises' answers; one that stands in a
submission all the same may fit by chance, or have been put there without being understood.
"""

import ast
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.chapters.twins import functions_of, library_forms, normal_form
from autograder.files import COURSE
from autograder.flags.cells import parse_cell
from autograder.flags.flag import Evidence, Flag, Kind
from autograder.flags.passages import (
    ALIKE,
    MIN_PASSAGES,
    Passages,
    passages,
    passages_of,
    similarity,
)


@dataclass(frozen=True)
class Library:
    """The library's functions, as they are compared.

    Attributes:
        forms: Where each normal form stands.
        passages: Passages of each function that is long enough, by where it stands.
        holders: Where each passage stands.
    """

    forms: dict[str, str]
    passages: dict[str, Passages]
    holders: dict[tuple[str, ...], list[str]]


@cache
def read_library(folder: Path = COURSE.root / "course_lib") -> Library:
    """Read a library's functions, those left out that are too short to tell anything."""
    found: dict[str, Passages] = {}
    for path in sorted(folder.rglob("*.py")):
        for function in functions_of(path.read_text(encoding="utf-8")):
            where = f"{path.relative_to(folder.parent).as_posix()}: {function.name}"
            held = passages(_module(function))
            if len(held) >= MIN_PASSAGES:
                found[where] = held
    holders = defaultdict(list)
    for where, held in found.items():
        for passage in held:
            holders[passage].append(where)
    return Library(library_forms(folder), found, holders)


def library_flag(learner: str, answers: dict[str, str], library: Library) -> Flag | None:
    """Flag the functions of a submission that are the library's, or nearly.

    Args:
        learner: Whose submission it is.
        answers: Text of each answer, by exercise.
        library: What `read_library` gave.
    """
    evidence, most = [], 0.0
    for exercise, source in answers.items():
        for function in _functions(source, library):
            where, share = nearest(function, library)
            if where:
                how = "the same but for names" if share == 1.0 else f"{share:.0%} the same"
                place = f"{learner}, {exercise}, {function.name}: {how} as {where}"
                evidence.append(Evidence(place, ast.unparse(function)))
                most = max(most, share)
    if not evidence:
        return None
    sentence = "Reads like a function of course_lib, which is open book but not the answer."
    return Flag(Kind.LIBRARY, (learner,), sentence, tuple(evidence), most)


def nearest(function: ast.FunctionDef, library: Library) -> tuple[str, float]:
    """Find the library's function that one is alike to; "" and 0 where there is none."""
    held = passages(_module(function))
    if len(held) < MIN_PASSAGES:
        return "", 0.0
    shared = _shared(held, library)
    found = [(similarity(held, library.passages[where]), where) for where in shared]
    share, where = max(found, default=(0.0, ""))
    if share < ALIKE:
        return "", 0.0
    same = library.forms.get(normal_form(function))
    # A set of passages may be the same where the text is not: only the normal form makes it 100 %.
    return (same, 1.0) if same else (where, min(share, 0.99))


def _functions(source: str, library: Library) -> list[ast.FunctionDef]:
    """List the functions of a cell, when it holds enough of the library for one to be alike."""
    shared = _shared(passages_of(source), library)
    # Alike means that ALIKE of the library's own passages are there; less some, since a name that
    # the cell binds elsewhere is another word in the cell than in the function alone.
    if not any(n >= ALIKE / 2 * len(library.passages[where]) for where, n in shared.items()):
        return []
    tree = parse_cell(source)
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] if tree else []


def _shared(held: Passages, library: Library) -> Counter[str]:
    """Count the passages in common with each function of the library."""
    return Counter(where for passage in held for where in library.holders.get(passage, ()))


def _module(function: ast.FunctionDef) -> ast.Module:
    return ast.Module([function], [])
