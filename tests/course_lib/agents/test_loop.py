import pytest

from course_lib.agents.calls import Call, Result
from course_lib.agents.loop import ANSWERED, SPENT, Act, Finish, Policy, run_loop
from course_lib.agents.policies import Scripted
from course_lib.agents.tools import toolbox


def look(page: str) -> str:
    """Look a page up."""
    return f"this is {page}"


def fail() -> str:
    """Fail."""
    raise RuntimeError("no line")


TOOLS = toolbox(look, fail)
LOOK, FAIL = Call("look", {"page": "a"}), Call("fail")


def run(*decisions, n_calls=3, **options):
    return run_loop(Scripted(decisions), TOOLS, "the task", n_calls=n_calls, **options)


class TestLoop:
    def test_by_hand(self):
        trace = run(Act(LOOK, "first"), Act(FAIL), Finish("done", "enough"))
        assert trace.lines == [
            "task: the task",
            "  thought: first",
            '  call look {"page": "a"}',
            "  result: this is a",
            "  call fail {}",
            "  error: fail failed: RuntimeError: no line",
            "  thought: enough",
            "answered: done",
        ]
        assert (trace.n_errors, trace.answer, trace.stopped) == (1, "done", ANSWERED)
        assert trace.ran == (LOOK, FAIL)

    def test_the_policy_sees_what_happened(self):
        seen = []

        def policy(task, steps, n_left):
            seen.append((task, [step.result.text for step in steps], n_left))
            return Act(LOOK) if n_left else Finish("x")

        run_loop(policy, TOOLS, "the task", n_calls=2)
        assert seen == [
            ("the task", [], 2),
            ("the task", ["this is a"], 1),
            ("the task", ["this is a"] * 2, 0),
        ]
        assert isinstance(policy, Policy)

    def test_when_no_call_is_left_it_may_still_answer(self):
        assert run(Act(LOOK), Finish("x"), n_calls=1).stopped == ANSWERED
        trace = run(Act(LOOK), Act(LOOK), n_calls=1)
        assert (trace.stopped, trace.answer, len(trace.steps)) == (SPENT, None, 1)
        assert trace.lines[-1] == "budget spent: None"

    def test_failed_calls_count(self):
        assert len(run(*[Act(FAIL)] * 9, n_calls=4).steps) == 4

    def test_no_calls_at_all(self):
        assert run(Finish("x"), n_calls=0).answer == "x"
        assert run(Act(LOOK), n_calls=0).stopped == SPENT
        with pytest.raises(ValueError, match="unlike -1"):
            run(Finish("x"), n_calls=-1)

    def test_a_guard_is_asked_first(self):
        asked = []

        def guard(task, steps, call):
            asked.append((task, len(steps), call.name))
            return "not today" if call.name == "look" else None

        trace = run(Act(LOOK), Act(FAIL), Finish("x"), guard=guard)
        assert asked == [("the task", 0, "look"), ("the task", 1, "fail")]
        assert trace.steps[0].result == Result("not today", is_error=True)
        assert trace.ran == (FAIL,)
        assert "  refused: not today" in trace.lines

    def test_what_could_not_be_read_is_not_run_and_not_guarded(self):
        trace = run(Act(LOOK, fault="no JSON"), Finish("x"), guard=lambda *_: 1 / 0)
        assert trace.ran == ()
        assert trace.steps[0].result == Result("no JSON", is_error=True)

    def test_what_is_shown_can_be_changed(self):
        def shout(call, result):
            return Result(f"{call.name}: {result.text.upper()}", result.is_error)

        trace = run(Act(LOOK), Finish("x"), show=shout)
        assert trace.steps[0].result.text == "look: THIS IS A"

    def test_steps_are_told_as_they_happen(self):
        told = []
        trace = run(Act(LOOK), Act(FAIL), Finish("x"), on_step=told.append)
        assert tuple(told) == trace.steps
