"""A place on the cluster that looks like a judging process of this machine."""

import json
from collections.abc import Sequence
from concurrent.futures import CancelledError

from distributed import Future, KilledWorker

from autograder.classroom.pool import StuckError
from autograder.cluster.connection import Cluster
from autograder.errors import WorkerDiedError
from autograder.session import Event, Step
from autograder.worker import request_line

_KILLS = (
    "Every worker of the cluster that judged this submission was lost, also when nothing else was "
    "being judged."
)


class RemoteWorker:
    """Judges one submission at a time, on whichever worker of a cluster is free.

    Args:
        cluster: Where.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._future: Future | None = None
        self._closed = False

    @property
    def pid(self) -> None:
        """None: which worker judges is Dask's to say."""
        return None

    def run(self, reference: str, steps: Sequence[Step], seed: int) -> list[Event]:
        """Run the steps of a submission; see `autograder.worker.Worker.run`.

        Raises:
            CourseError: The cluster is gone, or one of its workers cannot judge.
            StuckError: The submission is the end of every worker that judges it.
            WorkerDiedError: The judging process ended, or this place was closed.
        """
        request = request_line(reference, steps, seed)
        try:
            with self._cluster.turn():
                return self._events(request)
        except KilledWorker:  # it may have been another one, which was before it
            pass
        try:
            with self._cluster.turn(alone=True):
                return self._events(request)
        except KilledWorker:
            raise StuckError(_KILLS) from None

    def close(self) -> None:
        """Take back what is in flight."""
        self._closed = True
        future = self._future  # once: its own thread may put None there meanwhile
        if future:
            future.cancel()

    def _events(self, request: str) -> list[Event]:
        future = self._future = self._cluster.submit(request)
        if self._closed:
            future.cancel()
        try:
            reply = self._cluster.result(future)
        except CancelledError:
            raise WorkerDiedError("The submission was taken back from the cluster.") from None
        finally:
            self._future = None
        if "died" in reply:
            raise WorkerDiedError(reply["died"])
        return json.loads(reply["events"])
