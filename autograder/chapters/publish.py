"""Execute the chapters with their solutions and make the pages of the site from them.

    solutions/chNN_slug.md → solved notebook → executed, kept in _build/executed/ → book/chapters/
    book/live/slug.md, book/appendices/slug.md → notebook ↗

`python -m autograder.chapters.publish [slug…] [--force]`. A page is executed only when something
that its outputs depend on has changed (`autograder.chapters.fingerprint`); its page is always made
anew.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.chapters.cells import ChapterError
from autograder.chapters.execution import execute
from autograder.chapters.fingerprint import fingerprint
from autograder.chapters.page import make_page
from autograder.chapters.sittings import split
from autograder.files import COURSE, Course, executed_slugs, write_if_changed
from autograder.processors import processors
from autograder.source import read_page, render


@dataclass(frozen=True)
class Solved:
    """A solved chapter with its outputs.

    Attributes:
        notebook: The notebook.
        executed: Whether it was executed for this, or its outputs were kept from before.
    """

    notebook: NotebookNode
    executed: bool


def solved_with_outputs(slug: str, course: Course = COURSE, *, force: bool = False) -> Solved:
    """Give a solved chapter or another page with its outputs, executed if they could have changed.

    The hidden tests are left out: they print verdicts that belong on no page.

    Args:
        slug: The chapter, live page or appendix.
        course: Where it is.
        force: Execute in any case.

    Raises:
        ChapterError: The chapter cannot be read or executed.
    """
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import ClearHiddenTests

    notebook, _ = ClearHiddenTests().preprocess(read_page(slug, course), ResourcesDict())
    kept, record = course.executed / f"{slug}.ipynb", course.executed / f"{slug}.json"
    state = fingerprint(notebook, course.root)
    if not force and kept.is_file() and read_record(slug, course).get("fingerprint") == state:
        _take_outputs(notebook, nbformat.read(kept, as_version=4))
        return Solved(notebook, executed=False)
    started = time.perf_counter()
    watch = execute(notebook, slug)
    facts = {
        "fingerprint": state,
        "seconds": round(time.perf_counter() - started, 1),
        "peak_memory_mib": watch.peak_memory_mib,
        "python": platform.python_version(),
        "seconds_by_cell": watch.seconds,
    }
    record.unlink(missing_ok=True)  # until both files are new, neither counts
    write_if_changed(kept, render(notebook))
    write_if_changed(record, json.dumps(facts, indent=1) + "\n")
    return Solved(notebook, executed=True)


def read_record(slug: str, course: Course = COURSE) -> dict[str, object]:
    """Give time, memory and fingerprint of a chapter's last execution; empty when there is none."""
    path = course.executed / f"{slug}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _take_outputs(notebook: NotebookNode, executed: NotebookNode) -> None:
    """Copy outputs from an earlier run of the same code; the prose may be new."""
    old = [cell for cell in executed.cells if cell.cell_type == "code"]
    new = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, run in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = run.outputs, run.execution_count
    if "widgets" in executed.metadata:
        notebook.metadata["widgets"] = executed.metadata["widgets"]


def publish(slug: str, course: Course = COURSE, *, force: bool = False) -> bool:
    """Make the page of a chapter, or its pages when it is read in several sittings.

    Args:
        slug: The chapter.
        course: Where it is.
        force: Execute it even when nothing has changed.

    Returns:
        Whether the chapter was executed for it.

    Raises:
        ChapterError: The chapter cannot be read, executed or shown; its old page stays.
    """
    solved = solved_with_outputs(slug, course, force=force)
    try:
        pages = {name: make_page(page) for name, page in split(solved.notebook, slug).items()}
    except ChapterError as error:
        raise ChapterError(f"{slug}, {error}") from error
    for name, page in pages.items():
        write_if_changed(course.chapters / f"{name}.ipynb", render(page))
    for left in course.chapters.glob(f"{slug}_part*.ipynb"):
        if left.stem not in pages:
            left.unlink()
    return solved.executed


def main(arguments: Sequence[str] | None = None, course: Course = COURSE) -> int:
    """Execute chapters where needed and write the pages of the site."""
    parser = argparse.ArgumentParser(
        prog="python -m autograder.chapters.publish", description=main.__doc__
    )
    parser.add_argument("slugs", nargs="*", metavar="slug", help="pages; all when none is named")
    parser.add_argument("--force", action="store_true", help="execute even what has not changed")
    chosen = parser.parse_args(arguments)
    failed = False
    slugs = chosen.slugs or executed_slugs(course)
    with ThreadPoolExecutor(processors()) as side_by_side:  # each waits for a kernel of its own
        made = [side_by_side.submit(publish, slug, course, force=chosen.force) for slug in slugs]
        for slug, page in zip(slugs, made, strict=True):
            try:
                executed = page.result()
            except ChapterError as error:
                print(error, file=sys.stderr)
                failed = True
                continue
            record = read_record(slug, course)
            cost = f"executed in {record['seconds']} s, {record['peak_memory_mib']} MiB at most"
            print(f"{slug} {cost if executed else 'unchanged'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
