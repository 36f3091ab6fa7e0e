"""Results on disk, recalled by content: what was graded before need not be graded again.

A file holds the result and a key made of everything that the result depends on. It is put in place
in one step, so that it is whole or absent; one that a failing disk has damaged is as good as none.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from autograder.files import write_if_changed
from autograder.result import Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.collect import HandedIn

NEVER = ""  # key of a result that the next run must not take for its own


@dataclass(frozen=True)
class Kept:
    """A result as it is kept.

    Attributes:
        result: The result.
        key: Hash of everything on which it depends, or `NEVER`.
        submission: Hash of what was handed in, by which a change of it is seen.
    """

    result: Result
    key: str
    submission: str


def content_key(
    assignment: Assignment, handed_in: HandedIn, seed: int, *, unconfined: bool = False
) -> str:
    """Give the hash of everything that a result depends on."""
    # A result that was made without protection is not taken for one that was made with it.
    parts = [assignment.slug, assignment.version, handed_in.learner, seed, unconfined]
    return _hash([*parts, submission_hash(handed_in), handed_in.note])


def submission_hash(handed_in: HandedIn) -> str:
    """Give the hash of what was handed in, or of why there is nothing to be had."""
    return _hash([hashlib.sha256(handed_in.data).hexdigest(), handed_in.problem])


def keep(path: Path, kept: Kept) -> None:
    """Put a result in place in one step."""
    plain = {**vars(kept), "result": json.loads(kept.result.to_json())}
    text = json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False)
    write_if_changed(path, text + "\n")


def read_kept(path: Path) -> Kept:
    """Read a result.

    Raises:
        OSError: There is none, or it cannot be read.
        ValueError: It is damaged.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        result = Result.from_json(json.dumps(plain["result"]))
        return Kept(result, str(plain["key"]), str(plain["submission"]))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a kept result: {error}") from error


def recall(path: Path, key: str) -> Kept | None:
    """Give the result with this key, or None when there is no such result."""
    try:
        kept = read_kept(path)
    except (OSError, ValueError):
        return None
    return kept if kept.key == key else None


def _hash(parts: list[object]) -> str:
    text = json.dumps(parts)  # tells apart what joining the parts would not
    return hashlib.sha256(text.encode()).hexdigest()
