"""Notebooks that take all there is of memory, processes and disk."""

from tests.attacks.registry import added

TOO_MUCH = "more than 2 GiB of memory"

# A name by which the tests find what was left running.
NAMED = """\
import ctypes
import mmap
import os
import time

ctypes.CDLL(None).prctl(15, b"mallory", 0, 0, 0)

"""


@added(because="Resource temporarily unavailable", prelude=NAMED, harmful=True)
def processes():
    """Starts three hundred processes that do nothing."""
    return """
        started = 0
        try:
            for _ in range(300):
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
                started += 1
        except OSError as error:
            print(started, "processes, then", error)
    """


@added(because="can't start new thread", prelude=NAMED, harmful=True)
def threads():
    """Starts three hundred threads that do nothing."""
    return """
        import threading

        started = 0
        try:
            for _ in range(300):
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
                started += 1
        except RuntimeError as error:
            print(started, "threads, then", error)
    """


@added(because="a child of nobody", prelude=NAMED, harmful=True)
def daemon():
    """Leaves a process behind that has left its session and its parent, to wait for the next."""
    return """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for _ in range(600):
                    time.sleep(0.1)
                    try:
                        open("$CANARY/owned-by-mallory", "w").write("still here")
                    except OSError:
                        pass
            os._exit(0)
        print("a child of nobody")
    """


@added(because="MemoryError", harmful=True)
def memory_in_a_list():
    """Fills a list until the memory is full."""
    return """
        held = []
        for _ in range(8):
            held.append(bytearray(700 << 20))
    """


@added(because="Cannot allocate memory", harmful=True)
def memory_mapped():
    """Maps memory without touching it."""
    return """
        import mmap

        held = [mmap.mmap(-1, 500 << 20) for _ in range(12)]
    """


@added(because="allocate memory", harmful=True)
def memory_in_a_tensor():
    """Asks torch for a tensor of six gigabytes."""
    return """
        torch.ones(6 << 30, dtype=torch.uint8)
    """


@added(because=TOO_MUCH, prelude=NAMED, harmful=True)
def memory_of_many():
    """Has five processes that each stay within the limit take three gigabytes together."""
    return """
        for _ in range(5):
            if os.fork() == 0:
                held = bytearray(b"x") * (600 << 20)
                time.sleep(20)
                os._exit(0)
        time.sleep(20)
    """


@added(because=TOO_MUCH, prelude=NAMED, harmful=True)
def shared_memory_of_many():
    """Does the same with memory that it says it shares, which many programs don't count."""
    return """
        for _ in range(5):
            if os.fork() == 0:
                held = mmap.mmap(-1, 600 << 20)
                for at in range(0, 600 << 20, 4 << 20):
                    held[at : at + (4 << 20)] = b"x" * (4 << 20)
                time.sleep(20)
                os._exit(0)
        time.sleep(20)
    """


@added(because="file in memory met PermissionError", harmful=True)
def memory_in_files_without_a_name():
    """Makes a file in memory, which belongs to no process."""
    return """
        import os

        def fill():
            held = os.memfd_create("held")
            for _ in range(3000):
                os.write(held, b"x" * (1 << 20))

        attempt("file in memory", fill)
    """


@added(because=("No space left on device", "written: 6"), harmful=True)
def disk_filled():
    """Writes four gigabytes into files of a size that is allowed."""
    return """
        written = 0
        try:
            for number in range(400):
                with open(f"file-{number}", "wb") as file:
                    for _ in range(10):
                        written += file.write(bytes(1 << 20))
                        file.flush()
        except OSError as error:
            print(error)
        print("written:", str(written >> 20)[:1] if written >> 20 < 100 else written, written)
    """


@added(because="File too large", harmful=True)
def sparse_file():
    """Makes a file of a terabyte that takes no room until somebody copies it."""
    return """
        with open("sparse", "wb") as file:
            file.truncate(1 << 40)
    """


@added(because="No space left on device", harmful=True)
def many_small_files():
    """Makes a hundred thousand empty files, until the file system can count no further."""
    return """
        for number in range(100_000):
            open(f"file-{number}", "w").close()
    """
