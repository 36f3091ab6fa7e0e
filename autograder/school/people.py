"""Who is who: the learners that `course grade` knows, and the people of a school's file.

A learner is somebody only where exactly one row answers to exactly their name: a login, an e-mail
address, a number of the school's, or the name that the platform itself gives to what it lets
download. Names of persons are never compared by themselves, because two people may share one, and
nobody is taken for somebody with a similar name: who is not certain is listed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.submissions.names import learner_names


@dataclass(frozen=True)
class Matched:
    """Which row is whose.

    Attributes:
        rows: Each learner's row.
        unknown: Learners to whom no row answers.
        doubtful: Learners to whom several rows answer, or who share theirs with another learner.
        absent: Rows of nobody who was graded.
    """

    rows: Mapping[str, int]
    unknown: tuple[str, ...]
    doubtful: tuple[str, ...]
    absent: tuple[int, ...]


def match(
    learners: Sequence[str],
    keys: Mapping[int, Collection[str]],
    also: Iterable[Collection[str]] = (),
) -> Matched:
    """Find each learner's row.

    Args:
        learners: Names as `course grade` gives them.
        keys: What each row answers to.
        also: What a person answers to besides, one collection each. A row that has one of these
            answers to all of them.
    """
    own: dict[str, set[int]] = defaultdict(set)
    for row, given in keys.items():
        for key in filter(str.strip, given):
            own[folded(key)].add(row)
    answering = {key: set(rows) for key, rows in own.items()}
    for person in also:
        # A person here may be named as `course grade` names them already.
        names = {name for key in person if key.strip() for name in (folded(key), key.casefold())}
        rows = set().union(*(own[name] for name in names if name in own))
        for name in names:
            answering[name] = answering.get(name, set()) | rows
    found = {learner: answering.get(learner.casefold(), set()) for learner in learners}
    claims: dict[int, list[str]] = defaultdict(list)
    for learner, rows in found.items():
        for row in rows:
            claims[row].append(learner)
    certain = {
        learner: next(iter(rows))
        for learner, rows in found.items()
        if len(rows) == 1 and len(claims[next(iter(rows))]) == 1
    }
    return Matched(
        rows=certain,
        unknown=tuple(learner for learner, rows in found.items() if not rows),
        doubtful=tuple(
            learner for learner, rows in found.items() if rows and learner not in certain
        ),
        absent=tuple(row for row in keys if row not in claims),
    )


def folded(key: str) -> str:
    """Write a key as `course grade` would call somebody with this name, in small letters."""
    key = key.strip()
    return learner_names([key])[key].casefold()
