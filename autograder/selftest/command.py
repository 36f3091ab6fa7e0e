"""`course selftest`: test exercises and show what came of it."""

import os
import sys
from collections.abc import Sequence

from rich.console import Console

from autograder.selftest.report import full_slug, selftest
from autograder.selftest.show import show_report
from autograder.source import chapter_slugs

NO_MUTANTS = "--no-mutants"


def main(arguments: Sequence[str] | None = None) -> int:
    """Test a chapter, or all, and print a table each.

    Args:
        arguments: A chapter and one of its exercises, both optional, and `--no-mutants`.

    Returns:
        0 when nothing is wrong, else 1.

    Raises:
        CourseError: There is no such chapter or exercise.
        ChapterError: The chapter's text does not fit its exercises.
    """
    # Torch's gradients cannot be taken in a forked process where a device was in use before.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["TRITON_INTERPRET"] = "1"  # settled when anything first imports Triton
    arguments = sys.argv[1:] if arguments is None else arguments
    chapter, exercise, *_ = [*(one for one in arguments if one != NO_MUTANTS), "", ""]
    n_mutants = 0 if NO_MUTANTS in arguments else None
    console = Console()
    n_faults = 0
    for slug in [full_slug(chapter)] if chapter else chapter_slugs():
        with console.status(f"testing {exercise or slug}"):
            report = selftest(slug, exercise or None, n_mutants=n_mutants)
        show_report(console, report, with_answers=bool(exercise))
        n_faults += len(report.faults)
    return 1 if n_faults else 0
