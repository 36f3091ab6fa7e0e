"""A client of Dask that says nothing on its own: what it meets becomes a sentence of the course."""

import asyncio
import contextlib
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError

from distributed import Client
from distributed.comm.core import connect
from distributed.security import Security

from autograder.errors import CourseError

CLOSE_S = 2.0
GRACE_S = 1.0  # for Dask to say itself that it has waited in vain
_TALKERS = ("distributed", "tornado")
# TypeError: TLS without certificates; RuntimeError: no TLS where Dask's configuration wants it.
_REFUSALS = (OSError, TimeoutError, ValueError, TypeError, RuntimeError)


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
            asyncio.run(_greet(address, timeout_s))
            client = Client(address, timeout=timeout_s, set_as_default=False)
    except _REFUSALS as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CourseError(f"The scheduler {address} does not answer ({reason}).") from None
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, TimeoutError, CancelledError):
            client.close(timeout=CLOSE_S)


async def _greet(address: str, timeout_s: float) -> None:
    """See that a scheduler answers; `Client` would wait without end for one that says nothing."""
    arguments = Security().get_connection_args("client")
    greeting = connect(address, timeout=timeout_s, **arguments)
    try:
        comm = await asyncio.wait_for(greeting, timeout_s + GRACE_S)
    except MemoryError:  # words of another kind of server, taken for the size of a message
        raise ValueError("what answers there is no scheduler") from None
    await comm.close()


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
