import pytest
import traitlets

from course_lib.agents.calls import Call
from course_lib.agents.loop import Act, Finish
from course_lib.agents.tools import toolbox
from course_lib.figures.agent_trace import AgentTrace, Case, Preset


def echo(x: str) -> str:
    """Say it again."""
    return f"{x}!"


def asking(task, steps, n_left):
    """Ask once, and answer what it heard; a script."""
    return Finish(steps[-1].result.text) if steps else Act(Call("echo", {"x": task}), "ask")


def case(task, wanted="it is"):
    return Case(
        label=f"about {task}",
        decider="a script",
        task=task,
        wanted=wanted,
        policy=asking,
        tools=lambda: toolbox(echo),
        is_done=lambda trace: trace.answer == f"{task}!",
    )


def test_it_holds_what_the_cases_say():
    figure = AgentTrace([case("hello"), case("ho")])
    assert figure.labels == ["about hello", "about ho"]
    assert (figure.deciders, figure.tasks) == (["a script"] * 2, ["hello", "ho"])
    assert figure.wanted == ["it is"] * 2


def test_the_moment_is_that_of_the_run_with_these_calls_and_this_memory():
    figure = AgentTrace([case("hello"), case("ho")])
    assert figure.now().step == {
        "thought": "ask", "call": 'echo {"x": "hello"}', "kind": "result", "text": "hello!"
    }  # fmt: skip
    figure.case, figure.n_calls, figure.moment = 1, 0, 5
    assert figure.now().run["stopped"] == "budget spent"
    assert figure.now().is_end
    figure.n_calls, figure.n_remembered = 2, 1
    assert figure.now().run["answer"] == "ho!"
    assert (figure.now().n_calls, figure.now().n_remembered) == (2, 1)


def test_equal_runs_are_kept_once():
    figure = AgentTrace([case("hello"), case("ho"), case("hello")])
    assert len(figure.runs) == 3  # one with no call, whatever the task, and one for each task
    assert figure.places[0] == figure.places[2]
    assert figure.places[0][0] == [0] * 6
    assert figure.places[1][0] == [0] * 6
    assert figure.places[1][6] == [2] * 6


def test_the_words_tell_of_the_moment():
    figure = AgentTrace([case("hello", "hello! is right")])
    figure.n_calls, figure.moment = 0, 1
    assert figure.summary() == (
        "The end: the policy saw the task and wanted another call. None is left, so there is no "
        "answer. The task is not done: hello! is right. Left of 0 calls: 0."
    )
    assert figure.text_alternative().endswith(figure.summary())


def test_presets_set_and_restore():
    figure = AgentTrace([case("hello")], presets=[Preset("None", "No call.", {"n_calls": 0})])
    start, none = figure.presets
    assert start["values"] == {"case": 0, "n_calls": 3, "n_remembered": 6, "moment": 1}
    assert none["values"] == start["values"] | {"n_calls": 0}


def test_no_case_is_refused():
    with pytest.raises(ValueError, match="at least one case"):
        AgentTrace([])


@pytest.mark.parametrize(
    ("name", "value"),
    [("case", 1), ("n_calls", 7), ("n_calls", -1), ("n_remembered", 0), ("moment", 8)],
)
def test_what_is_out_of_reach_is_refused(name, value):
    figure = AgentTrace([case("hello")])
    with pytest.raises(traitlets.TraitError):
        setattr(figure, name, value)
