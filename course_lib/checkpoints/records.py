"""What runs measured, written down and read again: a JSON object with one entry a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_record(path: Path, record: Mapping[str, Any], indent: int | None = None) -> None:
    """Write a record with its keys sorted, so that the same runs give the same file.

    Args:
        path: The file.
        record: What JSON can say; the runs stand under `runs`.
        indent: By how many spaces each level is moved in. None: all on one line.
    """
    text = json.dumps(record, indent=indent, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def read_outcomes(path: Path, trial: object) -> list[dict[str, Any]]:
    """Read how a trial ended, one outcome a seed.

    Args:
        path: A record whose runs have a `trial` and its `outcome`.
        trial: The settings by which it was recorded: a dataclass of numbers and words.

    Raises:
        ValueError: It was not recorded.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [run["outcome"] for run in runs if run["trial"] == vars(trial)]
    if not found:
        raise ValueError(f"{trial} was not recorded")
    return found
