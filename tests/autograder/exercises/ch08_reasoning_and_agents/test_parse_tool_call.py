import json

import pytest

from autograder.exercises.ch08_reasoning_and_agents.parse_tool_call import exercise
from course_lib.agents.by_hand import ToolCall, ToolError

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names

right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_examples_worked_by_hand(answer):
    read, tools = answer.function, {"weather": {"city": "string", "days": "integer"}}
    call = '{"tool": "weather", "arguments": {"city": "Oslo", "days": 2}}'
    expected = ToolCall("weather", {"city": "Oslo", "days": 2})
    assert read(f"Let me {{look}}. {call} So.", tools) == expected
    for wrong in (call.replace("2", "true"), call.replace("days", "hours"), f"{{}} {call}"):
        assert isinstance(read(wrong, tools), ToolError)


def test_a_mistake_is_named_whatever_its_messages_say():
    def types_unchecked_in_other_words(text, tools):
        found = right(text, tools)
        if isinstance(found, ToolCall):
            return found
        try:
            call = json.loads(text)
            if set(call["arguments"]) == set(tools[call["tool"]]):
                return ToolCall(call["tool"], call["arguments"])
        except (ValueError, KeyError, TypeError):
            pass
        return ToolError("other words")

    verdict = judge_function(exercise, types_unchecked_in_other_words)
    assert [found.name for found in verdict.misconceptions] == ["types_unchecked"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text, tools: tuple(vars(right(text, tools)).values()),
        lambda text, tools: ToolError("no"),
        lambda text, tools: found if isinstance(found := right(text, tools), ToolCall) else None,
        lambda text, tools: (
            found if isinstance(found := right(text, tools), ToolCall) else ToolError(" ")
        ),
    ],
    ids=["a tuple", "always an error", "None for an error", "an error without words"],
)
def test_another_result_fails(wrong):
    assert failed_items(exercise, wrong)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("first_brace_to_last", ["the first complete object"]),
        ("types_unchecked", ["the types of the arguments"]),
        ("unknown_arguments_pass", ["the names of tool and arguments"]),
        ("bool_for_a_number", ["the types of the arguments"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
