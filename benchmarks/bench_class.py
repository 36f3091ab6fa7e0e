"""A class of a thousand through `course grade`: time, memory, and what two workers gain over one.

Every submission is another one, made from the sample class of chapter 2 by a small edit, so that
none is known from before. Each run starts from an empty folder, and its start-up is counted.

    python benchmarks/bench_class.py [--submissions 1000] [--workers 1 2] [--kinds all|right]
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sample class stands among the tests

EVERY_S = 0.25  # how often memory is looked at


@dataclass
class Seen:
    """What was seen of a run of `course grade` from outside.

    Attributes:
        wall_s: From its start to its end.
        grading_s: From its start to the last result.
        start_s: From its start to the first result.
        peak_bytes: Most memory that a worker and all below it held at one time, shared memory
            shared out.
        parent_bytes: The same of the process that hands out the work, alone.
    """

    wall_s: float = 0.0
    grading_s: float = 0.0
    start_s: float = 0.0
    peak_bytes: int = 0
    parent_bytes: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self, process: psutil.Process, results: Path, began: float) -> None:
        """Look at the process until it has ended."""
        n_before = 0
        while not self.ended.wait(EVERY_S):
            n = sum(1 for _ in results.glob("*.json"))
            if n > n_before:
                self.grading_s = time.perf_counter() - began
                self.start_s = self.start_s or self.grading_s
                n_before = n
            self._weigh(process)

    def _weigh(self, process: psutil.Process) -> None:
        try:
            self.parent_bytes = max(self.parent_bytes, _bytes(process))
            for worker in process.children():
                tree = [worker, *worker.children(recursive=True)]
                self.peak_bytes = max(self.peak_bytes, sum(_bytes(one) for one in tree))
        except psutil.NoSuchProcess:
            return


def main() -> None:
    """Print a line for each number of workers, then what the last one gains over the first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kinds", choices=["all", "right"], default="all")
    parser.add_argument("--unconfined", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-class-") as folder:
        given = Path(folder, "class")
        write_class(given, chosen.submissions, chosen.kinds)
        print(f"{chosen.submissions} submissions of chapter 2 ({chosen.kinds}), {machine()}")
        print(
            f"{'workers':>7} {'all s':>8} {'s a submission':>15} {'start s':>8} {'after s':>8} "
            f"{'MiB a worker':>13} {'MiB parent':>11} {'again s':>8}"
        )
        runs = [run(given, Path(folder, "out"), n, chosen) for n in chosen.workers]
    gained = (runs[0].grading_s - runs[0].start_s) / (runs[-1].grading_s - runs[-1].start_s)
    print(
        f"{chosen.workers[-1]} workers against {chosen.workers[0]}: {gained:.2f}× from the first "
        f"result on, {runs[0].wall_s / runs[-1].wall_s:.2f}× in all"
    )


def run(given: Path, out: Path, n_workers: int, chosen: argparse.Namespace) -> Seen:
    """Grade the class, then once more with nothing left to do, and print a line."""
    command = [sys.executable, "-m", "autograder.cli", "grade", given, "--chapter", "ch02"]
    command += ["--out", out, "--jobs", str(n_workers), *["--unconfined"] * chosen.unconfined]
    seen, again = _timed(command, out), _timed(command, out)
    shutil.rmtree(out)
    each = seen.wall_s / chosen.submissions
    print(
        f"{n_workers:>7} {seen.wall_s:>8.1f} {each:>15.3f} {seen.start_s:>8.1f} "
        f"{seen.wall_s - seen.grading_s:>8.1f} {seen.peak_bytes / 2**20:>13.0f} "
        f"{seen.parent_bytes / 2**20:>11.0f} {again.wall_s:>8.1f}",
        flush=True,
    )
    return seen


def write_class(folder: Path, n_submissions: int, kinds: str) -> None:
    """Write the submissions, each another file."""
    from tests.sample_class.learners import learners
    from tests.sample_class.workshop import Workshop

    folder.mkdir()
    sample = [
        one for one in learners(Workshop.of("ch02")) if kinds == "all" or one.name[:4] == "bela"
    ]
    for number, learner in enumerate(islice(cycle(sample), n_submissions)):
        (folder / f"{learner.name}-{number:04d}.ipynb").write_bytes(edited(learner.data, number))


def edited(data: bytes, number: int) -> bytes:
    """Make another file of a notebook that means the same."""
    try:
        notebook = json.loads(data)
        notebook["metadata"]["number"] = number
        return json.dumps(notebook).encode()
    except (ValueError, RecursionError, LookupError, TypeError):  # no notebook, now as before
        return data + b" " * number


def machine() -> str:
    """Name what it was measured on."""
    return f"{psutil.cpu_count()} processors, load before {psutil.getloadavg()[0]:.1f}"


def _timed(command: list, out: Path) -> Seen:
    seen, began = Seen(), time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    watch = threading.Thread(
        target=seen.watch,
        args=(psutil.Process(process.pid), out / "ch02_self_attention" / "results", began),
    )
    watch.start()
    code = process.wait()
    seen.wall_s = time.perf_counter() - began
    seen.ended.set()
    watch.join()
    if code not in (0, 1):  # 1: some of the sample's files cannot be read, on purpose
        raise SystemExit(f"course grade ended with {code}")
    return seen


def _bytes(process: psutil.Process) -> int:
    """Memory of a process; pages that several share are counted once, in parts."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:  # ended, or another user's
        return 0
    return getattr(memory, "pss", memory.uss)


if __name__ == "__main__":
    main()
