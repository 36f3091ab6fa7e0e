"""A learner's own namespaces inside the walls, and the way down from the rights to make them.

Stops: seeing or signalling the warm parent, or what an earlier learner left running; files that
an earlier learner left; regaining any capability; namespaces of the learner's own; system calls by
which memory is held outside every limit, other processes are traced, or rarely used parts of the
kernel are reached.
Does not stop: anything when the parent does not run behind `autograder.sandbox.bubblewrap`.
"""

import contextlib
import ctypes
import errno
import os
import socket
from pathlib import Path

from autograder.sandbox.bubblewrap import SCRATCH

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
LINUX_CAPABILITY_VERSION_3 = 0x20080522
MAX_SCRATCH_FILES = 4096

# Held memory that no limit counts, other processes' memory, keys, and the kernel's rarer doors.
_REFUSED_CALLS = (
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    *("add_key", "request_key", "keyctl"),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "open_by_handle_at"),
)
# The network's namespace is empty; these reach past it, as to the machine under a virtual one, or
# into parts of the kernel that nobody needs here.
_REFUSED_SOCKETS = tuple(
    getattr(socket, name)
    for name in ("AF_VSOCK", "AF_PACKET", "AF_ALG", "AF_BLUETOOTH", "AF_TIPC", "AF_CAN", "AF_RDS")
    if hasattr(socket, name)
)
_libc = ctypes.CDLL(None, use_errno=True)


def refuse_system_calls() -> None:
    """Have the kernel answer some calls with "not permitted", here and in all children."""
    import pyseccomp  # finds libseccomp when imported, which only Linux has

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in _REFUSED_CALLS:
        with contextlib.suppress(ValueError):  # a call that this processor or kernel has not
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    for family in _REFUSED_SOCKETS:
        rule = pyseccomp.Arg(0, pyseccomp.EQ, family)
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", rule)
    rules.load()


def refuse_user_namespaces() -> None:
    """Let nobody below this process make a user namespace, and capabilities with it."""
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def enter_own_namespaces(scratch_bytes: int) -> None:
    """Go on as process 1 of a namespace, with an empty scratch folder and no capability.

    The caller goes on in a child; the process that it was waits for the child and ends as it did.

    Raises:
        OSError: The kernel refused a namespace or a mount.
    """
    _call("unshare", CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC)
    child = os.fork()
    if child:
        _wait_and_end_like(child)
    options = f"size={scratch_bytes},nr_inodes={MAX_SCRATCH_FILES},mode=0700"
    _mount("tmpfs", SCRATCH, MS_NOSUID | MS_NODEV, options)
    try:
        _mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "")
    except OSError:  # some containers refuse it: then none is better than the parent's
        _mount("tmpfs", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4096,nr_inodes=1")
    os.chdir(SCRATCH)
    _drop_capabilities()


def _wait_and_end_like(child: int) -> None:
    """Wait for the child without holding its connection, then end with a code that tells how."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(code if code >= 0 else 128 - code)  # as a shell tells of a signal


def _drop_capabilities() -> None:
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _mount(kind: str, target: str, flags: int, options: str) -> None:
    _call("mount", kind.encode(), target.encode(), kind.encode(), flags, options.encode())


def _call(function: str, *arguments: object) -> None:
    if getattr(_libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
