"""Where a class is judged when `course grade` is given a scheduler.

Dask is an extra and slow to import: nothing of it is imported before there is an address.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from autograder.errors import CourseError
from autograder.worker import AnyWorker

_EXTRA = ("distributed", "dask", "cloudpickle")


@dataclass(frozen=True)
class Places:
    """Places on a cluster at which submissions are judged.

    Attributes:
        jobs: How many submissions to have there at a time.
        make: Gives a place.
    """

    jobs: int
    make: Callable[[], AnyWorker]


@contextmanager
def places_on(address: str, reference: str, unconfined: bool) -> Iterator[Places | None]:
    """Connect to a cluster for one run, or give None where there is no address.

    Args:
        address: Of the scheduler, or "".
        reference: The chapter, as a judging process finds it.
        unconfined: Run the learners' code without protection of the workers' machines.

    Raises:
        CourseError: The extra `cluster` is not installed, or the cluster cannot be used.
    """
    if not address:
        yield None
        return
    try:
        from autograder.cluster.connection import connected
        from autograder.cluster.remote import RemoteWorker
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise CourseError(
            "Grading on a cluster needs Dask; install it: pip install 'attention-course[cluster]'."
        ) from None
    with connected(address, reference, unconfined=unconfined) as cluster:
        yield Places(cluster.jobs, partial(RemoteWorker, cluster))
