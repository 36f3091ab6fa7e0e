"""`results.json` for an autograder on Gradescope, one a learner.

As described in Gradescope's documentation, "Autograder Specifications", Output format
(https://gradescope-autograders.readthedocs.io/en/latest/specs/): `score` for the whole, which
overrides the sum of the tests; `output`; `visibility`; and `tests`, each with `name`, `score`,
`max_score` and `output`. What a person marks is left to Gradescope's own manual grading or to a
later run. No page of Gradescope was found that documents a CSV file for the upload of grades, so
there is none here. Not tried against a live server.
"""

import json
from collections.abc import Sequence

from autograder.errors import CourseError
from autograder.judge import Verdict
from autograder.plain_text import one_line
from autograder.result import Result
from autograder.school.marks import Mark

MAX_MESSAGE = 600  # characters
AWAITING = "Their written answers await marking and are not in the score"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def gradescope_results(result: Result, mark: Mark, visibility: str) -> str:
    """Write the results of one submission.

    An item's test has the points of the check; where a person has given other points for an
    exercise, the difference is a test of its own, so that tests and score agree.

    Args:
        result: What the checks say.
        mark: What counts.
        visibility: When learners see it, one of `VISIBILITIES`.

    Raises:
        CourseError: There is no such visibility.
    """
    if visibility not in VISIBILITIES:
        raise CourseError(
            f"There is no visibility {visibility!r}; there are {', '.join(VISIBILITIES)}."
        )
    tests = [test for verdict in result.verdicts for test in _tests(verdict)]
    known = sum(item.points for verdict in result.verdicts for item in verdict.items)
    if (rest := round(mark.points - known, 2)) != 0:
        tests.append({"name": "Marked by a person", "score": rest, "output": ""})
    plain = {
        "score": mark.points,
        "output": "\n".join(mark.lines),
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _tests(verdict: Verdict) -> Sequence[dict[str, object]]:
    """Give one test an item; extra credit has no maximum, as it is beside the chapter's points."""
    tests = []
    for item in verdict.items:
        test: dict[str, object] = {"name": f"{verdict.exercise}: {item.name}"}
        test["score"] = item.points
        if not verdict.bonus:
            test["max_score"] = item.max_points
        told = (
            ()
            if item.passed
            else (item.sentence, one_line(item.message, MAX_MESSAGE), verdict.reason)
        )
        test["output"] = "\n".join(filter(None, told))
        tests.append(test)
    return tests
