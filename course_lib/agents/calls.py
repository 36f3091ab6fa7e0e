"""From what a model wrote to a call that may run, or to a sentence that says what is wrong.

A call is a line `call NAME {…}` with the arguments as a JSON object, which may run over several
lines; anything may stand before and behind it. The sentences go back to the model, so they say
what would have been right.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from course_lib.agents.tools import Tool, faults_of


@dataclass(frozen=True)
class Call:
    """A tool that is to run, and with what.

    Attributes:
        name: The tool.
        arguments: By the names of its parameters.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Write it as a model would."""
        return f"call {self.name} {json.dumps(dict(self.arguments), ensure_ascii=False)}"


@dataclass(frozen=True)
class Result:
    """What came of a call.

    Attributes:
        text: What the model reads: what the tool returned, or what went wrong.
        is_error: Whether it went wrong.
    """

    text: str
    is_error: bool = False


def read_call(text: str, tools: Mapping[str, Tool]) -> Call | Result:
    """Find the first call in a text and check it against its tool's schema.

    Args:
        text: What a model wrote.
        tools: What may be called.

    Returns:
        The call, or an error to show to the model.
    """
    found = re.search(r"^[ \t]*call[ \t]+(\w+)[ \t]*", text, re.MULTILINE)
    if found is None:
        return Result("no line begins with `call` and the name of a tool", is_error=True)
    name = found[1]
    if name not in tools:
        return Result(f"there is no tool {name}; there are: {', '.join(tools)}", is_error=True)
    try:
        arguments, _ = _DECODER.raw_decode(text, found.end())
    except (ValueError, RecursionError) as error:
        return Result(f"the arguments of {name} are not JSON: {error}", is_error=True)
    faults = faults_of(arguments, tools[name].parameters)
    if faults:
        return Result(f"{name} was not called: {'; '.join(faults)}", is_error=True)
    return Call(name, arguments)


def run_call(call: Call, tools: Mapping[str, Tool], longest: int = 2000) -> Result:
    """Run a call after checking it; whatever goes wrong becomes a sentence.

    Args:
        call: What to run.
        tools: What may be called.
        longest: A result of more characters is cut, and says so.
    """
    if call.name not in tools:
        return Result(f"there is no tool {call.name}; there are: {', '.join(tools)}", True)
    tool = tools[call.name]
    if faults := faults_of(call.arguments, tool.parameters):
        return Result(f"{call.name} was not called: {'; '.join(faults)}", is_error=True)
    try:
        text = str(tool.run(**call.arguments))
    except Exception as error:  # a tool is foreign code
        return Result(f"{call.name} failed: {type(error).__name__}: {error}", is_error=True)
    if len(text) > longest:
        text = f"{text[:longest]}… (cut after {longest} of {len(text)} characters)"
    return Result(text)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that gives a name twice: which of the two was checked would be a guess."""
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]!r} is given twice")
    return dict(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=_no_duplicates)
