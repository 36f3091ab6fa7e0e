"""The loop of an agent: decide, call, look at what came of it, and stop in time."""

from collections.abc import Sequence
from typing import Any, cast

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made, Record
from course_lib.agents.by_hand import Answer, Step, ToolError, Trace

exercise = Exercise(
    name="run_agent",
    points=16,
    exports=("run_agent",),
    not_allowed=("course_lib.agents.loop.run_loop", "course_lib.agents.calls.run_call"),
    hints=(
        "A loop without end, with two ways out. Ask the policy. If it gives an `Answer`, return. "
        "If it gives a call and no call is left, return too. Otherwise make the call, note a "
        "`Step`, and ask again: so the policy has the last word after the last call.",
        "`tools[name](**arguments)` makes the call; put `try` around it and turn *any* exception "
        "into `ToolError(str(error))`, which is a result like others. As many calls are spent as "
        "there are steps, whatever came of them.",
    ),
    free_words={"ToolError": "message"},
    time_limit_s=5.0,
)

PARTS = "course_lib.agents.by_hand"
ADD = Made(f"{PARTS}.adding_tool")
ENOUGH = 20
Moves = Sequence[str | tuple[str, dict[str, Any]]]


def _script(moves: Moves) -> Made:
    return Made(f"{PARTS}.scripted_policy", {"moves": list(moves)})


def _flaky(message: str, n_failures: int) -> Made:
    return Made(f"{PARTS}.flaky_tool", {"message": message, "n_failures": n_failures})


def _stubborn(name: str, **arguments: object) -> Made:
    return Made(f"{PARTS}.stubborn_policy", {"name": name, "arguments": arguments})


def _trace(policy: Made, tools: dict[str, Made], task: str, budget: int) -> Trace:
    """Compute what is expected, on the judge's own copies.

    A ToolError has what its message must hold: all of a tool's own words, nothing of Python's.
    """
    decide, kit = cast(Any, make(policy)), cast(dict[str, Any], make(tools))
    steps: list[Step] = []
    for n_left in range(budget, -1, -1):
        decision = decide(task, steps)
        if isinstance(decision, Answer):
            return Trace(steps, decision.text, "answered")
        if n_left:
            try:
                result = kit[decision.name](**decision.arguments)
            except RuntimeError as failure:
                result = ToolError(str(failure))
            except (KeyError, TypeError):
                result = ToolError("")
            steps.append(Step(decision, result))
    return Trace(steps, None, "budget spent")


def _expect_trace(
    learner: Learner, policy: Made, tools: dict[str, Made], budget: int, task: str = "a task"
) -> None:
    want = _trace(policy, tools, task, budget)
    got = learner.run_agent(policy, tools, task, budget)
    if isinstance(got, Record) and isinstance(got.fields.get("steps"), list):
        steps = got.fields["steps"]
        if len(steps) == len(want.steps):
            steps = [_in_expected_words(*pair) for pair in zip(steps, want.steps, strict=True)]
            got = Record(got.type_name, {**got.fields, "steps": steps})
    expect_equal(got, want)


def _in_expected_words(got: object, want: Step) -> object:
    """Give a step with the words that are expected, if it says at least these."""
    if not isinstance(want.result, ToolError) or not isinstance(got, Record):
        return got
    result = got.fields.get("result")
    if not isinstance(result, Record) or result.type_name != "ToolError":
        return got
    message = result.fields.get("message")
    if not isinstance(message, str) or not message.strip():
        raise CheckError("the message of a ToolError says nothing", result)
    if want.result.message not in message:
        raise CheckError(f"the message of a ToolError does not say {want.result.message!r}", result)
    return Record(got.type_name, {**got.fields, "result": want.result})


@exercise.item(
    "calls until the answer",
    points=4,
    sentence="The policy is asked; its calls are made, `tools[name](**arguments)`, and noted as "
    "steps in their order, until it answers: then the trace holds all steps, the *text* of the "
    'answer, and "answered".',
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, c = (draw.integer(2, 99) for _ in range(3))
    calls: Moves = [("add", {"x": a, "y": b}), ("join", {"y": "!", "x": f"{c}"})]
    kit = {"add": ADD, "join": ADD, "other": ADD}
    for moves in (
        ["at once"],
        [calls[0], "done"],
        [*calls, ("add", {"x": -c, "y": c}), "done"],
    ):
        _expect_trace(learner, _script(moves), kit, ENOUGH)


@exercise.item(
    "what the policy is shown",
    points=3,
    sentence="The policy is called with the task and with *all* steps so far, first step first: "
    "what it decides may depend on each of them.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b = draw.integer(2, 99), draw.integer(2, 99)
    moves: Moves = [
        ("add", {"x": a, "y": b}),
        ("add", {"x": "{0}", "y": a}),
        ("add", {"x": "{0}", "y": "{1}"}),
        "{task}: {0}, {1}, {2}",
    ]
    for task in (f"sum {a}", "another task"):
        _expect_trace(learner, _script(moves), {"add": ADD}, ENOUGH, task)
    _expect_trace(learner, _script(["I was asked for {task}"]), {}, ENOUGH, f"task {b}")


@exercise.item(
    "errors go back to the policy",
    points=4,
    sentence="When a tool raises, or there is no such tool, or the arguments are not its own, the "
    "result of the step is a ToolError whose message holds the text of the error, and the policy "
    "goes on: it may try again.",
)
def _(learner: Learner, draw: Draw) -> None:
    a = draw.integer(2, 99)
    words = draw.choice(["the line is busy", "no such page", "try again later"])
    n_failures = draw.integer(2, 4)
    kit = {"echo": _flaky(words, n_failures), "add": ADD}
    moves: Moves = [("add", {"x": a, "y": 1}), ("echo", {"x": a}), "{0} and {1}"]
    _expect_trace(learner, _script(moves), kit, ENOUGH)
    _expect_trace(learner, _stubborn("echo", x=a), kit, ENOUGH)
    for wrong in (("news", {"x": a}), ("add", {"x": a}), ("add", {"x": a, "y": "1"}), ("", {})):
        moves = [wrong, ("add", {"x": a, "y": a}), "{0}, then {1}"]
        _expect_trace(learner, _script(moves), kit, ENOUGH)


@exercise.item(
    "the budget",
    points=3,
    sentence="No more than `budget` calls are made, failed ones counted. When the policy wants one "
    'more, it ends: the steps so far, no answer (None), and "budget spent".',
)
def _(learner: Learner, draw: Draw) -> None:
    a, budget = draw.integer(2, 99), draw.integer(3, 5)
    for_ever: Moves = [("add", {"x": a, "y": 1}), ("add", {"x": "{0}", "y": a})]
    for spent in (budget, 1, 0):
        _expect_trace(learner, _script(for_ever), {"add": ADD}, spent)
    kit = {"echo": _flaky("busy", budget)}
    for spent in (budget, budget - 1, budget + 1):
        _expect_trace(learner, _stubborn("echo", x=a), kit, spent)
    _expect_trace(learner, _script([("news", {})]), kit, budget)


@exercise.item(
    "the last word",
    points=2,
    sentence="After the last call that is paid for the policy is asked once more: an answer still "
    "counts. It counts with a budget of 0 too.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, n_calls = draw.integer(2, 99), draw.integer(2, 4)
    calls: Moves = [("add", {"x": a, "y": place}) for place in range(n_calls)]
    _expect_trace(learner, _script([*calls, "the first was {0}"]), {"add": ADD}, n_calls)
    _expect_trace(learner, _script([*calls, "the first was {0}"]), {"add": ADD}, n_calls - 1)
    _expect_trace(learner, _script(["{task} is easy"]), {}, 0)
    kit = {"echo": _flaky("busy", n_calls)}
    _expect_trace(learner, _stubborn("echo", x=a), kit, n_calls + 1)
    expect_unchanged(learner)
