"""Places in a class's submissions that a person should look at: never verdicts, never points."""

from autograder.flags.find import find_flags
from autograder.flags.flag import Evidence, Flag, Kind

__all__ = ["Evidence", "Flag", "Kind", "find_flags"]
