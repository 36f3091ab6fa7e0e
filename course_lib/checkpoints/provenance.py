"""What every recorded run says of itself: with what, on what, when and by which command."""

import platform
from datetime import UTC, datetime
from typing import Any

import torch


def origin(module: str) -> dict[str, Any]:
    """Say what makes a file, and with what: the same words whenever the same weights are made.

    Args:
        module: Name of the module of `course_lib.checkpoints` that makes it.

    Returns:
        Versions of Python and torch, and the command.
    """
    return {
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "made_by": f"python -m course_lib.checkpoints.{module}",
    }


def provenance(module: str) -> dict[str, Any]:
    """Say how a record that is made now comes about.

    Args:
        module: Name of the module of `course_lib.checkpoints` that makes it.

    Returns:
        What `origin` says, the kind of machine and the date (UTC).
    """
    return origin(module) | {
        "machine": f"{platform.machine()} CPU, one thread",
        "date": datetime.now(UTC).date().isoformat(),
    }
