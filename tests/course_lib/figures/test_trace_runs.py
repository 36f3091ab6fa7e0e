import pytest

from course_lib.agents.calls import Call
from course_lib.agents.confirmation import allow_only
from course_lib.agents.loop import Act, Finish, run_loop
from course_lib.agents.tools import toolbox
from course_lib.figures.trace_runs import MOST_CALLS, Case, as_run, runs_of


def counting(task, steps, n_left):
    """Call until so many steps are seen as the task says; a script."""
    if len(steps) == int(task):
        return Finish(steps[-1].result.text if steps else "at once", "enough")
    return Act(Call("tick", {"by": len(steps)}), f"{len(steps)} seen")


def ticking(n_failures=0):
    """Return a maker of clocks that fail at first."""

    def make():
        ticks = [0]

        def tick(by: int) -> str:
            """Go on."""
            ticks[0] += 1
            if ticks[0] <= n_failures:
                raise OSError("stuck")
            return f"tick {ticks[0]} by {by}"

        return toolbox(tick)

    return make


def case(task="3", **options):
    settings = {
        "label": "count",
        "decider": "a script",
        "task": task,
        "wanted": "a tick",
        "policy": counting,
        "tools": ticking(1),
        "is_done": lambda trace: trace.answer is not None,
    }
    return Case(**settings | options)


def test_every_budget_and_memory_is_what_the_loop_gives():
    one = case()
    runs = runs_of(one)
    assert [len(row) for row in runs] == [MOST_CALLS] * (MOST_CALLS + 1)
    for n_calls, row in enumerate(runs):
        for n_steps, run in enumerate(row, start=1):

            def forgetful(task, steps, n_left, n_steps=n_steps):
                return counting(task, steps[-n_steps:], n_left)

            trace = run_loop(forgetful, ticking(1)(), "3", n_calls=n_calls)
            assert run == as_run(trace, one)


def test_enough_calls_and_memory_come_to_an_answer_and_less_do_not():
    runs = runs_of(case())
    assert runs[3][2]["answer"] == "tick 3 by 2"
    assert runs[2][2]["stopped"] == runs[6][1]["stopped"] == "budget spent"
    assert not runs[0][0]["steps"]
    assert runs_of(case("0"))[0][0]["answer"] == "at once"


def test_the_tools_begin_anew_in_every_run():
    for row in runs_of(case())[1:]:
        assert all(run["steps"][0]["kind"] == "error" for run in row)


def test_a_run_is_written_line_by_line():
    run = as_run(case().run(1, 1), case())
    assert run == {
        "steps": [
            {
                "thought": "0 seen",
                "call": 'tick {"by": 0}',
                "kind": "error",
                "text": "tick failed: OSError: stuck",
            }
        ],
        "answer": None,
        "thought": "",
        "stopped": "budget spent",
        "is_done": False,
    }


def test_a_guard_stands_before_every_call():
    guarded = case("1", guard=allow_only({"look"}))
    run = runs_of(guarded)[2][0]
    assert [step["kind"] for step in run["steps"]] == ["refused"]
    assert run["answer"] == "tick is not allowed for this task"
    assert run["thought"] == "enough"
    assert run["is_done"]


@pytest.mark.parametrize(("n_failures", "kind"), [(0, "result"), (1, "error")])
def test_the_kind_is_what_became_of_the_call(n_failures, kind):
    run = as_run(case(tools=ticking(n_failures)).run(1, 1), case())
    assert run["steps"][0]["kind"] == kind
