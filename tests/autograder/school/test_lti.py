import json
import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from autograder.errors import CourseError
from autograder.school import lti
from autograder.school.filling import UNKNOWN
from autograder.school.lti import check_score, lti_scores, read_time, score_of, timestamp
from autograder.school.roster import read_roster
from tests.autograder.school.made import HAND_MADE, left_out, mark

ROSTER = read_roster([HAND_MADE / "lti_memberships.json"])
WHEN = datetime(2026, 3, 1, 13, 0, 0, 500_000, tzinfo=timezone(timedelta(hours=1)))
ADA = "0ae836b9-7fc9-4060-006f-27b2066ac545"
SCORE = {
    "userId": "u-2",
    "scoreGiven": 104.5,
    "scoreMaximum": 100.0,
    "comment": "Total: 90 of 100 points.",
    "timestamp": "2026-03-01T12:00:00.500+00:00",
    "activityProgress": "Completed",
    "gradingProgress": "FullyGraded",
}


def scores(made):
    return [json.loads(line) for line in made.data.decode().splitlines()]


def test_a_score_as_the_services_want_it():
    made = lti_scores([mark("charles@example.edu", 104.5)], ROSTER, WHEN)
    assert scores(made) == [SCORE]
    assert made.data.endswith(b"}\n")
    assert made.n_marks == 1


def test_the_same_again_is_byte_equal():
    marks = [mark("charles@example.edu", 1 / 3), mark("s-0001")]
    made = lti_scores(marks, ROSTER, WHEN)
    assert [(one["userId"], one["scoreGiven"]) for one in scores(made)] == [
        ("u-2", 0.33),
        (ADA, 90),
    ]
    assert lti_scores(marks, ROSTER, WHEN.astimezone(UTC)).data == made.data


def test_lines_and_quotes_stay_in_a_line():
    made = lti_scores([mark("u-2", lines=("one\ntwo", 'say "é"'))], ROSTER, WHEN)
    assert made.data.count(b"\n") == 1
    assert scores(made)[0]["comment"] == 'one\ntwo\nsay "é"'


def test_what_awaits_a_person_has_no_score_unless_asked_for():
    waiting = mark("u-2", 60.0, awaiting=["written"])
    (score,) = scores(lti_scores([waiting], ROSTER, WHEN))
    assert score["gradingProgress"] == "PendingManual"
    assert "scoreGiven" not in score
    assert "scoreMaximum" not in score
    (score,) = scores(lti_scores([waiting], ROSTER, WHEN, anyway=True))
    assert (score["gradingProgress"], score["scoreGiven"]) == ("PendingManual", 60.0)


def test_only_people_of_the_roster():
    marks = [mark("nobody"), mark("teacher@example.edu"), mark("u-4"), mark("u-2", -1.0)]
    made = lti_scores(marks, ROSTER, WHEN)
    assert left_out(made) == {
        UNKNOWN: ("nobody", "teacher@example.edu", "u-4"),
        lti.BELOW: ("u-2",),
    }
    assert made.data == b""


def test_a_roster_without_user_ids():
    people = read_roster([HAND_MADE / "moodle_participants.csv"])
    assert left_out(lti_scores([mark("ada")], people, WHEN)) == {lti.NO_ID: ("ada",)}


class TestTime:
    def test_in_utc_with_parts_of_a_second(self):
        assert timestamp(WHEN) == "2026-03-01T12:00:00.500+00:00"

    @pytest.mark.parametrize("when", ["2026-03-01T12:00:00", "2026-03-01"])
    def test_without_a_zone(self, tmp_path, when):
        with pytest.raises(CourseError, match="has no zone"):
            read_time(when, tmp_path)

    def test_as_a_person_writes_it(self, tmp_path):
        assert read_time("2026-03-01T13:00:00.5+01:00", tmp_path) == WHEN
        with pytest.raises(CourseError, match="'yesterday' is no time such as"):
            read_time("yesterday", tmp_path)

    def test_that_of_the_table(self, tmp_path):
        path = tmp_path / "marks.csv"
        path.write_text("")
        os.utime(path, (0, 1772366400.5))
        assert timestamp(read_time("", path)) == "2026-03-01T12:00:00.500+00:00"


class TestCheck:
    def test_what_is_written_passes(self):
        check_score(SCORE, {"u-2"})
        check_score(score_of(mark("x", awaiting=["w"]), "u-2", timestamp(WHEN)), {"u-2"})

    @pytest.mark.parametrize("key", ["userId", "timestamp", "activityProgress", "gradingProgress"])
    def test_what_must_be_there(self, key):
        for wrong in ({key: ""}, {key: 7}, {key: None}):
            with pytest.raises(CourseError, match=f"has no {key}"):
                check_score(SCORE | wrong, {"u-2"})
        with pytest.raises(CourseError, match=f"has no {key}"):
            check_score({name: SCORE[name] for name in SCORE if name != key}, {"u-2"})

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"userId": "u-9"}, "of nobody in the roster"),
            ({"activityProgress": "Done"}, "activityProgress"),
            ({"gradingProgress": "Graded"}, "gradingProgress"),
            ({"timestamp": "2026-03-01T12:00:00.500"}, "day, time and zone"),
            ({"timestamp": "2026-03-01T12:00:00Z"}, "day, time and zone"),
            ({"timestamp": "2026-13-01T12:00:00.500Z"}, "day, time and zone"),
            ({"timestamp": "1 March 2026"}, "day, time and zone"),
            ({"scoreGiven": -0.5}, "scoreGiven of 0 or more, not -0.5"),
            ({"scoreGiven": "90"}, "scoreGiven of 0 or more, not '90'"),
            ({"scoreGiven": True}, "scoreGiven of 0 or more, not True"),
            ({"scoreGiven": float("nan")}, "scoreGiven of 0 or more, not nan"),
            ({"scoreGiven": None}, "needs scoreGiven and scoreMaximum"),
            ({"scoreMaximum": None}, "needs scoreGiven and scoreMaximum"),
            ({"scoreMaximum": 0}, "scoreMaximum above 0, not 0"),
            ({"scoreMaximum": float("inf")}, "scoreMaximum above 0, not inf"),
            ({"comment": 7}, "comment that is no text"),
            ({"score": 7}, "'score', which scores do not have"),
        ],
    )
    def test_what_a_platform_would_refuse(self, wrong, told):
        with pytest.raises(CourseError, match=told):
            check_score(SCORE | wrong, {"u-2"})

    def test_zero_points_are_points(self):
        check_score(SCORE | {"scoreGiven": 0}, {"u-2"})
