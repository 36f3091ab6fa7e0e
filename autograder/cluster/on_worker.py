"""What runs on a worker of the cluster: the shipped course put in place, and a judging process.

This module is sent by value and runs where no course is installed: it imports nothing of ours, and
takes what it needs of ours from what was shipped. It passes on lines; what they say it cannot read.

The course lies in a folder whose name is the hash of its content. Each worker looks whether the
content still has this hash before it starts a judging process from it.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import sys
import threading
import types
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin

FOLDER = "attention-course"  # in the cache of the worker's user
IDLE_S = 300.0  # a run that was killed at home must not keep a process on every worker for ever
STUCK_S = 1800.0  # as long as at home, from where a process here cannot be ended
ENTRY = "autograder/judging_process.py"


class Judge(WorkerPlugin):
    """Keeps a judging process warm on a worker, for one submission at a time.

    Args:
        archive: The course, a zip file.
        digest: Hash of its content.
        home: Folder of the course at home; a message that names the folder here names that one.
        unconfined: Run the learner's code without walls.
    """

    def __init__(self, archive: bytes, digest: str, home: str, *, unconfined: bool) -> None:
        self._archive, self._digest, self._home = archive, digest, home
        self._unconfined = unconfined

    async def setup(self, worker: Any) -> None:  # noqa: ANN401
        """Start the judging process; Dask passes on to home that it cannot start, and why.

        Raises:
            RuntimeError: The course arrived damaged, or submissions cannot be confined here.
        """
        self._address = worker.address
        self._scratch = worker.local_directory
        self._lock, self._ending, self._over = threading.Lock(), threading.Lock(), False
        self._folder = ""
        self._process: Any = None
        self._timer: threading.Timer | None = None
        await asyncio.to_thread(self._warm_up)

    def teardown(self, worker: Any) -> None:  # noqa: ANN401
        """End the judging process, at work or not."""
        self._over = True
        self._stop_timer()
        self._end()

    def judge(self, request: str) -> dict[str, str]:
        """Judge a submission.

        Args:
            request: A line for the judging process.

        Returns:
            The worker's `address`, and `events` as JSON; or `died`, why there are none; or
            `trouble`, why this worker can judge nothing at all.
        """
        with self._lock:
            self._end_after(STUCK_S, self._end)
            try:
                return {"address": self._address, **self._judge(request)}
            finally:
                self._end_after(IDLE_S, self._rest)

    def _judge(self, request: str) -> dict[str, str]:
        try:
            events = self._started().ask(request)
        except RuntimeError as error:
            return {"trouble": str(error)}
        except EOFError as error:
            self._end()
            return {"died": str(error)}
        here, home = (json.dumps(path)[1:-1] for path in (self._folder, self._home))
        return {"events": json.dumps(events).replace(here, home)}

    def _warm_up(self) -> None:
        with self._lock:
            self._started()
            self._end_after(IDLE_S, self._rest)

    def _started(self) -> Any:  # noqa: ANN401
        """Give the judging process, started anew where it has ended.

        Raises:
            RuntimeError: There can be none on this worker.
            EOFError: The worker goes, and others are left to judge.
        """
        if self._over:
            raise EOFError(f"Worker {self._address} was told to end.")
        if self._process is None:
            self._folder = put_in_place(self._archive, self._digest, self._scratch)
            judging = _module(Path(self._folder, ENTRY))
            try:
                paths = [self._folder, *sys.path]
                process = judging.JudgingProcess(paths, unconfined=self._unconfined)
            except (EOFError, OSError) as error:
                raise RuntimeError(f"Worker {self._address}: {error}") from None
            if process.trouble:
                process.close()
                raise RuntimeError(f"Worker {self._address}: {process.trouble}")
            self._process = process
            if self._over:  # meanwhile: `teardown` has not seen this one
                self._end()
                raise EOFError(f"Worker {self._address} was told to end.")
        return self._process

    def _rest(self) -> None:
        """End a process that nobody has asked for long; the next submission starts another."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        with self._ending:  # of whoever ends it: its own thread, `teardown`, a timer
            process, self._process = self._process, None
        if process:
            process.close()

    def _end_after(self, seconds: float, end: Callable[[], None]) -> None:
        self._stop_timer()
        if self._over:
            return
        self._timer = threading.Timer(seconds, end)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()


def judge(name: str, request: str) -> dict[str, str]:
    """Judge a submission on the worker that this runs on, as a task.

    Args:
        name: Of the plugin, a `Judge`.
        request: A line for the judging process.
    """
    worker = get_worker()
    plugin: Any = worker.plugins.get(name)
    if plugin is None:
        return {"address": worker.address, "died": "The worker was not ready."}
    return plugin.judge(request)


def put_in_place(archive: bytes, digest: str, scratch: str) -> str:
    """Unpack the course, unless it is there already, and give its folder.

    Args:
        archive: The course, a zip file.
        digest: Hash that its content must have.
        scratch: Where to put it when the user's cache cannot be written.

    Raises:
        RuntimeError: The content has another hash, or cannot be written.
    """
    for cache in (_cache(), Path(scratch)):
        with contextlib.suppress(OSError):
            return str(_unpacked(archive, digest, cache / FOLDER))
    raise RuntimeError(f"The course cannot be unpacked into {_cache()} or {scratch}.")


def digest_of(files: Iterable[tuple[str, bytes]]) -> str:
    """Hash the content of some files: their names and what stands in them, in any order."""
    digest = hashlib.sha256()
    for name, content in sorted(files):
        digest.update(f"{len(name)} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _unpacked(archive: bytes, digest: str, cache: Path) -> Path:
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = cache / digest
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker of a machine unpacks, the others find it
        if _digest_below(folder) != digest:
            shutil.rmtree(folder, ignore_errors=True)
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(folder)
            for path in (folder, *folder.rglob("*")):  # the sandbox's user reads them too
                path.chmod(0o755 if path.is_dir() else 0o644)
            if _digest_below(folder) != digest:
                raise RuntimeError("The course arrived damaged.")
    return folder


def _digest_below(folder: Path) -> str:
    paths = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    return digest_of((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())


def _module(path: Path) -> Any:  # noqa: ANN401
    """Run a file as a module that no import finds, and that leaves no bytecode behind."""
    module = types.ModuleType(f"shipped_{path.stem}")
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    return module
