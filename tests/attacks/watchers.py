"""What the attacks must leave alone, and who notices when they don't."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import psutil

from autograder.files import ROOT

OWNED = "owned-by-mallory"  # name of every file that a payload writes where it must not
CLEARING_S = 5.0
PROCESS = "mallory"  # name of every process that a payload starts


class Watchers:
    """A folder with a secret, and somebody who listens on this machine; a context manager.

    Attributes:
        places: For `tests.attacks.registry.PLACES`.
        secret: The text that must be found nowhere.
        visits: Addresses to which somebody connected.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="course-others-")
        self.canary = Path(self._folder.name, "submitted", "ada")
        self.canary.mkdir(parents=True)
        self.secret = f"the canary sings {os.urandom(8).hex()}"
        for name in ("secret.txt", "ch99_small.ipynb"):
            (self.canary / name).write_text(self.secret)
        self.before = self._contents()
        self.visits: list[str] = []
        self._listeners: list[socket.socket] = []
        port = self._listen(socket.AF_INET, ("127.0.0.1", 0))[1]
        name = f"course-{os.getpid()}-{os.urandom(4).hex()}"
        self._listen(socket.AF_UNIX, f"\0{name}")
        self.places = {
            "ROOT": str(ROOT),
            "CANARY": str(self.canary),
            "HOME": str(Path.home()),
            "PORT": str(port),
            "SOCKET": name,
        }

    def __enter__(self) -> "Watchers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and remove the folder."""
        for listener in self._listeners:
            listener.close()
        self._folder.cleanup()

    def harm(self) -> list[str]:
        """Say what was done that must not be, a line each."""
        seen = [f"{path} was written" for path in _possible_files(self.places) if path.exists()]
        if self._contents() != self.before:
            seen.append("the folder of another learner was changed")
        seen += [f"{visit} was connected to" for visit in self.visits]
        return seen + [f"process {process.pid} was left behind" for process in left_behind()]

    def _contents(self) -> dict[str, bytes]:
        folder = Path(self._folder.name)
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
            for path in sorted(folder.rglob("*"))
        }

    def _listen(self, family: int, address: object) -> tuple:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen()
        self._listeners.append(listener)
        threading.Thread(target=self._note_visits, args=(listener,), daemon=True).start()
        return listener.getsockname()

    def _note_visits(self, listener: socket.socket) -> None:
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return
            self.visits.append("a socket of this machine")


def left_behind() -> list[psutil.Process]:
    """List the processes that payloads have started and nobody has ended.

    One that was killed may take a moment to go on a busy machine; one that lives stays.
    """
    deadline = time.monotonic() + CLEARING_S
    while (found := _of_payloads()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _of_payloads() -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "status"])
        if process.info["name"] == PROCESS
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and not _of_another_grader(process)
    ]


def _of_another_grader(process: psutil.Process) -> bool:
    """Tell whether a grader that other tests have started is at work on a payload just now."""
    try:
        above = process.parents()
        names = {one.name() for one in above}
    except psutil.Error:  # it is going
        return False
    return "bwrap" in names and os.getpid() not in {one.pid for one in above}


def _possible_files(places: dict[str, str]) -> list[Path]:
    """Where a payload's file would lie, had it been able to write one."""
    root, home = Path(places["ROOT"]), Path(places["HOME"])
    folders = [root, root / "course_lib", root / "autograder", root / "notebooks", home]
    folders += [Path(path) for path in ("/etc", "/usr", "/usr/lib", "/bin", "/", "/tmp")]
    folders += [home / ".ipython" / "profile_default" / "startup"]
    folders += [Path(psutil.__file__).parents[1], Path.cwd()]
    return [folder / f"{OWNED}{suffix}" for folder in folders for suffix in ("", ".py", ".pth")]
