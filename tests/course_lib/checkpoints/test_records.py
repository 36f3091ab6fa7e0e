import json
from dataclasses import dataclass

import pytest

from course_lib.checkpoints.records import read_outcomes, write_record


@dataclass(frozen=True)
class Trial:
    width: int
    kind: str = "plain"


RUNS = [
    {"trial": {"width": 3, "kind": "plain"}, "seed": 0, "outcome": {"loss": 1.5}},
    {"trial": {"width": 3, "kind": "odd"}, "seed": 0, "outcome": {"loss": 2.5}},
    {"trial": {"width": 3, "kind": "plain"}, "seed": 1, "outcome": {"loss": 0.5}},
]


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "x_runs.json"
    write_record(path, {"runs": RUNS, "date": "é"})
    return path


def test_the_outcomes_of_a_trial_come_in_the_order_of_the_runs(record):
    assert read_outcomes(record, Trial(3)) == [{"loss": 1.5}, {"loss": 0.5}]
    assert read_outcomes(record, Trial(3, "odd")) == [{"loss": 2.5}]


def test_what_was_not_tried_is_said_with_the_trial(record):
    with pytest.raises(ValueError, match=r"Trial\(width=4, kind='plain'\) was not recorded"):
        read_outcomes(record, Trial(4))


def test_keys_are_sorted_and_a_line_ends_the_file(record):
    text = record.read_text(encoding="utf-8")
    assert text.startswith('{"date": "\\u00e9", "runs": [{"outcome"')
    assert text.count("\n") == 1
    assert text.endswith("\n")


def test_levels_are_moved_in_where_asked_for(tmp_path):
    write_record(tmp_path / "x.json", {"runs": []}, indent=1)
    assert (tmp_path / "x.json").read_text() == json.dumps({"runs": []}, indent=1) + "\n"
