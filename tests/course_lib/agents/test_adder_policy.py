import pytest

from course_lib.agents.adder_policy import CANNOT_SAY, AdderPolicy, add
from course_lib.agents.calls import Call
from course_lib.agents.loop import Act, run_loop
from course_lib.agents.tools import toolbox
from course_lib.data.arithmetic import VOCAB_SIZE, Sum, characters, tokens, tool_use
from tests.course_lib.agents.scripted_models import Ruled


def by_heart(*texts):
    """Go on as one of some texts does; behind anything else end."""

    def rule(read):
        begun = characters(read)
        fits = [text for text in texts if text.startswith(begun) and text != begun]
        return tokens(fits[0][len(begun)] if fits else ";")[0]

    return AdderPolicy(Ruled(rule, VOCAB_SIZE))


KNOWS = by_heart(*("".join(p.text for p in tool_use(Sum(34, 58), n)) for n in (0, 1, 2)))


def shaky_tools(n_failures):
    left = {"n": n_failures}

    def add(x: int, y: int) -> int:
        """Add, after some failures."""
        if left["n"]:
            left["n"] -= 1
            raise RuntimeError("out of order")
        return x + y

    return toolbox(add)


@pytest.mark.parametrize(
    ("n_failures", "answer", "n_steps"), [(0, "92", 1), (1, "92", 2), (2, CANNOT_SAY, 2)]
)
def test_it_calls_again_and_gives_up_as_it_was_trained_to(n_failures, answer, n_steps):
    trace = run_loop(KNOWS, shaky_tools(n_failures), "34+58", n_calls=5)
    assert (trace.answer, len(trace.steps)) == (answer, n_steps)
    assert trace.steps[0].act == Act(Call("add", {"x": 34, "y": 58}), "[34+58]")
    assert trace.n_errors == n_failures


def test_a_model_that_does_not_call_answers_at_once():
    trace = run_loop(by_heart("34+58=92;"), toolbox(add), "34+58", n_calls=5)
    assert (trace.answer, trace.steps) == ("92", ())


def test_what_it_calls_must_be_a_sum():
    trace = run_loop(by_heart("34+58=[34]!>?;"), toolbox(add), "34+58", n_calls=5)
    assert trace.steps[0].result.text == "'34' is no sum"
    assert (trace.ran, trace.answer) == ((), CANNOT_SAY)


@pytest.mark.parametrize("task", ["", "34", "34+x", "34-5"])
def test_a_task_that_is_no_sum(task):
    with pytest.raises(ValueError, match="such as 34"):
        KNOWS(task, (), 1)


def test_the_tool_adds():
    assert add(34, 58) == 92
