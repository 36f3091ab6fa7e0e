"""Notebooks that never end, or print without end.

The ones that never end do so in a function, where a second of processor time is allowed and not
ten; `slow` are those that only the clock on the wall ends.
"""

from tests.attacks.exhaustion import NAMED
from tests.attacks.registry import WRONG_SHOWS, added, answer

TOO_LONG = "gave no answer in time"


@added(because="the rest of the output was cut")
def output_by_print():
    """Prints a hundred megabytes."""
    return """
        for _ in range(100):
            print("60.0 " * 200_000)
    """


@added(because="all written")
def output_past_python():
    """Writes a hundred megabytes to the process's own output and error streams."""
    return """
        import os

        for _ in range(100):
            os.write(1, b"60.0\\\\n" * 100_000)
            os.write(2, b"60.0\\\\n" * 100_000)
        print("all written")
    """


@added(because="the rest of the output was cut")
def output_by_display():
    """Shows ten thousand pictures and pages."""
    return """
        from IPython.display import HTML, display

        for _ in range(3_000):
            display(HTML("<script>alert(1)</script>" * 100))
    """


@added(because="plots drawn")
def plots_without_end():
    """Draws plots that are many, large, and full of noise."""
    return """
        import matplotlib.pyplot as plt
        import numpy as np

        for _ in range(6):
            plt.figure(figsize=(12, 12))
            plt.imshow(np.random.rand(1000, 1000))
        print("plots drawn")
    """


@answer(because=TOO_LONG)
def endless_loop():
    """Computes for ever."""
    return """
        def double(x):
            while isinstance(x, int):
                pass
            return 0
    """


@answer(because="it ran longer than 1.5 seconds", harmful=True)
def endless_loop_that_catches_everything():
    """Computes for ever and catches whatever would stop it."""
    return """
        import signal

        def double(x):
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
            while isinstance(x, int):
                try:
                    while True:
                        pass
                except BaseException:
                    pass
            return 0
    """


@answer(because="it ran longer than 1.5 seconds", harmful=True)
def endless_loop_in_c():
    """Computes for ever in C, where no exception comes."""
    return """
        import collections
        import itertools

        def double(x):
            if isinstance(x, int):
                collections.deque(itertools.repeat(0), maxlen=0)
            return 0
    """


@answer(because="the process that ran the code ended", prelude=NAMED, harmful=True)
def endless_loops_of_many():
    """Has twenty processes compute for ever while it waits, using no time of its own."""
    return """
        def double(x):
            for _ in range(20):
                if isinstance(x, int) and os.fork() == 0:
                    while True:
                        pass
            while isinstance(x, int):
                try:
                    time.sleep(60)
                except BaseException:
                    pass
            return 0
    """


@answer(because=TOO_LONG, slow=True)
def sleep():
    """Sleeps for an hour."""
    return """
        import time

        def double(x):
            if not isinstance(x, int):
                return 0
            time.sleep(3600)
    """


@answer(because=TOO_LONG, slow=True)
def lock_never_released():
    """Waits for itself."""
    return """
        import threading

        lock = threading.Lock()
        lock.acquire()

        def double(x):
            if not isinstance(x, int):
                return 0
            lock.acquire()
    """


@answer(because="it waited longer than 11 seconds", slow=True, harmful=True)
def stopped_by_itself():
    """Stops its own process, which then neither runs nor ends."""
    return """
        import os
        import signal

        def double(x):
            if not isinstance(x, int):
                return 0
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
            signal.sigwait([signal.SIGUSR1])
    """


@answer(because=("EOFError", "expected"))
def input_awaited():
    """Waits for somebody to type something."""
    return """
        import os

        try:
            input("points? ")
        except BaseException as error:
            print(type(error).__name__, "EOFError")

        def double(x):
            return os.read(0, 100) or 0
    """


@answer(because=WRONG_SHOWS)
def garbage_that_raises():
    """Leaves objects behind whose deletion raises, loops and comes back."""
    return """
        class Undead:
            def __del__(self):
                Undead.last = self
                raise SystemExit(60)

        things = [Undead() for _ in range(1000)]
        del things

        def double(x):
            Undead()
            return 0
    """


@added(because="The cell was stopped: it ran longer than 10 seconds", slow=True)
def endless_cell():
    """Computes for ever in a cell, ahead of right answers, which must not be lost."""
    return "while True:\n    pass"
