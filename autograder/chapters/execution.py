"""Execute a notebook in a kernel of its own and watch its time and memory."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.chapters.cells import ChapterError

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
LOOK_AGAIN_S = 0.5


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
            asyncio.run(_run(client, _environment(Path(scratch))))
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


async def _run(client: NotebookClient, environment: Mapping[str, str]) -> None:
    """Run all cells, and never miss a reply.

    What nbclient sends for a widget's output goes past pyzmq's loop, which then may not notice that
    the reply of the cell has come: about one `interact` in sixty waited for all of its timeout.
    Asking a socket for its events makes the loop look again.
    """
    run = asyncio.ensure_future(client.async_execute(env=environment))
    while not (await asyncio.wait([run], timeout=LOOK_AGAIN_S))[0]:
        with contextlib.suppress(AttributeError, zmq.ZMQError):  # not open yet, or no more
            client.kc.shell_channel.socket.get(zmq.EVENTS)  # pyright: ignore[reportOptionalMemberAccess]
    await run


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
