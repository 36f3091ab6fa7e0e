"""From the text of a chapter to its notebooks.

    solutions/chNN_slug.md  → read_chapter  → student_notebook → notebooks/chNN_slug.ipynb
    book/appendices/slug.md → read_appendix → student_notebook → notebooks/slug.ipynb

`python -m autograder.source` writes the student notebooks, and `--check` says which are stale.
What comes out depends on the committed files alone, byte for byte.
"""

import argparse
import copy
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.chapters.cells import ChapterError, complete, parts
from autograder.chapters.drills import CHECK, DRILL, find_drill_faults, leave_out_answers
from autograder.chapters.sittings import MARK
from autograder.files import (
    CHAPTER_PATTERNS,
    COURSE,
    Course,
    appendix_slugs,
    chapter_slugs,
    executed_slugs,
    write_if_changed,
)

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def read_text_notebook(slug: str, course: Course = COURSE) -> NotebookNode:
    """Read the text of a page that is executed as it stands: nothing checked, nothing added.

    Raises:
        ChapterError: There is no such text, or it is not a notebook.
    """
    import jupytext  # slow to import, and `chapter_slugs` must stay quick

    folders = (course.solutions, course.live, course.appendices)
    path = next((p for folder in folders if (p := folder / f"{slug}.md").is_file()), None)
    if path is None:
        known = ", ".join(executed_slugs(course)) or "none"
        raise ChapterError(
            f"there is no chapter {slug!r} in {course.solutions}; there are: {known}"
        )
    try:
        return jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except Exception as error:  # jupytext raises what its YAML and JSON parsers do
        raise ChapterError(f"{path.name} cannot be read as a MyST notebook: {error}") from error


def read_chapter(slug: str, course: Course = COURSE) -> NotebookNode:
    """Read a chapter as its solved notebook, with ids and nbgrader's metadata, without outputs.

    Raises:
        ChapterError: The text is missing or broken, or does not fit the chapter's exercises.
    """
    notebook = read_text_notebook(slug, course)
    try:
        chapter = course.load(slug)
    except Exception as error:  # the exercises are code, which can fail in any way
        raise ChapterError(f"{slug}: its exercises cannot be loaded: {error}") from error
    complete(notebook, chapter)
    _set_metadata(notebook, course={"chapter": slug})
    nbformat.validate(notebook)
    return notebook


def read_page(slug: str, course: Course = COURSE) -> NotebookNode:
    """Read a chapter, an appendix or a live page as it is executed.

    Raises:
        ChapterError: There is no such page, or it cannot be read.
    """
    if slug in chapter_slugs(course):
        return read_chapter(slug, course)
    if slug in appendix_slugs(course):
        return read_appendix(slug, course)
    return read_live_page(slug, course)


def read_appendix(slug: str, course: Course = COURSE) -> NotebookNode:
    """Read an appendix with the answers of its drills, with ids and without outputs.

    Raises:
        ChapterError: The text is missing or broken, names an exercise, or a drill is not whole.
    """
    notebook = read_live_page(slug, course)
    faults = list(find_drill_faults(notebook))
    if faults:
        raise ChapterError("\n".join(f"{slug}: {fault}" for fault in faults))
    notebook.metadata["course"] = {"appendix": slug}
    return notebook


def read_live_page(slug: str, course: Course = COURSE) -> NotebookNode:
    """Read a page that is executed and has no exercises, with ids and without outputs.

    Raises:
        ChapterError: The text is missing or broken, or names an exercise.
    """
    notebook = read_text_notebook(slug, course)
    for part in parts(notebook):
        raise ChapterError(
            f"{slug}, cell {part.number} names the exercise {part.name!r}; "
            "exercises stand in a chapter, a text in solutions/"
        )
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{slug}-{number:04}"
    _set_metadata(notebook)
    nbformat.validate(notebook)
    return notebook


def _set_metadata(notebook: NotebookNode, **own: object) -> None:
    """Keep of a text's metadata what a notebook and its page need."""
    description = notebook.metadata.get("description")
    notebook.metadata = NotebookNode(own, kernelspec=KERNELSPEC, language_info=LANGUAGE)
    if description:
        notebook.metadata["myst"] = {"html_meta": {"description": description}}


# Cells that fail until an answer is written. "Run all" goes on behind them, by Jupyter's own tag.
MAY_RAISE = {"tests", DRILL, CHECK}


def solved_notebook(notebook: NotebookNode, course: Course = COURSE) -> NotebookNode:
    """Make the instructor's notebook: solutions and hidden tests in, Markdown that Jupyter shows.

    Args:
        notebook: What `read_chapter` or `read_appendix` gave; it stays as it is.
        course: Whose bibliography and pages the text refers to.
    """
    from autograder.chapters.plain_markdown import make_plain

    solved = copy.deepcopy(notebook)
    make_plain(solved, course.book)
    solved.metadata.pop("myst", None)
    for cell in solved.cells:
        cell.metadata.pop(MARK, None)  # one notebook, however many pages the site makes of it
        if "hide-input" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}  # what JupyterLab folds by
        if MAY_RAISE & cell.metadata.keys():
            cell.metadata["tags"] = sorted({*cell.metadata.get("tags", []), "raises-exception"})
    return solved


def student_notebook(notebook: NotebookNode, course: Course = COURSE) -> NotebookNode:
    """Make the notebook that learners work in, as nbgrader's own release does.

    Args:
        notebook: What `read_chapter` or `read_appendix` gave; it stays as it is.
        course: Whose bibliography and pages the text refers to.
    """
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import (
        ClearHiddenTests,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )

    student = solved_notebook(notebook, course)
    leave_out_answers(student)
    for step in (ClearSolutions, LockCells, ClearHiddenTests, ComputeChecksums):
        student, _ = step().preprocess(student, ResourcesDict())
    return student


def render(notebook: NotebookNode) -> str:
    """Write a notebook as text: keys sorted, one line end at the end."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def student_texts(course: Course = COURSE) -> dict[Path, str]:
    """Make every student notebook and give its text by its path."""
    return {
        course.notebooks / f"{slug}.ipynb": render(
            student_notebook(read_page(slug, course), course)
        )
        for slug in chapter_slugs(course) + appendix_slugs(course)
    }


def find_stale(course: Course = COURSE) -> list[str]:
    """Say in one sentence each which student notebooks do not follow from their texts."""
    stale = []
    for path, text in student_texts(course).items():
        if not path.is_file():
            stale.append(f"notebooks/{path.name} is missing; run `make notebooks`")
        elif path.read_bytes() != text.encode():
            stale.append(f"notebooks/{path.name} is stale; run `make notebooks`")
    return [*stale, *find_left_over(course)]


def find_left_over(course: Course = COURSE) -> list[str]:
    """Say in one sentence each which student notebooks belong to no chapter."""
    known = chapter_slugs(course)
    return [
        f"notebooks/{path.name} has no text in solutions/; delete it"
        for pattern in CHAPTER_PATTERNS
        for path in sorted(course.notebooks.glob(f"{pattern}.ipynb"))
        if path.stem not in known
    ]


def main(arguments: Sequence[str] | None = None, course: Course = COURSE) -> int:
    """Write the student notebooks, or with `--check` say which are stale."""
    parser = argparse.ArgumentParser(prog="python -m autograder.source", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    try:
        if parser.parse_args(arguments).check:
            stale = find_stale(course)
            print("\n".join(stale) or "the student notebooks are fresh")
            return 1 if stale else 0
        for path, text in student_texts(course).items():
            state = "written" if write_if_changed(path, text) else "unchanged"
            print(f"notebooks/{path.name} {state}")
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
