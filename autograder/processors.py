"""How many processors there are to share work out among."""

import os


def processors() -> int:
    """Count the processors that this process may use; a container may have been given few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
