"""A client of Dask that says nothing on its own: what it meets becomes a sentence of the course."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError

from distributed import Client

from autograder.errors import CourseError

CLOSE_S = 2.0
_TALKERS = ("distributed", "tornado")


@contextlib.contextmanager
def opened(address: str, timeout_s: float) -> Iterator[Client]:
    """Connect to a scheduler for the time of a block.

    Args:
        address: Of the scheduler.
        timeout_s: How long it may take to answer.

    Raises:
        CourseError: It does not answer, or the address is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions of Dask: it goes on; ours are compared above
            client = Client(address, timeout=timeout_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CourseError(f"The scheduler {address} does not answer ({reason}).") from None
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, TimeoutError, CancelledError):
            client.close(timeout=CLOSE_S)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Dask's logs off the terminal: what they mean for the run is told in a sentence."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith(_TALKERS)]
    before = {name: logging.getLogger(name).disabled for name in names}
    for name in names:
        logging.getLogger(name).disabled = True
    try:
        yield
    finally:
        for name, disabled in before.items():
            logging.getLogger(name).disabled = disabled
