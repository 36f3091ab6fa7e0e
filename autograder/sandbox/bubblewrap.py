"""The walls around the warm parent: a bubblewrap command with what may be seen inside.

Stops:
- reading anything but the system's programs, Python, `course_lib` and the few modules of the grader
  that a learner's process needs: no solution, no check, no other submission, no home folder;
- writing anywhere but in the scratch folder;
- the network, also on this machine: the namespace has none;
- seeing or signalling any process outside;
- being root: a grader that runs as root gives up root first, so that the limit on the number of
  processes holds and files of root's that others may not read stay unread.

Does not stop: a fault in the kernel; reading what the system lets everybody read in /usr; eating
processor time and memory, for which there are limits and the judge's watch.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SCRATCH = "/scratch"
NOBODY = 65534
# What the untrusted side imports, and nothing else of the grader; a test follows the imports.
VISIBLE_MODULES = ("__init__.py", "compare.py", "visible.py", "sandbox")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
_SYSTEM += ("/etc/alternatives", "/etc/localtime")
_NAMESPACES = ("user", "pid", "net", "ipc", "uts")
# For making each learner's own namespaces; dropped before a line of theirs runs.
_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SYS_RESOURCE")
SCRATCH_BYTES = 16 * 2**20  # the warm parent's own; each learner gets one of their own over it


def is_available() -> bool:
    """Tell whether this machine has what confinement needs."""
    needed = ("bwrap", "setpriv") if os.geteuid() == 0 else ("bwrap",)
    return sys.platform == "linux" and all(shutil.which(program) for program in needed)


def confined(command: Sequence[str]) -> list[str]:
    """Give the command line that runs a command inside the walls.

    Args:
        command: What to run; it is process 1 of its namespace and may make namespaces of its own.
    """
    walls = ["bwrap", *(f"--unshare-{kind}" for kind in _NAMESPACES), "--unshare-cgroup-try"]
    walls += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "grader"]
    for capability in _CAPABILITIES:
        walls += ["--cap-add", capability]
    walls += ["--die-with-parent", "--new-session", "--as-pid-1"]
    walls += [*_seen(tmp=("--symlink", SCRATCH)), "--proc", "/proc", "--dev", "/dev"]
    walls += ["--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH, "--chdir", SCRATCH]
    walls += ["--remount-ro", "/dev", "--remount-ro", "/", "--", *command]
    return [*_without_root(), *walls] if os.geteuid() == 0 else walls


def _without_root() -> list[str]:
    """Become nobody, who may then not enter /root: what is to be seen is laid out before."""
    layout = [
        "bwrap",
        "--die-with-parent",
        *_seen(tmp=("--dir",)),  # where the inner bubblewrap lays out its own root
        "--dev-bind",
        "/proc",
        "/proc",
        "--dev-bind",
        "/dev",
        "/dev",
    ]
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--"]
    nobody = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    return [*layout, *rights, "setpriv", *nobody]


def _seen(tmp: Sequence[str]) -> list[str]:
    """Give the options that show files inside, all read-only.

    Args:
        tmp: The option that makes /tmp, unless something that is to be seen lies there.
    """
    options: list[str] = []
    paths = list(_paths())
    folders = dict.fromkeys(folder for path in paths for folder in reversed(path.parents))
    for folder in folders:
        if folder != Path("/"):  # else bubblewrap makes them for their owner alone
            options += ["--perms", "0755", "--dir", str(folder)]
    for path in paths:
        if path.is_symlink() and path.parent == Path("/"):  # /lib is a link to usr/lib
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            options += ["--ro-bind", str(path.resolve()), str(path)]
    if not any(path.is_relative_to("/tmp") for path in paths):
        options += [*tmp, "/tmp"]
    return options


def _paths() -> Iterator[Path]:
    yield from map(Path, _SYSTEM)
    prefixes = (Path(prefix) for prefix in (sys.base_prefix, sys.prefix))
    yield from _distinct(both for one in prefixes for both in (one, one.resolve()))
    yield PACKAGE.parent / "course_lib"
    for name in VISIBLE_MODULES:
        yield PACKAGE / name


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Leave out what is seen anyway, and what stands twice."""
    return [path for path in dict.fromkeys(paths) if not path.is_relative_to("/usr")]
