import pytest

from course_lib.agents.by_hand import (
    Answer,
    RanTooEarlyError,
    Step,
    ToolCall,
    ToolError,
    adding_tool,
    flaky_tool,
    forbidden_run,
    numbered_run,
    scripted_policy,
    stubborn_policy,
)

CALL = ToolCall("add", {"x": 1, "y": 2})


class TestScriptedPolicy:
    def test_makes_one_move_a_step_and_then_the_last_for_ever(self):
        policy = scripted_policy([("add", {"x": 1, "y": 2}), ("now", {}), "done"])
        steps = [Step(CALL, 3)] * 5
        decided = [policy("a task", steps[:n]) for n in range(5)]
        assert decided == [CALL, ToolCall("now", {}), *[Answer("done")] * 3]

    def test_fills_in_the_task_and_the_results(self):
        policy = scripted_policy([("add", {"x": "{1}", "y": "{0}", "z": "{2}"})])
        steps = [Step(CALL, 3), Step(CALL, [4])]
        assert policy("", steps) == ToolCall("add", {"x": [4], "y": 3, "z": "{2}"})
        policy = scripted_policy(["{task}: {1}, {0}"])
        assert policy("sum", [Step(CALL, 3), Step(CALL, ToolError("no"))]) == Answer(
            "sum: error, 3"
        )

    def test_asks_for_results_that_it_should_have_been_shown(self):
        with pytest.raises(IndexError):
            scripted_policy(["{1}"])("", [Step(CALL, 3)])


def test_a_stubborn_policy_repeats_its_call_until_it_works():
    policy = stubborn_policy("add", {"x": 1, "y": 2})
    failed = Step(CALL, ToolError("no"))
    assert policy("", []) == policy("", [failed]) == policy("", [failed, failed]) == CALL
    assert policy("", [failed, Step(CALL, 3)]) == Answer("3 after 2")


def test_an_adding_tool_adds():
    assert adding_tool()(x=2, y=3) == 5
    assert adding_tool()(y="b", x="a") == "ab"
    with pytest.raises(TypeError):
        adding_tool()(x=2, y="3")


def test_a_flaky_tool_fails_as_often_as_it_should():
    tool = flaky_tool("busy", 2)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"^busy$"):
            tool(x=7)
    assert tool(x=7) == tool(x=7) == 7
    assert flaky_tool("busy", 0)(x=1) == 1


def test_a_numbered_run_tells_when_a_task_ran_and_with_what():
    run = numbered_run(["b"])
    assert run("a", {}) == "1:a()"
    with pytest.raises(RuntimeError, match=r"^b broke down$"):
        run("b", {"a": 0})
    assert run("c", {"b": 5, "a": "x"}) == "3:c(a=x, b=5)"
    assert numbered_run()("b", {}) == "1:b()"


def test_a_forbidden_run_is_no_failure_like_others():
    with pytest.raises(RanTooEarlyError, match=r"^a ran$"):
        forbidden_run()("a", {})
    assert not issubclass(RanTooEarlyError, Exception)
