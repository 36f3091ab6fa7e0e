"""Tools that a model may call: an ordinary function, and what its annotations say about it.

    def convert(amount: float, currency: Literal["EUR", "DKK"], exact: bool = False) -> str: ...

The annotations become a schema that a model can be shown, and by which what it writes is checked
before anything runs. A schema is that of JSON (json-schema.org), as far as it is needed here.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]

_TYPE_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


@dataclass(frozen=True)
class Tool:
    """A function that may be called by name.

    Attributes:
        name: What a model calls it.
        description: What it does, in a sentence for the model.
        parameters: The schema of its arguments: an object with a property for each.
        run: The function.
    """

    name: str
    description: str
    parameters: Schema
    run: Callable[..., object]

    @property
    def schema(self) -> Schema:
        """What a model is shown: name, description and parameters."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


def make_tool(function: Callable[..., object]) -> Tool:
    """Make a tool of a function: its name, the first line of its docstring, and its annotations.

    Args:
        function: Every parameter is annotated with `str`, `int`, `float`, `bool`, `None`, a
            `Literal`, a `list` of those, or several of them joined by `|`.

    Raises:
        ValueError: It has no docstring, or a parameter that cannot be described.
    """
    name = getattr(function, "__name__", repr(function))
    if not (text := inspect.getdoc(function)):
        raise ValueError(f"{name} has no docstring: a model could not know what it does")
    hints = get_type_hints(function)
    properties, required = {}, []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueError(f"{name} takes {parameter}, which has no name to give it by")
        if parameter.name not in hints:
            raise ValueError(f"the parameter {parameter.name} of {name} has no annotation")
        properties[parameter.name] = schema_of(hints[parameter.name])
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    parameters = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return Tool(name, text.splitlines()[0], parameters, function)


def toolbox(*functions: Callable[..., object]) -> dict[str, Tool]:
    """Make a tool of each function, to be found by its name.

    Raises:
        ValueError: Two have the same name, or one cannot be made a tool.
    """
    tools = [make_tool(function) for function in functions]
    names = [tool.name for tool in tools]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two tools are called {sorted(twice)[0]!r}")
    return dict(zip(names, tools, strict=True))


def schema_of(annotation: object) -> Schema:
    """Return the schema of the values that an annotation allows.

    Raises:
        ValueError: It is none of those that `make_tool` names.
    """
    annotation = NoneType if annotation is None else annotation
    if annotation in _TYPE_NAMES:
        return {"type": _TYPE_NAMES[annotation]}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(argument) for argument in arguments]}
    raise ValueError(f"values of {annotation!r} cannot be described to a model")


def faults_of(value: object, schema: Schema, place: str = "the arguments") -> list[str]:
    """Say in sentences where a value does not fit a schema.

    Args:
        value: What was read from JSON.
        schema: One that `schema_of` or `make_tool` makes.
        place: What the sentences call the value.

    Returns:
        One sentence for each fault, in the order of the schema; none if it fits.
    """
    if "anyOf" in schema:
        if any(not faults_of(value, option, place) for option in schema["anyOf"]):
            return []
        return [f"{place} must be {_described(schema)}, not {_shown(value)}"]
    if "enum" in schema:
        # By type too: to Python, True equals 1.
        fits = any(type(value) is type(each) and value == each for each in schema["enum"])
        return [] if fits else [f"{place} must be {_described(schema)}, not {_shown(value)}"]
    if not _is_of_type(value, schema["type"]):
        return [f"{place} must be {_described(schema)}, not {_shown(value)}"]
    if isinstance(value, Mapping):
        return _faults_of_object(value, schema, place)
    if isinstance(value, list):
        pairs = enumerate(value, start=1)
        return [
            fault
            for n, item in pairs
            for fault in faults_of(item, schema["items"], f"item {n} of {place}")
        ]
    return []


def _faults_of_object(value: Mapping[str, object], schema: Schema, place: str) -> list[str]:
    faults = []
    for name, inner in schema["properties"].items():
        if name in value:
            faults += faults_of(value[name], inner, name)
        elif name in schema["required"]:
            faults.append(f"{name} is missing from {place}")
    known = ", ".join(schema["properties"]) or "none"
    for name in value:
        if name not in schema["properties"]:
            faults.append(f"{place} have no {name!r}; there are: {known}")
    return faults


def _is_of_type(value: object, name: str) -> bool:
    """Whether a value has a JSON type; a whole number is a number too, a truth value never."""
    match name:
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return math.isfinite(value)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, list)
    types = {"string": str, "boolean": bool, "null": NoneType}
    return isinstance(value, types[name])


def _described(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_described(option) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(repr(each) for each in schema["enum"])
    name = schema["type"]
    return "null" if name == "null" else f"{'an' if name[0] in 'aio' else 'a'} {name}"


def _shown(value: object) -> str:
    """Return a value in so few characters that it fits in a sentence."""
    longest = 40
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
