import logging

import pytest

from autograder.classroom.events import (
    EVENTS,
    note,
    note_death,
    note_result,
    note_trouble,
    place_of,
    warn,
)
from autograder.grading import Measurement, grade, submission_seed, unreadable


@pytest.fixture
def told():
    """What is told, as (event, level, fields)."""
    seen = []

    class Listener(logging.Handler):
        def emit(self, record):
            seen.append((record.getMessage(), record.levelname, record.fields))

    listener = Listener()
    EVENTS.addHandler(listener)
    yield seen
    EVENTS.removeHandler(listener)


def test_nobody_need_listen(capsys):
    warn("worker died", learner="ada")
    assert capsys.readouterr() == ("", "")


def test_an_event_has_its_words_its_level_and_its_fields(told):
    note("begun", learner="ada", worker=7)
    note_death("ada", 2, "gone")
    assert told == [
        ("begun", "INFO", {"learner": "ada", "worker": 7}),
        ("worker died", "WARNING", {"learner": "ada", "attempt": 2, "reason": "gone"}),
    ]


def test_a_result_says_where_points_were_lost_and_nothing_that_a_learner_wrote(
    told, small, hand_in, worker
):
    secret = "hush_5309"
    data = hand_in(
        double=f"def double(x):\n    print('{secret}')\n    return x * x",
        largest=f"raise ValueError('{secret}')",
        written=secret,
    )
    result = grade(data, small, "ada", 3, worker)
    note_result(result, Measurement(1.23456, 0.5, 2**20, "a machine"))
    ((event, level, fields),) = told
    assert (event, level, fields["learner"]) == ("graded", "INFO", "ada")
    assert (fields["points"], fields["of"], fields["awaiting"]) == (0.0, 90.0, 10.0)
    assert (fields["wall_s"], fields["cpu_s"], fields["peak_bytes"]) == (1.235, 0.5, 2**20)
    assert fields["host"] == "a machine"
    assert (fields["cells_stopped"], fields["mended"]) == (1, 0)
    assert fields["lost"]["double"] == {
        "points": 0.0,
        "of": 60.0,
        "judged": True,
        "failed": ["whole numbers", "tensors"],
        "mistakes": ["squared"],
    }
    assert fields["lost"]["largest"]["points"] == 0.0
    assert secret in result.to_json()
    assert secret not in str(told)


def test_full_marks_lose_nothing_and_need_no_time(told, small, hand_in, worker):
    note_result(grade(hand_in(), small, "ada", 3, worker))
    assert told[0][2]["lost"] == {}
    assert "wall_s" not in told[0][2]


def test_what_cannot_be_read_has_a_reason_and_the_graders_trouble_none(told, small):
    result = unreadable(small, "ada", 0, "The file is empty.")
    note_result(result)
    note_result(result, again=True)
    assert told == [
        ("unreadable", "WARNING", {"learner": "ada", "reason": "The file is empty."}),
        ("not graded", "WARNING", {"learner": "ada"}),
    ]


def test_trouble_is_its_kind_and_its_place_without_its_words(told):
    with pytest.raises(AttributeError) as raised:
        submission_seed(0, "hush_5309", [object()])
    note_trouble("ada", raised.value)
    assert place_of(ValueError("never raised")) == ""
    ((event, level, fields),) = told
    assert (event, level) == ("trouble", "WARNING")
    assert fields["error"] == "AttributeError"
    assert fields["at"].startswith("autograder/grading.py:")
    assert "hush" not in str(fields)
