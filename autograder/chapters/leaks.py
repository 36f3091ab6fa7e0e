"""Prove that no answer reaches a learner: architecture.md's third invariant.

A *secret* is a line of a solution, of a hidden check, of a misconception or of another right answer
that is long enough to mean something and stands in no code that learners are shown. Sources and
outputs of the student notebooks, of the executed chapters and of the built pages are searched for
them. `python -m autograder.chapters.leaks` names every one that it finds.
"""

import ast
import html
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from autograder.chapters.cells import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    ChapterError,
)
from autograder.chapters.twins import library_forms, library_twins
from autograder.files import COURSE, Course, chapter_slugs
from autograder.source import read_chapter

MIN_CHARACTERS = 12  # shorter lines, such as `return x`, say nothing
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a traceback
INLINE_TAG = re.compile(r"</?(?:a|b|code|em|i|span|strong)\b[^>]*>")
ANY_TAG = re.compile(r"<[^>]*>")
WORDS_ONLY = re.compile(r"[\w ]+")


def secrets(course: Course = COURSE) -> dict[str, str]:
    """Map each secret line of the course to where it stands.

    Raises:
        ChapterError: A chapter cannot be read.
    """
    hidden: dict[str, str] = {}
    shown: set[str] = set()
    for slug in chapter_slugs(course):
        for cell in read_chapter(slug, course).cells:
            inside, outside = _split_regions(cell.source)
            hidden.update((line, f"{slug}, cell {cell.id}") for line in inside)
            if cell.cell_type == "code":
                shown.update(outside)
        for path in sorted((course.root / "autograder" / "exercises" / slug).glob("*.py")):
            lines = function_lines(path.read_text(encoding="utf-8"))
            hidden.update((line, f"autograder/exercises/{slug}/{path.name}") for line in lines)
    return {
        line: where
        for line, where in hidden.items()
        if len(line) > MIN_CHARACTERS and not any(line in public for public in shown)
    }


def _split_regions(source: str) -> tuple[list[str], list[str]]:
    """Split the lines of a cell into those of solutions and hidden tests, and the others.

    Written apart from nbgrader's own code, whose work is what is checked.
    """
    inside: list[str] = []
    outside: list[str] = []
    lines = outside
    for line in source.splitlines():
        if line.strip() in (BEGIN_SOLUTION, BEGIN_HIDDEN):
            lines = inside
        elif line.strip() in (END_SOLUTION, END_HIDDEN):
            lines = outside
        else:
            lines.append(squeeze(line))
    return inside, outside


def function_lines(source: str) -> list[str]:
    """List the lines inside the functions of a module; what stands outside is told to learners."""
    lines = source.splitlines()
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += lines[node.body[0].lineno - 1 : node.end_lineno]
    return [squeeze(line) for line in found]


def squeeze(line: str) -> str:
    """Make spaces single, so that neither indentation nor alignment hides a line."""
    return " ".join(line.split())


def find_in_text(text: str, hidden: dict[str, str]) -> list[str]:
    """Find secret lines in a text, be it plain, coloured for a terminal, or HTML.

    Args:
        text: What a learner could read.
        hidden: Secret lines and where they stand.
    """
    plain = COLOURS.sub("", text)
    unmarked = html.unescape(ANY_TAG.sub("\n", INLINE_TAG.sub("", plain)))
    lines = [squeeze(line) for line in f"{plain}\n{unmarked}".splitlines()]
    whole, joined = set(lines), "\n".join(lines)
    # A line of bare words, such as `return the weights`, may well be part of an honest sentence.
    return [
        line for line in hidden if (line in whole if WORDS_ONLY.fullmatch(line) else line in joined)
    ]


def texts_of_notebook(notebook: Any) -> Iterator[str]:  # noqa: ANN401  (any part of a JSON file)
    """Give every text of a notebook: sources, outputs of all kinds, widgets, metadata."""
    if isinstance(notebook, str):
        yield notebook
    elif isinstance(notebook, list):
        if notebook and all(isinstance(part, str) for part in notebook):
            yield "".join(notebook)  # how a notebook file keeps a text of several lines
        else:
            for part in notebook:
                yield from texts_of_notebook(part)
    elif isinstance(notebook, dict):
        for key, part in notebook.items():
            if key not in ("image/png", "image/jpeg"):
                yield from texts_of_notebook(part)


def products(course: Course = COURSE) -> list[Path]:
    """List the files that learners get, as far as they have been made."""
    site = course.root / "_build" / "html"
    return [
        *sorted(course.notebooks.glob("*.ipynb")),
        *sorted(course.chapters.glob("*.ipynb")),
        *sorted((site / "notebooks").glob("*.ipynb")),
        *sorted((site / "_sources" / "chapters").glob("*")),
        *sorted((site / "chapters").glob("*.html")),
    ]


def find_leaks(paths: Iterable[Path], hidden: dict[str, str]) -> list[str]:
    """Say in one sentence each which secret stands in which file.

    Args:
        paths: Notebooks and pages.
        hidden: Secret lines and where they stand.
    """
    found: list[str] = []
    for path in paths:
        content = path.read_text(encoding="utf-8")
        is_notebook = path.suffix == ".ipynb"
        text = "\n".join(texts_of_notebook(json.loads(content))) if is_notebook else content
        for line in find_in_text(text, hidden):
            found.append(f"{path.parent.name}/{path.name} shows {line!r} of {hidden[line]}")
    return found


def solutions_in_library(course: Course = COURSE) -> list[str]:
    """Say in one sentence each which solution equals a function of the library.

    Raises:
        ChapterError: A chapter cannot be read.
    """
    forms = library_forms(course.root / "course_lib")
    return [
        f"{slug}: the solution {name} equals {where}; ask for something the library lacks"
        for slug in chapter_slugs(course)
        for cell in read_chapter(slug, course).cells
        if "exercise" in cell.metadata and cell.cell_type == "code"
        for name, where in library_twins(cell.source, forms)
    ]


def main(course: Course = COURSE) -> int:
    """Search all that has been made; exit 1 when an answer stands where a learner can see it."""
    try:
        paths, hidden = products(course), secrets(course)
        faults = [*find_leaks(paths, hidden), *solutions_in_library(course)]
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(faults) or f"{len(hidden)} secret lines, in none of {len(paths)} files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
