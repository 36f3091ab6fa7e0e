"""Inside the walls of `tests.attacks.stock`: run stock nbgrader once, and tell what came of it.

`python -m tests.attacks.stock_jail` runs in a course folder at `COURSE`; it prints one JSON object.
An attack that kills this process is told by the silence.
"""

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

NAME = "ch99_small"
SECRET = "mallory must not read this line"  # stands in the hidden tests
COURSE, HOME = Path("/tmp/course"), Path("/tmp/home")
OTHER = COURSE / "submitted" / "ada"
PORT, SOCKET = 47113, "course-stock"
MOST_BYTES = 7 << 30  # of address space for each process
PATIENCE_S = 150.0
MUCH_MEMORY, MANY_PROCESSES, MUCH_OUTPUT, MUCH_DISK = 2 << 30, 64, 1 << 20, 64 << 20


def main() -> None:
    """Grade mallory, and where that fails once more with another learner behind her."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    visits = _listen()
    before = _contents()
    use = _Use()
    code, log = _autograde("--student", "mallory")
    harm = _harm(before, visits, use)
    found = {"points": _points("mallory"), "code": code, "harm": harm, "leak": _leaks()}
    found["log"] = log[-1500:]
    if code:
        _autograde()
        found["others"] = _points("zoe")
    # Between marks, because whatever is left running may print too.
    print(f"\n<<<{json.dumps(found)}>>>", flush=True)


def _autograde(*which: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force", *which]
    with open(HOME / "log", "w+b") as log:
        started = subprocess.Popen(command, cwd=COURSE, stdout=log, stderr=log)
        try:
            code = started.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            started.kill()
            code = -1
        time.sleep(0.5)  # for a kernel to see that its parent has gone
        log.seek(0)
        return code, log.read().decode(errors="replace")


def _points(learner: str) -> float | None:
    """Read a learner's autograded points; None when there are none."""
    question = """
        SELECT grade.auto_score FROM grade
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN grade_cells ON grade.cell_id = grade_cells.id
        WHERE submitted_assignment.student_id = ? AND grade_cells.cell_type = 'code'
    """
    try:
        with sqlite3.connect(f"file:{COURSE}/gradebook.db?mode=ro", uri=True) as book:
            scores = [score for (score,) in book.execute(question, (learner,))]
    except sqlite3.Error:
        return None
    return None if not scores or None in scores else float(sum(scores))


def _harm(before: dict, visits: list, use: "_Use") -> list[str]:
    harm = []
    now = _contents()
    gone = [path for path, data in before.items() if now.get(path) != data]
    more = [path for path in now if path not in before]
    if gone or more:
        harm.append(f"changed {', '.join(sorted([*gone, *more])[:3])}")
    if [path for path in HOME.rglob("owned-by-mallory*")]:
        harm.append("left a start-up file for the next kernel")
    if visits:
        harm.append("reached the network")
    left = [one for one in psutil.process_iter(["pid", "name"]) if _is_left(one)]
    if left:
        harm.append(f"left {len(left)} processes behind")
    return harm + use.too_much()


def _is_left(process: psutil.Process) -> bool:
    mine = (os.getpid(), 1, os.getppid())
    return process.pid not in mine and process.status() != psutil.STATUS_ZOMBIE


def _leaks() -> list[str]:
    path = COURSE / "autograded" / "mallory" / NAME / f"{NAME}.ipynb"
    if not path.is_file():
        return []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = json.dumps([cell.get("outputs", []) for cell in cells])
    leaks = {
        "the hidden tests": SECRET,
        "another learner's file": "the canary sings",
        "the users of the machine": "root:x:0",
        "the passwords of the machine": "root:*:",
    }
    return [name for name, text in leaks.items() if text in shown]


def _contents() -> dict[str, str]:
    """Everything that is not mallory's, by its path."""
    return {
        str(path.relative_to(COURSE)): path.read_bytes().hex()
        for folder in ("source", "release", "submitted")
        for path in sorted((COURSE / folder).rglob("*"))
        if path.is_file() and "mallory" not in path.parts
    }


def _listen() -> list[int]:
    visits: list[int] = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_UNIX, f"\0{SOCKET}")):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen()

        def note(listener: socket.socket = listener) -> None:
            while True:
                visits.append(listener.accept()[0].fileno())

        threading.Thread(target=note, daemon=True).start()
    return visits


class _Use:
    """What all processes together use at most, looked at four times a second."""

    def __init__(self) -> None:
        self.bytes, self.processes = 0, 0
        threading.Thread(target=self._look, daemon=True).start()

    def too_much(self) -> list[str]:
        found = []
        if self.bytes > MUCH_MEMORY:
            found.append(f"took {self.bytes / 2**30:.1f} GiB of memory")
        if self.processes > MANY_PROCESSES:
            found.append(f"ran {self.processes} processes")
        disk = sum(path.stat().st_size for path in COURSE.rglob("*") if path.is_file())
        if disk > MUCH_DISK:
            found.append(f"wrote {disk >> 20} MiB")
        path = COURSE / "autograded" / "mallory" / NAME / f"{NAME}.ipynb"
        if path.is_file() and path.stat().st_size > MUCH_OUTPUT:
            found.append(f"kept {path.stat().st_size >> 20} MiB of output")
        return found

    def _look(self) -> None:
        while True:
            memory, count = 0, 0
            for process in psutil.process_iter():
                try:
                    memory += process.memory_full_info().pss  # shared pages once
                    count += 1
                except psutil.Error:
                    continue
            self.bytes, self.processes = max(self.bytes, memory), max(self.processes, count)
            time.sleep(0.25)


if __name__ == "__main__":
    main()
