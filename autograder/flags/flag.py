"""A flag: a place in a submission that a person should look at, and what to look at there.

A flag is never a verdict. It takes no points, learners do not see it, and each comes with the
lines that raised it, so that a person can judge in a minute.
"""

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """What raised a flag, in the words of the report."""

    HIDDEN = "May hide a call"
    LIBRARY = "Like the library"
    ALIKE = "Alike"


@dataclass(frozen=True)
class Evidence:
    """What to look at.

    Attributes:
        where: Learner, exercise or cell, and line: where the text stands.
        text: The text itself.
    """

    where: str
    text: str


@dataclass(frozen=True)
class Sight:
    """Something seen in a cell.

    Attributes:
        line: Line of the cell, from 1.
        what: What was seen, as the rest of a sentence that begins with the line.
    """

    line: int
    what: str


@dataclass(frozen=True)
class Flag:
    """A place to look at.

    Attributes:
        kind: What raised it.
        learners: Whose submission it is, or whose two.
        sentence: What was seen.
        evidence: Where to look.
        similarity: From 0 to 1 where two texts were compared, else None.
    """

    kind: Kind
    learners: tuple[str, ...]
    sentence: str
    evidence: tuple[Evidence, ...]
    similarity: float | None = None
