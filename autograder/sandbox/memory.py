"""A limit on the memory that one call may take, for exercises whose point is how little it needs.

The limit is the kernel's, on addresses, and is lifted again behind the call: what torch, numpy or
Python would take beyond it is refused, and the call ends with a MemoryError that says so.

Stops: a call that asks for more than its share, in one piece or in many that are alive at once.
Does not stop: memory in place of what was freed before the call and is still the process's; a call
that lifts the limit again, which is code to hide and for a person to see; anything on a system
that does not limit addresses, such as macOS.
"""

import contextlib
import resource
from collections.abc import Iterator

from autograder.sandbox.limits import address_space

MIB = 2**20
# What torch says where an allocation fails; Python and numpy raise a MemoryError of their own.
REFUSED_BY_TORCH = "allocate memory"


@contextlib.contextmanager
def limit_memory(more_mib: int | None) -> Iterator[None]:
    """Let the body take so much memory more than the process has.

    Args:
        more_mib: In MiB; None for no limit of its own.

    Raises:
        MemoryError: The body asked for more.
    """
    if more_mib is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = address_space() + more_mib * MIB
    if soft != resource.RLIM_INFINITY:
        allowed = min(allowed, soft)
    try:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses
            resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or REFUSED_BY_TORCH in str(error):
            raise MemoryError(f"it asked for more than {more_mib} MiB at one time") from None
        raise
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
