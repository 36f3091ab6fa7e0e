"""The learners of the sample class: what each hands in and the mark that it must get."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.exercises.base import Exercise
from tests.sample_class.workshop import Workshop, to_bytes

ENDLESS = "while True:\n    pass"


@dataclass(frozen=True)
class Learner:
    """A made-up learner.

    Attributes:
        name: Who hands in.
        about: What is special about it.
        data: The file's bytes.
        points: Autograded points that it must get; None for a share that the checks decide.
        names: Misconceptions that must be named, as (exercise, name).
        reason: Words that the reason for not grading must hold.
        repair: Words that one of the repairs must hold.
        file: Name of the file when it is not the chapter's.
        answered: Whether the written answer awaits marking.
        endless: Whether grading has to wait for a limit of time.
    """

    name: str
    about: str
    data: bytes
    points: float | None
    names: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    repair: str = ""
    file: str = ""
    answered: bool = True
    endless: bool = False


def learners(shop: Workshop) -> list[Learner]:
    """Make the class of a chapter."""
    return [*_right(shop), *_mistaken(shop), *_partly_right(shop), *_mangled(shop), *_broken(shop)]


def _full(shop: Workshop) -> float:
    return float(sum(exercise.points for exercise in shop.exercises if not exercise.bonus))


def _without(shop: Workshop, *positions: int) -> float:
    return _full(shop) - sum(shop.exercises[position].points for position in positions)


def _right(shop: Workshop) -> Iterator[Learner]:
    full = _full(shop)
    yield Learner("ada", "the solution", to_bytes(shop.solved()), full)
    for number in range(max(len(exercise.alternatives) for exercise in shop.exercises)):
        about = f"right in other ways, {number + 1}"
        yield Learner(f"bela-{number + 1}", about, shop.other_ways(number), full)
    words = next(e.name for e in shop.chapter.exercises if e not in shop.exercises)
    silent = {name: text for name, text in shop.solutions.items() if name != words}
    data = to_bytes(shop.notebook(silent))
    yield Learner("cleo", "no written answer", data, full, answered=False)


def _mistaken(shop: Workshop) -> Iterator[Learner]:
    for number in range(max(len(exercise.misconceptions) for exercise in shop.exercises)):
        names = tuple(
            (exercise.name, exercise.misconceptions[number].name)
            for exercise in shop.exercises
            if number < len(exercise.misconceptions)
        )
        about = f"misconceptions, {number + 1}"
        yield Learner(f"dora-{number + 1:02d}", about, shop.mistakes(number), None, names)


def _partly_right(shop: Workshop) -> Iterator[Learner]:
    first, second, third = shop.exercises[:3]
    untouched = to_bytes(shop.assignment.notebook)
    yield Learner("emil", "untouched", untouched, 0.0, answered=False)
    syntax = shop.solutions[second.name].replace("):", ")", 1).replace(") ->", ") -", 1)
    data = shop.edited(**{second.name: syntax})
    yield Learner("finn", "a syntax error", data, _without(shop, 1))
    # Keep the signature, loop for ever in the body.
    endless = f"def {first.exports[0]}(*args, **kwargs):\n    while True:\n        pass"
    data = shop.edited(**{first.name: endless})
    yield Learner("gina", "a function that never ends", data, _without(shop, 0), endless=True)
    data = shop.edited(lambda nb: nb.cells.insert(shop.cell(nb, first), new_code_cell(ENDLESS)))
    yield Learner("hugo", "an added cell that never ends", data, _full(shop), endless=True)
    died = f"import os\n\n\ndef {third.exports[0]}(*args, **kwargs):\n    os._exit(1)"
    data = shop.edited(**{third.name: died})
    yield Learner("ines", "a function that kills its process", data, _without(shop, 2))
    refusing, call = _a_call_not_allowed(shop)
    cheat = f"def {refusing.exports[0]}(*args, **kwargs):\n    return {call}(*args)"
    cheat = f"import {call.partition('.')[0]}\n\n\n{cheat}"
    data = shop.edited(**{refusing.name: cheat})
    lost = _without(shop, shop.exercises.index(refusing))
    yield Learner("jack", f"calls {call}, which is not allowed", data, lost)
    half = {exercise.name: shop.solutions[exercise.name] for exercise in (first, second)}
    data = to_bytes(shop.notebook(half))
    points = float(first.points + second.points)
    yield Learner("kurt", "two exercises done", data, points, answered=False)


def _a_call_not_allowed(shop: Workshop) -> tuple[Exercise, str]:
    """Find an exercise that refuses something of torch, or else of Python's own library."""
    for library in ("torch.", "statistics."):
        for exercise in shop.exercises:
            for name in exercise.not_allowed:
                if name.startswith(library):
                    return exercise, name
    raise LookupError("no exercise of the chapter refuses anything that can be called")


def _mangled(shop: Workshop) -> Iterator[Learner]:
    """Yield right answers in notebooks that an editor or a careless hand has changed."""
    full = _full(shop)
    first, second = shop.exercises[:2]

    def delete(notebook: NotebookNode) -> None:
        del notebook.cells[shop.cell(notebook, second)]

    data = shop.edited(delete)
    repair = f"The cell of {second.name} is missing"
    yield Learner("lena", "a deleted cell", data, _without(shop, 1), repair=repair)

    def duplicate(notebook: NotebookNode) -> None:
        place = shop.cell(notebook, first)
        old = copy.deepcopy(notebook.cells[place])
        old.source, old.id = f"def {first.exports[0]}(*args):\n    return None", "an-old-attempt"
        notebook.cells.insert(place, old)

    repair = f"The cell of {first.name} stood 2 times"
    yield Learner("mara", "a cell twice", shop.edited(duplicate), full, repair=repair)

    def split(notebook: NotebookNode) -> None:
        place = shop.cell(notebook, second)
        lines = notebook.cells[place].source.split("\n")
        rest = copy.deepcopy(notebook.cells[place])
        middle = len(lines) // 2
        notebook.cells[place].source = "\n".join(lines[:middle])
        rest.source, rest.id = "\n".join(lines[middle:]), "the-other-half"
        notebook.cells.insert(place + 1, rest)

    repair = f"The cell of {second.name} stood 2 times"
    yield Learner("nils", "a cell split in the middle", shop.edited(split), full, repair=repair)
    repair = "was found by the name that it defines"
    yield Learner("olga", "no metadata, as after Colab", shop.edited(_forget), full, repair=repair)
    yield Learner("pola", "tests made to pass", _soft_tests(shop), 0.0, repair="had been changed")

    def shell(notebook: NotebookNode) -> None:
        magics = "%matplotlib inline\n!pip install torch\n%pip install torch"
        notebook.cells.insert(0, new_code_cell(magics))

    yield Learner("quin", "magics and shell commands", shop.edited(shell), full)


def _forget(notebook: NotebookNode) -> None:
    """Lose ids and metadata; cells of one's own get in between."""
    notebook.metadata.clear()
    for cell in notebook.cells:
        cell.metadata.clear()
        del cell["id"]
    notebook.nbformat_minor = 0
    note = new_markdown_cell("My notes")
    del note["id"]
    notebook.cells.insert(1, note)


def _soft_tests(shop: Workshop) -> bytes:
    """Leave the answers and change the tests: to nothing, and to be skipped."""
    notebook = shop.notebook({})
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            cell.source = "100.0"
            cell.metadata["tags"] = ["skip-execution"]
            cell.metadata.nbgrader["points"] = 1000
    words = next(e for e in shop.chapter.exercises if e not in shop.exercises)
    place = shop.cell(notebook, words)
    notebook.cells[place].source = shop.solutions[words.name]
    return to_bytes(notebook)


def _broken(shop: Workshop) -> Iterator[Learner]:
    """Yield files that are odd or no notebooks at all."""
    full = _full(shop)
    whole = to_bytes(shop.solved())
    yield Learner("rosa", "a file name of one's own", whole, full, repair="was called", file="hw1")
    utf_16 = whole.decode().encode("utf-16")
    yield Learner("sven", "UTF-16", utf_16, full, repair="UTF-16")
    yield Learner("tina", "format 3", _format_3(shop.solved()), full, repair="old format 3")
    cut = {"points": 0.0, "answered": False}
    yield Learner("ugur", "cut off", whole[: len(whole) // 2], reason="not valid JSON", **cut)
    yield Learner("vera", "an empty file", b"", reason="empty", **cut)
    page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
    yield Learner("walt", "a web page", page, reason="web page", **cut)
    deep = b"[" * 100_000 + b"]" * 100_000
    yield Learner("xena", "JSON nested too deeply", deep, reason="nested too deeply", **cut)


def _format_3(notebook: NotebookNode) -> bytes:
    cells = []
    for cell in notebook.cells:
        old = {"cell_type": cell.cell_type, "metadata": cell.metadata}
        key = "input" if cell.cell_type == "code" else "source"
        old[key] = cell.source.splitlines(keepends=True)
        cells.append(old)
    worksheets = [{"cells": cells, "metadata": {}}]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": worksheets}).encode()
