"""Scores as LTI's Assignment and Grade Services take them: a file with one JSON object a line.

As described in 1EdTech, "LTI Assignment and Grade Services 2.0", Score publish service
(https://www.imsglobal.org/spec/lti-ags/v2p0), and, for what platforms do with it, in the
documentation of Canvas (https://developerdocs.instructure.com/services/canvas/resources/score) and
Moodle's `mod/lti/service/gradebookservices/classes/local/resources/scores.php`. Each line is the
body of one request to `LINEITEM/scores`; sending them needs the tool's own keys and is not done
here. A score may be above its maximum. What awaits a person is `PendingManual`, and then without a
score: Canvas would show a learner the part as the mark. A platform refuses a timestamp that is not
later than that of the score that it has. Not tried against a live server.
"""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import CourseError
from autograder.plain_text import one_line
from autograder.school.filling import MAX_NAME, Filled, Leaving
from autograder.school.marks import Mark
from autograder.school.people import match
from autograder.school.roster import USER_ID, Person

ACTIVITY = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING = ("NotReady", "Failed", "Pending", "PendingManual", "FullyGraded")
_REQUIRED = ("userId", "timestamp", "activityProgress", "gradingProgress")
_KNOWN = (*_REQUIRED, "scoreGiven", "scoreMaximum", "comment")
# As RFC 3339 has it; Moodle's own pattern takes no other way to write the zone.
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)")

NO_ID = "The roster has no user_id for them, so their scores are not in it"
BELOW = "They have less than 0 points, which is no score"


def lti_scores(
    marks: Sequence[Mark], roster: Sequence[Person], when: datetime, *, anyway: bool = False
) -> Filled:
    """Write a score for each learner whose user id the roster knows.

    Args:
        marks: The marks of the class.
        roster: The people of the course.
        when: When the marks were last changed.
        anyway: Give what is known of marks that await a person, still as `PendingManual`.

    Raises:
        CourseError: The time has no zone.
    """
    leaving, lines = Leaving(), []
    known = {person.get(USER_ID) for person in roster} - {""}
    matched = match(
        [mark.learner for mark in marks], {row: person.keys for row, person in enumerate(roster)}
    )
    leaving.unmatched(matched)
    for mark in marks:
        row = matched.rows.get(mark.learner)
        if row is None:
            continue
        user = roster[row].get(USER_ID)
        if not user:
            leaving.out(NO_ID, mark.learner)
        elif mark.points < 0:
            leaving.out(BELOW, mark.learner)
        else:
            score = score_of(mark, user, timestamp(when), anyway=anyway)
            check_score(score, known)
            lines.append(json.dumps(score, ensure_ascii=False) + "\n")
    return Filled("".join(lines).encode(), len(lines), leaving.notices())


def timestamp(when: datetime) -> str:
    """Write a time in UTC, with parts of a second, as the services ask for.

    Raises:
        CourseError: It has no zone, so nobody knows when it was.
    """
    if when.tzinfo is None:
        raise CourseError(f"{when.isoformat()} has no zone; write it as 2026-03-01T12:00:00+01:00.")
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def read_time(text: str, marks: Path) -> datetime:
    """Read when marks were last changed.

    Args:
        text: The time, as a person writes it; "" for that of a file.
        marks: The table of marks, which is written when a mark changes and left alone otherwise.

    Raises:
        CourseError: It is no time, or says no zone.
    """
    if not text:
        return datetime.fromtimestamp(marks.stat().st_mtime, UTC)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise CourseError(f"{text!r} is no time such as 2026-03-01T12:00:00+01:00.") from None
    timestamp(when)
    return when


def score_of(mark: Mark, user: str, when: str, *, anyway: bool = False) -> dict[str, object]:
    """Give a mark as a score.

    Args:
        mark: The mark.
        user: The platform's id of the learner.
        when: When it was last changed, as `timestamp` writes it.
        anyway: Give what is known although it awaits a person.
    """
    score: dict[str, object] = {"userId": user}
    if anyway or not mark.awaiting:
        score |= {"scoreGiven": round(mark.points, 2), "scoreMaximum": mark.out_of}
    return score | {
        "comment": "\n".join(mark.lines),
        "timestamp": when,
        "activityProgress": "Completed",
        "gradingProgress": "PendingManual" if mark.awaiting else "FullyGraded",
    }


def check_score(score: dict[str, object], users: set[str]) -> None:
    """Check a score against what the services ask of one, before a platform would refuse it.

    Args:
        score: The score.
        users: Ids of the learners of the course.

    Raises:
        CourseError: It would be refused; the sentence says why.
    """
    user = score.get("userId")
    named = f"The score of {one_line(str(user), MAX_NAME)}"
    for key in _REQUIRED:
        _expect(isinstance(score.get(key), str) and bool(score[key]), f"{named} has no {key}.")
    for key in score:
        _expect(key in _KNOWN, f"{named} has {key!r}, which scores do not have.")
    _expect(user in users, f"{named} is of nobody in the roster.")
    _expect(score["activityProgress"] in ACTIVITY, f"{named} has no known activityProgress.")
    _expect(score["gradingProgress"] in GRADING, f"{named} has no known gradingProgress.")
    when = str(score["timestamp"])
    _expect(_is_time(when), f"{named} has the timestamp {when!r}; it needs day, time and zone.")
    _expect(isinstance(score.get("comment", ""), str), f"{named} has a comment that is no text.")
    given, most = score.get("scoreGiven"), score.get("scoreMaximum")
    _expect((given is None) == (most is None), f"{named} needs scoreGiven and scoreMaximum.")
    if given is not None:
        _expect(_number(given) >= 0, f"{named} needs a scoreGiven of 0 or more, not {given!r}.")
        _expect(_number(most) > 0, f"{named} needs a scoreMaximum above 0, not {most!r}.")


def _expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise CourseError(sentence)


def _number(value: object) -> float:
    """Give a number of JSON, and -1 for everything else: no score is below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -1
    return value if math.isfinite(value) else -1


def _is_time(text: str) -> bool:
    try:
        return bool(_TIMESTAMP.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
