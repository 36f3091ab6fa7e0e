import pytest

from course_lib.figures.trace_moments import Moment
from course_lib.figures.trace_words import sight, trace_in_words

STEP = {"thought": "why not", "call": 'tick {"by": 2}', "kind": "result", "text": "tock"}
STEPS = [
    STEP,
    STEP | {"thought": "", "kind": "error", "text": "stuck"},
    STEP | {"kind": "refused", "text": "not now"},
]
RUN = {"steps": STEPS, "answer": "tock", "thought": "", "stopped": "answered", "is_done": True}


def said(at, run=RUN, n_calls=4, n_remembered=6):
    return trace_in_words(Moment(run, n_calls, n_remembered, at), "tick on", "tock is right")


def test_the_start_tells_the_task():
    assert said(0, n_calls=1) == (
        "Nothing has happened yet. The task is “tick on”. Left of 1 call: 1."
    )


def test_a_step_tells_sight_thought_call_and_result():
    assert said(1) == (
        "Step 1: the policy saw the task, wrote “why not” and called tick {\"by\": 2}. "
        "The result: “tock”. Left of 4 calls: 3."
    )  # fmt: skip


def test_an_error_and_a_refusal_are_called_so():
    assert said(2) == (
        "Step 2: the policy saw the task and 1 step and called tick {\"by\": 2}. "
        "It failed: “stuck”. Left of 4 calls: 2."
    )  # fmt: skip
    assert "It was refused: “not now”. Left of 4 calls: 1." in said(3)


def test_an_answer_ends_it():
    assert said(9) == (
        "The end: the policy saw the task and 3 steps and answered “tock”. The task is done. "
        "Left of 4 calls: 1."
    )


def test_a_spent_budget_ends_it_too():
    spent = RUN | {"answer": None, "stopped": "budget spent", "is_done": False}
    assert said(9, spent, n_calls=3, n_remembered=2) == (
        "The end: the policy saw the task and the last 2 of 3 steps and wanted another call. None "
        "is left, so there is no answer. The task is not done: tock is right. Left of 3 calls: 0."
    )


@pytest.mark.parametrize(
    ("at", "n_remembered", "words"),
    [
        (0, 1, "the task"),
        (1, 1, "the task"),
        (2, 1, "the task and 1 step"),
        (3, 2, "the task and 2 steps"),
        (3, 1, "the task and the last 1 of 2 steps"),
    ],
)
def test_sight(at, n_remembered, words):
    assert sight(Moment(RUN, 4, n_remembered, at)) == words
