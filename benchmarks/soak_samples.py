"""What is looked at while a class is graded for hours, and how it stands in a table.

Everything is seen from outside: the process that hands out the work (the parent), the grading
process that lives through all rounds with the warm parent below it, and the whole tree. Memory is
what a process has written: pages of programs and libraries come and go with the machine's other
work, and no leak is made of them. Linux alone tells so much.
"""

import contextlib
import csv
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import psutil

SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One look.

    Attributes:
        time_s: Seconds since the start.
        round: Number of the class that is graded, from 1.
        submissions: How many have been graded so far.
        at_rest: 1 between two classes, when no learner's code runs; else 0.
        worker_pid: Id of the grading process that lives through all rounds; 0 while none does.
        parent_bytes: Memory of the process that hands out the work.
        worker_bytes: Memory of that grading process.
        warm_bytes: Memory of all below it: at rest, the warm parent and its walls.
        tree_bytes: Memory of all together, pages that several share counted once.
        parent_fds: Open file descriptors of the process that hands out the work.
        tree_fds: Those of all together.
        threads: Threads of the process that hands out the work.
        processes: Processes below it.
        temporary_files: Files and folders in the folder for temporary ones.
        shared_files: Files in the machine's shared memory, of anybody; they are not judged.
        out_files: Files in the folder of marks, without the log.
        out_bytes: Their sizes together.
    """

    time_s: float
    round: int
    submissions: int
    at_rest: int
    worker_pid: int
    parent_bytes: int
    worker_bytes: int
    warm_bytes: int
    tree_bytes: int
    parent_fds: int
    tree_fds: int
    threads: int
    processes: int
    temporary_files: int
    shared_files: int
    out_files: int
    out_bytes: int


def look(
    time_s: float, round_number: int, submissions: int, at_rest: bool, worker_pid: int, out: Path
) -> Sample:
    """Look at this process, all below it, and the folders that it uses; see `Sample`."""
    parent = psutil.Process()
    below = parent.children(recursive=True)
    by_pid = {one.pid: written_bytes(one.pid) for one in [parent, *below]}
    sizes = [size for path, size in _entries(out) if path.parent.name != "log"]
    return Sample(
        time_s=round(time_s, 1),
        round=round_number,
        submissions=submissions,
        at_rest=int(at_rest),
        worker_pid=worker_pid,
        parent_bytes=by_pid[parent.pid],
        worker_bytes=by_pid.get(worker_pid, 0),
        warm_bytes=sum(by_pid.get(pid, 0) for pid in _below(worker_pid)),
        tree_bytes=sum(by_pid.values()),
        parent_fds=parent.num_fds(),
        tree_fds=sum(_n_fds(one) for one in [parent, *below]),
        threads=parent.num_threads(),
        processes=len(below),
        temporary_files=sum(1 for _ in _entries(Path(tempfile.gettempdir()), folders=True)),
        shared_files=len(os.listdir(SHARED_MEMORY)) if SHARED_MEMORY.is_dir() else 0,
        out_files=len(sizes),
        out_bytes=sum(sizes),
    )


def written_bytes(pid: int) -> int:
    """Give the memory that a process has written; what several share is shared out."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:  # it has ended, or is another user's
        return 0
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return 1024 * (kib["Pss_Anon"] + kib["Pss_Shmem"] + kib["SwapPss"])


class Table:
    """A CSV file of samples, a line each, written as they come; a context manager.

    Args:
        path: The file; it is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self.samples: list[Sample] = []
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "w", newline="", encoding="utf-8")  # noqa: SIM115 - see __exit__
        self._rows = csv.writer(self._file)
        self._rows.writerow(field.name for field in fields(Sample))

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, sample: Sample) -> None:
        """Write a sample; several threads may."""
        with self._lock:
            self.samples.append(sample)
            self._rows.writerow(astuple(sample))
            self._file.flush()


def read_table(path: Path) -> list[Sample]:
    """Read what a `Table` has written, also while it is being written.

    Raises:
        ValueError: It is no such file.
    """
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != [field.name for field in fields(Sample)]:
            raise ValueError(f"{path} is no table of samples")
        return [
            Sample(**{k: float(v) if k == "time_s" else int(v) for k, v in row.items()})
            for row in rows
        ]


def peaks(samples: Iterable[Sample]) -> dict[str, float]:
    """Give the largest value of each column."""
    rows = [asdict(one) for one in samples]
    return {name: max(row[name] for row in rows) for name in rows[0]} if rows else {}


def _below(pid: int) -> list[int]:
    try:
        return [one.pid for one in psutil.Process(pid).children(recursive=True)] if pid else []
    except psutil.Error:  # it has ended
        return []


def _n_fds(process: psutil.Process) -> int:
    try:
        return process.num_fds()
    except psutil.Error:  # it has ended, or is another user's
        return 0


def _entries(folder: Path, *, folders: bool = False) -> Iterator[tuple[Path, int]]:
    """List files, and folders if wanted, with their sizes; what goes meanwhile is passed over."""
    for where, below, names in os.walk(folder):
        for name in [*names, *(below if folders else ())]:
            path = Path(where, name)
            with contextlib.suppress(OSError):
                yield path, path.lstat().st_size
