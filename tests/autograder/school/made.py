"""Marks and files for the tests of what schools' systems take; all people are made up."""

from pathlib import Path

from autograder.school.marks import Mark
from autograder.school.tables import read_table

HAND_MADE = Path(__file__).parent / "hand_made"


def mark(learner, points=90.0, out_of=100.0, awaiting=(), lines=("Total: 90 of 100 points.",)):
    """One learner's mark."""
    return Mark(learner, points, out_of, tuple(awaiting), tuple(lines))


def table(name):
    """A table made by hand."""
    return read_table(HAND_MADE / name)


def lines(name):
    """The lines of a file made by hand, as bytes, with what ends them."""
    return (HAND_MADE / name).read_bytes().splitlines(keepends=True)


def left_out(filled):
    """Who is not in a file, by the reason."""
    return {one.sentence: one.names for one in filled.notices if one.left_out}
