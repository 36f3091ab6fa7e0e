"""Execute the chapters with their solutions and make the pages of the site from them.

    solutions/chNN_slug.md → solved notebook → executed, kept in _build/executed/ → book/chapters/
    book/live/slug.md, book/appendices/slug.md → notebook ↗

`python -m autograder.chapters.publish [slug…] [--force]`. A page is executed only when something
that its outputs depend on has changed (`autograder.chapters.fingerprint`); its page is always made
anew.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.chapters.cells import ChapterError
from autograder.chapters.fingerprint import fingerprint
from autograder.chapters.page import make_page
from autograder.chapters.sittings import split
from autograder.files import COURSE, Course, executed_slugs, write_if_changed
from autograder.processors import processors
from autograder.source import read_page, render

CELL_TIMEOUT_S = 240  # the most that a whole chapter may take
ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    # One thread: the same numbers on every machine, and chapters can run side by side.
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# What passes between this process and the kernel is nobody else's business, and ipykernel warns.
ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})


@dataclass
class Watch:
    """What happened while a notebook ran.

    Attributes:
        cell: The cell that was started last, from 1.
        seconds: Time of each finished cell by its id.
        peak_memory_mib: Most memory that the kernel held, where the system tells.
    """

    cell: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_mib: float | None = None


def execute(notebook: NotebookNode, slug: str) -> Watch:
    """Run a notebook in place, in a scratch folder and with one thread.

    Args:
        notebook: The solved chapter; gets its outputs.
        slug: Name of the chapter, for messages.

    Raises:
        ChapterError: A cell failed, took too long, or killed the kernel.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    watch = Watch()
    started = 0.0

    def on_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal started
        watch.cell, started = cell_index + 1, time.perf_counter()

    def on_end(cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, object]) -> None:
        watch.seconds[cell.id] = round(time.perf_counter() - started, 2)
        process = client.km.provisioner if client.km else None
        watch.peak_memory_mib = _peak_memory_mib(getattr(process, "pid", 0))

    with tempfile.TemporaryDirectory(prefix="chapter-") as scratch:
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            record_timing=False,
            store_widget_state=True,
            resources={"metadata": {"path": scratch}},
            on_cell_start=on_start,
            on_cell_executed=on_end,
            config=ENCRYPTED,
        )
        try:
            # A loop of its own, closed behind it: several notebooks run side by side in threads.
            asyncio.run(client.async_execute(env=_environment(Path(scratch))))
        except CellExecutionError as error:
            what = f"{error.ename}: {error.evalue}"
            raise ChapterError(f"{_where(notebook, slug, watch)}: {what}") from error
        except CellTimeoutError as error:
            what = f"still running after {CELL_TIMEOUT_S} s"
            raise ChapterError(f"{_where(notebook, slug, watch)}: {what}") from error
        except DeadKernelError as error:
            what = "the kernel died, perhaps for want of memory"
            raise ChapterError(f"{_where(notebook, slug, watch)}: {what}") from error
    return watch


def _environment(scratch: Path) -> dict[str, str]:
    """Keep start-up files, plot styles and lists of fonts of whoever builds the book out of it."""
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "IPYTHONDIR": str(scratch / ".ipython"),
        "MPLCONFIGDIR": str(scratch / ".matplotlib"),
    }
    # Where there are many fonts, listing them takes long, and Matplotlib says so on the page.
    listing = [sys.executable, "-c", "import matplotlib.font_manager"]
    subprocess.run(listing, env=environment, stderr=subprocess.DEVNULL, check=False)
    return environment


def _where(notebook: NotebookNode, slug: str, watch: Watch) -> str:
    cell = notebook.cells[watch.cell - 1]
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"{slug}, cell {watch.cell} ({cell.id}, {first.strip()!r})"


def _peak_memory_mib(pid: int) -> float | None:
    """Give the most memory that a process has held, where the system tells: Linux does."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return None
    high = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
    return round(int(high[1]) / 1024, 1) if high else None


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
