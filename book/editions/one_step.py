"""A file that is put in place in one step."""

from pathlib import Path

UNFINISHED = ".part"


def write_in_one_step(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; one that is there already stays until then.

    Args:
        path: Where to. Its folder is made if it is missing.
        data: What.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
