"""From what a model wrote to a call that may run, or to what is wrong with it."""

import json
from typing import Any

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.agents.by_hand import ToolCall

exercise = Exercise(
    name="parse_tool_call",
    points=12,
    exports=("parse_tool_call",),
    not_allowed=("course_lib.agents.calls.read_call", "course_lib.agents.tools.faults_of"),
    hints=(
        "`json.JSONDecoder().raw_decode(text, start)` reads one JSON value that begins at `start`, "
        "whatever stands behind it, and raises ValueError where none does. Try it at each `{` of "
        "the text, from the left, until one can be read. Brackets in texts are its business then.",
        "Ask in this order: is there an object; has it a `tool` that is a text and stands in "
        "`tools`; is `arguments` an object; are its names those that the tool wants, no more and "
        "no less; does each value have its type. `isinstance(True, int)` is true: look for bool "
        "first, or compare `type(value)`.",
    ),
    free_words={"ToolError": "message"},
    time_limit_s=5.0,
)

Tools = dict[str, dict[str, str]]

TOOLS: Tools = {
    "weather": {"city": "string", "days": "integer"},
    "convert": {"amount": "number", "into": "string", "exact": "boolean"},
    "now": {},
}


def _written(name: str, arguments: object, **others: object) -> str:
    return json.dumps({"tool": name, "arguments": arguments, **others}, ensure_ascii=False)


def _weather(draw: Draw) -> tuple[str, dict[str, Any]]:
    city = draw.choice(["Århus", "Oslo", "Turku", "Bergen"])
    return "weather", {"city": city, "days": draw.integer(1, 9)}


def _conversion(draw: Draw) -> tuple[str, dict[str, Any]]:
    amount = draw.integer(1, 99) + 0.5
    return "convert", {"amount": amount, "into": "DKK", "exact": draw.choice([True, False])}


def _expect_call(
    learner: Learner, text: str, name: str, arguments: dict[str, Any], tools: Tools = TOOLS
) -> None:
    expect_equal(learner.parse_tool_call(text, tools), ToolCall(name, arguments))


def _expect_error(learner: Learner, text: str, tools: Tools = TOOLS) -> None:
    """Judge that a text is refused with some words."""
    got = learner.parse_tool_call(text, tools)
    if getattr(got, "type_name", "") != "ToolError":
        raise CheckError("the result should be a ToolError", got)
    message = getattr(got, "message", None)
    has_words = isinstance(message, str) and bool(message.strip())
    expect_true(has_words, "its message says nothing", got)


@exercise.item(
    "a call, wherever it stands",
    points=2,
    sentence="A right call gives ToolCall(name, arguments), with anything before and behind it in "
    "the text; what else stands in the object beside `tool` and `arguments` is passed over.",
)
def _(learner: Learner, draw: Draw) -> None:
    name, arguments = _weather(draw)
    call = _written(name, arguments)
    backwards = dict(reversed(arguments.items()))
    for text in (
        call,
        f"  {json.dumps(json.loads(call), indent=2)}\n",
        f"I should look at the weather.\n{call}\nThen I can answer.",
        json.dumps({"arguments": backwards, "thought": "rain?", "tool": name}),
    ):
        _expect_call(learner, text, name, arguments)
    _expect_call(learner, _written("now", {}), "now", {})
    _expect_call(learner, _written(*_conversion(Draw(1))), *_conversion(Draw(1)))
    expect_unchanged(learner)


@exercise.item(
    "the first complete object",
    points=3,
    sentence="The first `{` from which a whole JSON object can be read decides: brackets that "
    "begin none are passed over, brackets inside texts do not count, and what comes behind the "
    "object does not matter. If it is no call, the result is a ToolError, even if one follows.",
)
def _(learner: Learner, draw: Draw) -> None:
    name, arguments = _weather(draw)
    call = _written(name, arguments)
    other = _written("now", {})
    for text in (
        f"{call} or perhaps {other}",
        f"{call} {{and so on}}",
        f"{call}}}",
        f"First {{I think}}, then {call}",
        f'{{"tool": "now", "arguments": {{ … no: {call}',
        f"{{{{ {call}",
        f"[{call}, {other}]",
    ):
        _expect_call(learner, text, name, arguments)
    for city in ("} {", '"}', "{", "\\", "}}\n{{"):
        odd = {**arguments, "city": f"{city}{arguments['city']}"}
        _expect_call(learner, f"{{so}} {_written(name, odd)} {{", name, odd)
    for first in ('{"days": 3}', "{}", _written("news", {}), _written(name, {})):
        _expect_error(learner, f"{first} {call}")


@exercise.item(
    "the types of the arguments",
    points=3,
    sentence="Each argument has the type that the tool names: an integer serves as a number and "
    "stays as it is, a number with a point never as an integer, True and False only as a boolean, "
    "and a text for nothing but a string.",
)
def _(learner: Learner, draw: Draw) -> None:
    name, arguments = _conversion(draw)
    for amount in (draw.integer(2, 9), 0, -1.5):
        right = {**arguments, "amount": amount}
        _expect_call(learner, _written(name, right), name, right)
    for key, value in (
        ("amount", "12.5"),
        ("amount", True),
        ("amount", False),
        ("exact", 1),
        ("exact", 0),
        ("exact", "true"),
        ("into", 208),
        ("into", None),
        ("into", ["DKK"]),
        ("amount", None),
        ("amount", {"value": 1}),
        ("exact", None),
    ):
        _expect_error(learner, _written(name, {**arguments, key: value}))
    name, arguments = _weather(draw)
    for days in ("2", True, 2.5, 2.0, None):
        _expect_error(learner, _written(name, {**arguments, "days": days}))


@exercise.item(
    "the names of tool and arguments",
    points=2,
    sentence="An unknown tool, a missing argument, or one that the tool does not have, is a "
    "ToolError; all arguments are required.",
)
def _(learner: Learner, draw: Draw) -> None:
    name, arguments = _weather(draw)
    key = draw.choice(sorted(arguments))
    _expect_error(learner, _written(name, {**arguments, "unit": "°C"}))
    _expect_error(learner, _written("now", arguments))
    _expect_error(learner, _written(name, {one: arguments[one] for one in arguments if one != key}))
    _expect_error(learner, _written(name, {}))
    renamed = {f"{one}s" if one == key else one: value for one, value in arguments.items()}
    _expect_error(learner, _written(name, renamed))
    for unknown in ("Weather", "", "weather "):
        _expect_error(learner, _written(unknown, arguments))
    _expect_error(learner, _written(name, arguments), {"now": {}})
    _expect_call(
        learner, _written("now", {"at": "noon"}), "now", {"at": "noon"}, {"now": {"at": "string"}}
    )


@exercise.item(
    "whatever the text is, no exception",
    points=2,
    sentence="Where nothing can be read, or what was read does not have the form of a call, the "
    "result is a ToolError: the model is told, and nothing is raised.",
)
def _(learner: Learner, draw: Draw) -> None:
    name, arguments = _weather(draw)
    call = _written(name, arguments)
    for text in (
        "",
        "It will rain.",
        call[:-1],
        call[: -draw.integer(2, 9)],
        "{",
        "} {",
        call.replace('"', "'"),
        "[1, 2]",
        '"weather"',
        json.dumps({"tool": name}),
        json.dumps({"arguments": arguments}),
        json.dumps({"name": name, "arguments": arguments}),
    ):
        _expect_error(learner, text)
    for odd in (None, 3, [name], {name: 1}):
        _expect_error(learner, json.dumps({"tool": odd, "arguments": arguments}))
    for odd in (None, 3, "city", list(arguments), [arguments], []):
        _expect_error(learner, _written(name, odd))
        _expect_error(learner, _written("now", odd))
