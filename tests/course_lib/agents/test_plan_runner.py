import pytest

from course_lib.agents.calls import Call, Result
from course_lib.agents.plan import Plan, PlanStep, plan_sum
from course_lib.agents.plan_runner import run_plan
from course_lib.agents.tools import toolbox


def add(x: int, y: int) -> int:
    """Add."""
    return x + y


def join(a: str, b: str = "") -> str:
    """Join."""
    return f"{a}{b}"


TOOLS = toolbox(add, join)


def run(*steps, goal=None, tools=TOOLS, **options):
    return run_plan(Plan(steps, goal or steps[-1].name), tools, **options)


def test_by_hand():
    outcome = run(
        PlanStep("c", Call("join", {"a": "$b", "b": "!"})),
        PlanStep("a", Call("add", {"x": 1, "y": 2})),
        PlanStep("b", Call("add", {"x": "$a", "y": 4})),
        goal="c",
    )
    assert outcome.results == {"a": Result("3"), "b": Result("7"), "c": Result("7!")}
    assert (outcome.answer, outcome.n_calls, outcome.n_waves) == ("7!", 3, 3)
    assert outcome.left_out == ()


@pytest.mark.parametrize("n", [2, 3, 7, 16])
def test_a_sum_comes_out_as_the_sum(n):
    numbers = [n * 7 + k * k for k in range(n)]
    outcome = run_plan(plan_sum(numbers), toolbox(add))
    assert outcome.answer == str(sum(numbers))
    assert outcome.n_calls == n - 1


def test_what_needs_a_failure_is_left_out_and_the_rest_is_done():
    outcome = run(
        PlanStep("bad", Call("shout")),
        PlanStep("good", Call("add", {"x": 1, "y": 1})),
        PlanStep("child", Call("join", {"a": "$bad", "b": "$good"})),
        PlanStep("grandchild", Call("join", {"a": "$child"})),
        PlanStep("other", Call("join", {"a": "$good"})),
    )
    assert outcome.left_out == ("child", "grandchild")
    assert outcome.results["bad"].is_error
    assert outcome.answer == "2"
    assert outcome.n_calls == 3


def test_a_goal_that_failed_gives_no_answer():
    assert run(PlanStep("bad", Call("shout"))).answer is None
    assert (
        run(PlanStep("bad", Call("shout")), PlanStep("b", Call("join", {"a": "$bad"}))).answer
        is None
    )


def test_a_result_that_does_not_fit_is_said_in_a_sentence():
    outcome = run(
        PlanStep("a", Call("join", {"a": "three"})), PlanStep("b", Call("add", {"x": "$a", "y": 1}))
    )
    assert outcome.results["b"].text == "add was not called: x must be an integer, not 'three'"


class TestTries:
    def shaky(self, n_failures):
        left = {"n": n_failures}

        def shaky() -> str:
            """Work now and then."""
            if left["n"]:
                left["n"] -= 1
                raise RuntimeError("no")
            return "yes"

        return toolbox(shaky)

    def test_a_step_is_tried_again(self):
        outcome = run(PlanStep("a", Call("shaky")), tools=self.shaky(2), n_tries=5)
        assert (outcome.answer, outcome.n_calls) == ("yes", 3)

    def test_but_not_for_ever(self):
        outcome = run(PlanStep("a", Call("shaky")), tools=self.shaky(2), n_tries=2)
        assert (outcome.answer, outcome.n_calls) == (None, 2)

    def test_at_least_once(self):
        with pytest.raises(ValueError, match="not 0 times"):
            run(PlanStep("a", Call("shaky")), tools=self.shaky(0), n_tries=0)


def test_results_are_told_as_they_come():
    told = []
    run(
        PlanStep("a", Call("add", {"x": 1, "y": 2})),
        PlanStep("b", Call("join", {"a": "$a"})),
        on_result=lambda step, result: told.append((step.name, result.text)),
    )
    assert told == [("a", "3"), ("b", "3")]
