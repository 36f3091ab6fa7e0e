"""A pool of warm grading processes, each lent to one thread at a time.

A process is started when it is first needed, and replaced when it dies or has been silent for far
too long. When the run is stopped, all of them end at once, those at work too.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autograder.errors import WorkerDiedError
from autograder.worker import AnyWorker

# The worker ends what runs too long itself, within minutes. Only one that has lost its way, or a
# machine that stands still, comes near this.
STUCK_S = 1800.0


class StuckError(WorkerDiedError):
    """A submission was given up: to try it once more would cost more than it could gain."""


class StoppedError(RuntimeError):
    """The run was stopped; no process is lent any more."""


class WorkerPool:
    """Warm processes for a number of threads; a context manager.

    Args:
        jobs: Number of processes.
        make: Starts one.
        stuck_s: Seconds on the wall after which a loan is taken for lost.
    """

    def __init__(self, jobs: int, make: Callable[[], AnyWorker], stuck_s: float = STUCK_S) -> None:
        self._make = make
        self._stuck_s = stuck_s
        self._idle: queue.LifoQueue[AnyWorker | None] = queue.LifoQueue()
        self._started: set[AnyWorker] = set()
        self._lock = threading.Lock()
        self._stopped = False
        for _ in range(jobs):
            self._idle.put(None)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def borrow(self) -> Iterator[AnyWorker]:
        """Lend a process; one that was lent when something went wrong is not lent again.

        Raises:
            StuckError: The process did not come to an end.
            StoppedError: The pool was stopped.
        """
        worker = self._idle.get()
        try:
            worker = worker or self._start()
            with self._watched(worker):
                yield worker
        except BaseException:
            self._idle.put(None)
            if worker:
                self._end(worker)  # whatever went wrong, it is in the middle of something
            if self._stopped:
                raise StoppedError from None
            raise
        self._idle.put(worker)

    def stop(self) -> None:
        """End all processes; whoever waits for one of them gets a `StoppedError`."""
        with self._lock:
            self._stopped = True
            started = list(self._started)
        for worker in started:
            self._end(worker)

    def _start(self) -> AnyWorker:
        if self._stopped:
            raise StoppedError
        worker = self._make()
        with self._lock:
            self._started.add(worker)
        if self._stopped:  # meanwhile: `stop` may not have seen this one
            self._end(worker)
            raise StoppedError
        return worker

    def _end(self, worker: AnyWorker) -> None:
        """End a process, once, whoever comes first: its thread, the watch, or `stop`."""
        with self._lock:
            if worker not in self._started:
                return
            self._started.remove(worker)
        worker.close()

    @contextmanager
    def _watched(self, worker: AnyWorker) -> Iterator[None]:
        """End a process that takes far too long; its caller sees it die."""
        gave_up = threading.Event()

        def give_up() -> None:
            gave_up.set()
            self._end(worker)

        timer = threading.Timer(self._stuck_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except WorkerDiedError:
            if gave_up.is_set():
                raise StuckError(
                    f"Grading did not come to an end in {self._stuck_s / 60:g} minutes."
                ) from None
            raise
        finally:
            timer.cancel()
