"""Limits that a learner's process takes on itself before it runs a line of the learner's code.

Stops: more address space than allowed, files larger than allowed, core dumps, message queues, more
open files, processes and threads than allowed, processor time without end.
Does not stop: many processes that are each within the limits; the judge's watch sums them up. The
number of processes does not bind root, which is why the confined process never is.
"""

import contextlib
import resource
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MAX_OPEN_FILES = 256
CPU_GRACE_S = 5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a submission may use.

    Attributes:
        total_cpu_s: Processor time of all its processes, from the first cell to the last call.
        total_wall_s: Time on the wall, which only sleepers ever use up.
        memory_bytes: Memory of all its processes, beyond what the warm parent has.
        file_bytes: Largest file that it may write, and size of its scratch folder.
        n_processes: Processes and threads at one time.
    """

    total_cpu_s: float = 120.0
    total_wall_s: float = 300.0
    memory_bytes: int = 2 * 2**30
    file_bytes: int = 64 * 2**20
    n_processes: int = 64

    def as_dict(self) -> dict[str, Any]:
        """Give the limits as plain data, for a request."""
        return asdict(self)


def limit_resources(limits: Limits, *, confined: bool) -> None:
    """Set the kernel's limits for this process and all that it starts.

    Args:
        limits: What it may use.
        confined: Whether the process count is that of a namespace of its own; else it is the
            user's, and limiting it would count their browser.
    """
    wanted = {
        resource.RLIMIT_AS: address_space() + limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
        resource.RLIMIT_CPU: int(limits.total_cpu_s) + CPU_GRACE_S,
    }
    if confined:
        wanted[resource.RLIMIT_NPROC] = limits.n_processes
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        wanted[resource.RLIMIT_MSGQUEUE] = 0
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(what, (most, most))


def address_space() -> int:
    """Address space of this process in bytes; 0 where it cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
