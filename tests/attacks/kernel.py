"""Notebooks that ask the kernel for more than they may: rights, namespaces, settings, limits."""

from tests.attacks.registry import added

_CALL = """\
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return "done"

"""


@added(because=("root met OSError", "groups met PermissionError"), harmful=True)
def becomes_root():
    """Becomes root, or another user, by the system's calls."""
    return """
        import os

        attempt("root", lambda: os.setuid(0))
        attempt("group", lambda: os.setgid(0))
        attempt("both", lambda: os.setresuid(0, 0, 0))
        attempt("groups", lambda: os.setgroups([0]))
        print(os.getuid(), os.geteuid())
    """


@added(because="who I am then: ['65534']", harmful=True)
def becomes_root_by_a_program():
    """Becomes root by a program of the system that belongs to root and says so."""
    return """
        import glob
        import subprocess

        seen = set()
        for program in ("su", "sudo", "pkexec", "newgrp", "mount", "passwd"):
            for path in glob.glob(f"/usr/bin/{program}"):
                try:
                    subprocess.run([path, "-c", "id"], capture_output=True, timeout=3, input=b"")
                except (OSError, subprocess.TimeoutExpired):
                    pass
        seen.add(subprocess.run(["id", "-u"], capture_output=True, text=True).stdout.strip())
        print("who I am then:", sorted(seen))
    """


@added(because=("user namespace met", "mount met PermissionError"), prelude=_CALL, harmful=True)
def namespaces_and_mounts():
    """Makes namespaces of its own, in which it would be root, and mounts the machine's disk."""
    return """
        attempt("user namespace", lambda: call("unshare", 0x10000000))
        attempt("mount namespace", lambda: call("unshare", 0x00020000))
        attempt("mount", lambda: call("mount", b"none", b"/scratch", b"tmpfs", 0, 0))
        attempt("unmount", lambda: call("umount2", b"/proc", 2))
        attempt("chroot", lambda: os.chroot("/proc/1/root"))
        attempt("pivot_root", lambda: call("syscall", 155, b".", b"."))
    """


@added(
    because=("trace met PermissionError", "keys met PermissionError"), prelude=_CALL, harmful=True
)
def rare_system_calls():
    """Traces its parent, takes keys, loads programs into the kernel, and other rare calls."""
    return """
        attempt("trace", lambda: call("ptrace", 16, os.getppid() or 1, 0, 0))
        attempt("keys", lambda: call("syscall", 250, 0, -3, 0, 0, 0))
        attempt("bpf", lambda: call("syscall", 321, 0, 0, 0))
        attempt("io_uring", lambda: call("syscall", 425, 8, ctypes.create_string_buffer(120)))
        attempt("userfaultfd", lambda: call("syscall", 323, 0))
        attempt("perf", lambda: call("syscall", 298, 0, 0, -1, -1, 0))
        attempt("memory of 1", lambda: call("process_vm_readv", 1, 0, 0, 0, 0, 0))
        attempt("modules", lambda: call("syscall", 175, b"", 0, b""))
    """


@added(because=("clock met", "name met"), prelude=_CALL, harmful=True)
def settings_of_the_machine():
    """Sets the clock by what it is, the name of the machine, and settings of the kernel."""
    return """
        import time

        attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
        attempt("name", lambda: __import__("socket").sethostname("mallory"))
        attempt("swap", lambda: call("swapoff", b"/no/such/file"))
        attempt("kernel", lambda: open("/proc/sys/kernel/hostname", "w").write("mallory"))
        attempt("device", lambda: os.mknod("/scratch/disk", 0o60600, os.makedev(254, 0)))
        attempt("memory", lambda: open("/dev/mem", "rb").read(1))
        attempt("keyboard", lambda: open("/dev/kmsg", "w"))
    """


@added(because=("terminal met",), harmful=True)
def typed_into_the_terminal():
    """Types a command into the instructor's terminal (TIOCSTI)."""
    return """
        import fcntl
        import os

        def type_it():
            for way in ("/dev/tty", "/dev/console", "/dev/pts/0"):
                try:
                    return fcntl.ioctl(os.open(way, os.O_RDWR), 0x5412, b"\\\\n"), way
                except OSError as error:
                    last = error
            raise last

        attempt("terminal", type_it)
    """


@added(because=("limits met", "priority met"), harmful=True)
def limits_raised():
    """Raises its limits and its priority."""
    return """
        import os
        import resource

        wanted = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        attempt("limits", lambda: resource.setrlimit(resource.RLIMIT_AS, wanted))
        attempt("processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, wanted))
        attempt("files", lambda: resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, wanted))
        attempt("priority", lambda: os.nice(-20))
        attempt("real time", lambda: os.sched_setscheduler(
            0, os.SCHED_FIFO, os.sched_param(99)
        ))
    """
