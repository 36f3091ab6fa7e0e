import json

import pytest

from autograder.judge import Example, ItemResult, Misconception, Verdict
from autograder.result import CellRun, Result, WrittenResult

VERDICT = Verdict(
    exercise="double",
    points=20.0,
    max_points=60.0,
    items=(
        ItemResult("whole", "Twice.", 20.0, 20.0, True),
        ItemResult("tensors", "All.", 0.0, 40.0, False, "it is 3", Example("f(1)", "3", "2")),
    ),
    misconceptions=(Misconception("squared", "You squared."),),
)
RESULT = Result(
    chapter="ch99_small",
    learner="Zoë <b>",
    seed=3,
    version="abc",
    repairs=("Mended.",),
    verdicts=(VERDICT, Verdict("largest", 30.0, 30.0, ())),
    written=(WrittenResult("written", 10.0, "words"), WrittenResult("more", 5.0, "")),
    cells=(CellRun("ch99_double", "def double(x): …", "printed", ""),),
)


def test_goes_to_json_and_back_unchanged():
    assert Result.from_json(RESULT.to_json()) == RESULT
    assert Result.from_json(RESULT.to_json()).to_json() == RESULT.to_json()


def test_json_is_plain_and_sorted():
    plain = json.loads(RESULT.to_json())
    assert list(plain) == sorted(plain)
    assert plain["verdicts"][0]["items"][1]["example"] == {
        "call": "f(1)",
        "expected": "2",
        "got": "3",
    }


def test_points_are_added_up():
    assert (RESULT.points, RESULT.max_points) == (50.0, 90.0)
    assert type(RESULT.points) is float
    assert RESULT.awaiting == 10.0  # the unanswered one awaits nobody


@pytest.mark.parametrize("text", ["{}", '{"chapter": 1}', "[", '{"repairs": 3}'])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"not a result|Expecting"):
        Result.from_json(text)
