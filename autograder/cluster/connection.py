"""A Dask cluster at work for one run of `course grade`: connected, checked, used, let go.

Dask hands the tasks out and gives those of a lost worker to others. Here is decided what a lost
task means. A worker that dies takes with it the task that it ran and those that waited behind it,
and Dask counts its death against all of them. One that has met more deaths than the scheduler
allows is therefore tried once more with nothing else on the cluster: only who ends workers then too
is given up.
"""

import contextlib
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import cloudpickle
from distributed import Client, Future

from autograder.cluster import on_worker
from autograder.cluster.dask_client import opened, quiet
from autograder.cluster.shipping import course_files, pack
from autograder.errors import CourseError
from autograder.files import ROOT
from autograder.submissions.assignment import LIBRARIES

CONNECT_S = 20.0
FIRST_WORKER_S = 60.0
NO_WORKER_S = 120.0  # a deployer starts another one in the place of one that was lost
LOOK_S = 2.0
PER_WORKER = 2  # submissions in flight: one is judged, and the next is there when it is done
COMPARED = (*LIBRARIES, "triton")  # kernels that learners write are run by it
KEPT = "What is done is kept; the same command goes on."

cloudpickle.register_pickle_by_value(on_worker)  # a worker has no module of this name


class _ByValue:
    """A function that is sent whole, and not by a name that nobody knows elsewhere."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self._pickled = function, cloudpickle.dumps(function)

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return cloudpickle.loads, (self._pickled,)


class Cluster:
    """A scheduler and its workers; `connected` gives one.

    Attributes:
        jobs: How many submissions to have there at a time.
    """

    def __init__(self, client: Client, address: str, name: str) -> None:
        self.jobs = PER_WORKER * max(1, _count_workers(client))  # the only one may just be lost
        self._client, self._address, self._name = client, address, name
        self._judge = _ByValue(on_worker.judge)
        self._checked: set[str] = set()
        self._lock = threading.Lock()  # of what follows
        self._looked = self._seen = time.monotonic()
        self._in_flight, self._alone = 0, False
        self._changed = threading.Condition()
        self.check_versions()

    def check_versions(self) -> None:
        """Refuse workers on which a mark might be another one.

        Raises:
            CourseError: One has another version of Python or of a library, or nobody answers.
        """
        here = _versions_here()
        try:
            told = cast(Any, self._client.get_versions(packages=COMPARED))["workers"]
        except (OSError, TimeoutError):
            raise self._lost() from None
        for address, seen in told.items():
            there = {name: seen["packages"].get(name) for name in here}
            if there != here:
                raise CourseError(_other_versions(address, there, here))
        self._checked |= set(told)

    def submit(self, request: str) -> Future:
        """Send a submission to whichever worker is free first.

        Raises:
            CourseError: The scheduler is gone.
        """
        if self._client.status != "running":
            raise self._lost()
        key = f"course-{uuid.uuid4().hex}"
        return self._client.submit(self._judge, self._name, request, key=key, pure=False)

    def result(self, future: Future) -> dict[str, str]:
        """Wait for what a worker says of a submission; see `autograder.cluster.on_worker`.

        Raises:
            CourseError: The scheduler is gone, or all workers; or the worker cannot judge.
            KilledWorker: It ended too many workers, or others beside it did.
            CancelledError: It was cancelled here.
        """
        while True:
            try:
                reply = future.result(timeout=LOOK_S)
                break
            except TimeoutError:
                self._look()
            except CancelledError as error:
                if getattr(error, "reason", "") == "scheduler-connection-lost":
                    raise self._lost() from None
                raise
        if "trouble" in reply:
            raise CourseError(reply["trouble"])
        with self._lock:
            self._seen = time.monotonic()
            if reply["address"] not in self._checked:  # it has come since
                self.check_versions()
            known = reply["address"] in self._checked
        return reply if known else {"died": "The worker was lost before its versions were known."}

    @contextlib.contextmanager
    def turn(self, *, alone: bool = False) -> Iterator[None]:
        """Wait for a turn to have something in flight.

        Args:
            alone: Let nothing else be in flight meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = alone
            if alone:
                self._changed.wait_for(lambda: not self._in_flight)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                if alone:
                    self._alone = False
                self._changed.notify_all()

    def _look(self) -> None:
        """See whether anybody is still there, from time to time, whoever asks."""
        if self._client.status != "running":
            raise self._lost()
        with self._lock:
            if time.monotonic() - self._looked < LOOK_S:
                return
            try:
                n_workers = _count_workers(self._client)
            except (OSError, TimeoutError):
                raise self._lost() from None
            self._looked = time.monotonic()
            if n_workers:
                self._seen = self._looked
            elif self._looked - self._seen > NO_WORKER_S:
                raise CourseError(
                    f"The cluster at {self._address} has had no worker for {NO_WORKER_S:g} "
                    f"seconds. {KEPT}"
                )

    def _lost(self) -> CourseError:
        return CourseError(f"The scheduler {self._address} no longer answers. {KEPT}")


@contextlib.contextmanager
def connected(address: str, reference: str, *, unconfined: bool = False) -> Iterator[Cluster]:
    """Put the course in place on a cluster's workers, and leave nothing there afterwards.

    Args:
        address: Of the scheduler, such as `tcp://host:8786`.
        reference: The chapter, as a judging process finds it.
        unconfined: Run the learners' code without protection of the workers' machines.

    Raises:
        CourseError: The scheduler does not answer or has no workers, or one of them cannot judge
            as this machine would.
    """
    with quiet(), contextlib.ExitStack() as stack:
        client = stack.enter_context(opened(address, CONNECT_S))
        name = f"course-{uuid.uuid4().hex}"
        try:
            client.wait_for_workers(1, timeout=FIRST_WORKER_S)
            cluster = Cluster(client, address, name)
        except TimeoutError:
            raise CourseError(
                f"The scheduler {address} has no workers; start some, then run this again."
            ) from None
        except OSError as error:
            raise CourseError(f"The scheduler {address} does not answer ({error}).") from None
        stack.callback(_let_go, client, name)
        _ship(client, name, reference, unconfined=unconfined)
        yield cluster


def _ship(client: Client, name: str, reference: str, *, unconfined: bool) -> None:
    """Have every worker, also those that come later, put the course in place and start a judge."""
    archive, digest = pack(course_files(reference))
    judge = on_worker.Judge(archive, digest, str(ROOT), unconfined=unconfined)
    try:
        client.register_plugin(judge, name=name)
    except (RuntimeError, EOFError) as error:  # what a worker said
        raise CourseError(str(error)) from None
    except (OSError, TimeoutError) as error:
        raise CourseError(f"A worker could not be made ready: {error}") from None


def _let_go(client: Client, name: str) -> None:
    """End the judging processes of this run."""
    if client.status == "running":
        with contextlib.suppress(OSError, TimeoutError, CancelledError, ValueError):
            client.unregister_worker_plugin(name)


def _count_workers(client: Client) -> int:
    return len(cast(Any, client.nthreads()))


def _versions_here() -> dict[str, str]:
    """Give the versions to compare; what is not installed here is not asked for there."""
    found = {"python": ".".join(map(str, sys.version_info))}
    for library in COMPARED:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def _other_versions(address: str, there: dict[str, Any], here: dict[str, str]) -> str:
    names = [name for name in here if there[name] != here[name]]
    theirs = ", ".join(f"{name} {_plain(there[name])}" for name in names)
    ours = ", ".join(f"{name} {_plain(here[name])}" for name in names)
    return (
        f"Worker {address} has {theirs}, and this machine has {ours}: marks could differ. "
        "Install the same versions there; constraints.txt has them."
    )


def _plain(number: str | None) -> str:
    return (number or "missing").removesuffix(".final.0")
