import dataclasses

import pytest

from autograder.exercises.ch08_reasoning_and_agents.run_agent import exercise
from course_lib.agents.by_hand import (
    Step,
    ToolCall,
    ToolError,
    Trace,
    adding_tool,
    flaky_tool,
    scripted_policy,
    stubborn_policy,
)

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    policy = stubborn_policy("echo", {"x": "hello"})

    def run(budget):
        return answer.function(policy, {"echo": flaky_tool("busy", 2)}, "call", budget)

    found = run(3)
    call = ToolCall("echo", {"x": "hello"})
    assert [step.call for step in found.steps] == [call] * 3
    assert all(isinstance(step.result, ToolError) for step in found.steps[:2])
    assert found.steps[2] == Step(call, "hello")
    assert (found.answer, found.stopped) == ("hello after 3", "answered")
    assert (run(2).answer, run(2).stopped, len(run(2).steps)) == (None, "budget spent", 2)
    assert run(0) == Trace([], None, "budget spent")
    script = scripted_policy([("add", {"x": 2, "y": 3}), "{0}"])
    assert answer.function(script, {"add": adding_tool()}, "", 1).answer == "5"


def changed(**fields):
    """Change fields of the trace that a right answer gives."""

    def wrong(policy, tools, task, budget):
        trace = right(policy, tools, task, budget)
        return dataclasses.replace(
            trace, **{name: change(getattr(trace, name)) for name, change in fields.items()}
        )

    return wrong


@pytest.mark.parametrize(
    "wrong",
    [
        changed(steps=tuple),
        changed(steps=lambda steps: steps[::-1]),
        changed(steps=lambda steps: [step.result for step in steps]),
        changed(stopped=str.title),
        changed(answer=str),
        lambda *given: dataclasses.astuple(right(*given)),
        lambda *given: right(*given).answer,
    ],
    ids=["tuple", "backwards", "results alone", "other words", "'None'", "a tuple", "the answer"],
)
def test_another_result_fails(wrong):
    assert failed_items(exercise, wrong)


def test_an_error_without_words_is_told_as_that():
    def wordless(policy, tools, task, budget):
        def empty(step):
            failed = isinstance(step.result, ToolError)
            return Step(step.call, ToolError(" ")) if failed else step

        trace = right(policy, tools, task, budget)
        return dataclasses.replace(trace, steps=[empty(step) for step in trace.steps])

    assert failed_items(exercise, wordless) == [
        "errors go back to the policy",
        "the budget",
        "the last word",
    ]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("last_result_for_the_answer", ["the budget", "the last word"]),
        ("unknown_tool_raises", ["errors go back to the policy", "the budget"]),
        ("only_the_last_step_is_shown", ["what the policy is shown"]),
        ("failed_calls_free", ["the budget"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert set(items) <= set(failed_items(exercise, answer.function))
