"""Test the exercises themselves: what is right passes, what is wrong fails and is named.

For every exercise the chapter's own solution and the right answers in other styles must get all
points and pass the visible tests, the untouched stub must get none and fail them, every
misconception must lose points and be named, alone, and nearly every mutant of the solution must
lose points.
"""

from autograder.selftest.command import NO_MUTANTS, main
from autograder.selftest.report import SelftestReport, selftest

__all__ = ["NO_MUTANTS", "SelftestReport", "main", "selftest"]
