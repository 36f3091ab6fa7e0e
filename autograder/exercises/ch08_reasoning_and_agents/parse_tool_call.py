"""Answers to the exercise about reading a tool call: mistakes, and other right ways."""

import json

from autograder.exercises.ch08_reasoning_and_agents.parse_tool_call_checks import exercise
from course_lib.agents.by_hand import ToolCall, ToolError

__all__ = ["exercise"]


@exercise.misconception(
    "You cut from the first { to the last }. Behind the call there may be brackets too, in a "
    "second call or in prose: one object ends where *its* bracket ends."
)
def first_brace_to_last(text: str, tools: dict) -> ToolCall | ToolError:
    """Cut generously."""
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except ValueError:
        found = None
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "You cut at the first } behind the first {. The arguments are an object inside the object: "
    "that bracket closes only them."
)
def first_brace_to_next(text: str, tools: dict) -> ToolCall | ToolError:
    """Cut at the next bracket."""
    try:
        begin = text.index("{")
        found = json.loads(text[begin : text.index("}", begin) + 1])
    except ValueError:
        found = None
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    'You count brackets, those inside texts too: a city called "} {" ends the object in the '
    "middle. Let a JSON reader say where the object ends."
)
def brackets_counted(text: str, tools: dict) -> ToolCall | ToolError:
    """Count up and down."""
    found, depth, start = None, 0, 0
    for place, character in enumerate(text):
        if character == "{":
            start = place if depth == 0 else start
            depth += 1
        elif character == "}" and depth:
            depth -= 1
            if depth == 0 and found is None:
                try:
                    found = json.loads(text[start : place + 1])
                except ValueError:
                    continue
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "You try only the first {. A model may write brackets in its thoughts before it calls: go on "
    "to the next one until an object can be read."
)
def first_bracket_alone(text: str, tools: dict) -> ToolCall | ToolError:
    """Give up after one try."""
    try:
        found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    except ValueError:
        found = None
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "The text must be nothing but the call. Models think aloud before they call, and go on "
    "afterwards: look for the object in the text."
)
def nothing_but_the_call(text: str, tools: dict) -> ToolCall | ToolError:
    """Read the text as a whole."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    found = found if isinstance(found, dict) else None
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "You pass over objects that are no calls until one fits. The *first* complete object decides: "
    "an example or a mistake in front must not be taken for a thought, and what follows may come "
    "from somebody else."
)
def first_that_is_a_call(text: str, tools: dict) -> ToolCall | ToolError:
    """Look until one fits."""
    decoder, found = json.JSONDecoder(), None
    for start in [place for place, character in enumerate(text) if character == "{"]:
        try:
            one, _ = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if found is None or found.get("tool") not in list(tools):
            found = one
        elif set(found.get("arguments") or ()) != set(tools[found["tool"]]):
            found = one if "tool" in one else found
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception("You take the last object of the text. The first one decides.")
def last_one(text: str, tools: dict) -> ToolCall | ToolError:
    """Take the last."""
    decoder, found, start = json.JSONDecoder(), None, text.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except ValueError:
            end = start + 1
        start = text.find("{", end)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    'The types of the arguments are not checked. A tool that gets "12.5" where it wants a number '
    "fails later, in the middle of its work."
)
def types_unchecked(text: str, tools: dict) -> ToolCall | ToolError:
    """Trust the values."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "True and False pass for numbers: `isinstance(True, int)` is true in Python. Refuse bool "
    "wherever a number or an integer is wanted."
)
def bool_for_a_number(text: str, tools: dict) -> ToolCall | ToolError:
    """Ask isinstance."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for key, kind in tools[name].items():
        if not isinstance(arguments[key], kinds[kind]):
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "You refuse 3 where a number is wanted. Every whole number is a number: for `number` let int "
    "and float pass."
)
def integer_is_no_number(text: str, tools: dict) -> ToolCall | ToolError:
    """Want a point."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (float,), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "You turn the values into their types. 3 stays 3 where a number is wanted, and what does not "
    "have its type is refused, not bent until it fits."
)
def numbers_converted(text: str, tools: dict) -> ToolCall | ToolError:
    """Make it fit."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": str, "integer": int, "number": float, "boolean": bool}
    try:
        arguments = {key: kinds[kind](arguments[key]) for key, kind in tools[name].items()}
    except (ValueError, TypeError) as error:
        return ToolError(str(error))
    return ToolCall(name, arguments)


@exercise.misconception(
    "Arguments that the tool does not have pass. Whoever calls it with them gets an error, or "
    "worse, a default that nobody meant: refuse them."
)
def unknown_arguments_pass(text: str, tools: dict) -> ToolCall | ToolError:
    """Look at what is wanted alone."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(tools[name]) - set(arguments):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception("A missing argument passes. All arguments of a tool are required.")
def missing_arguments_pass(text: str, tools: dict) -> ToolCall | ToolError:
    """Look at what is there alone."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str) or name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if not isinstance(arguments, dict):
        return ToolError("the arguments are no object")
    if set(arguments) - set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if key in arguments and type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "A tool that does not exist raises KeyError. The model made a mistake, not the program: give "
    "it a ToolError that says so."
)
def unknown_tool_raises(text: str, tools: dict) -> ToolCall | ToolError:
    """Look the tool up."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found.get("tool"), found.get("arguments")
    if not isinstance(name, str):
        return ToolError("the name is no text")
    wanted = tools[name]
    if not isinstance(arguments, dict):
        return ToolError(f"the arguments are no object with {wanted}")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.misconception(
    "`raise ToolError(…)`: in spite of its name it is no exception but a value, which the model "
    "reads. Return it."
)
def error_raised(text: str, tools: dict) -> ToolCall | ToolError:
    """Raise what should be returned."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    name = found.get("tool") if found else None
    arguments = found.get("arguments") if found else None
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, dict):
        raise ToolError("this is no call")  # pyright: ignore[reportGeneralTypeIssues]
    if set(arguments) != set(tools[name]):
        raise ToolError("other arguments are wanted")  # pyright: ignore[reportGeneralTypeIssues]
    types = {"string": [str], "integer": [int], "number": [int, float], "boolean": [bool]}
    if any(type(arguments[one]) not in types[kind] for one, kind in tools[name].items()):
        raise ToolError("a type is wrong")  # pyright: ignore[reportGeneralTypeIssues]
    return ToolCall(name, arguments)


@exercise.misconception(
    "You take for granted that the object has the form of a call. It may lack `tool` or "
    "`arguments`, and these may be lists, numbers or null: ask before you look inside."
)
def form_taken_for_granted(text: str, tools: dict) -> ToolCall | ToolError:
    """Read on without looking."""
    decoder, start, found = json.JSONDecoder(), text.find("{"), None
    while start >= 0 and found is None:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
    if found is None:
        return ToolError("there is no JSON object")
    name, arguments = found["tool"], found["arguments"]
    if name not in tools:
        return ToolError(f"there is no tool {name!r}")
    if set(arguments) != set(tools[name]):
        return ToolError(f"{name} takes {', '.join(tools[name])}")
    kinds = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
    for key, kind in tools[name].items():
        if type(arguments[key]) not in kinds[kind]:
            return ToolError(f"{key} must be of the type {kind}")
    return ToolCall(name, arguments)


@exercise.alternative
def one_try_a_bracket(text: str, tools: dict) -> ToolCall | ToolError:
    """Collect the faults, then decide."""
    decoder = json.JSONDecoder()
    objects = []
    for start in range(len(text)):
        if text[start] == "{" and not objects:
            try:
                objects.append(decoder.raw_decode(text[start:])[0])
            except json.JSONDecodeError:
                continue
    if not objects:
        return ToolError(message="no JSON object could be read")
    match objects[0]:
        case {"tool": str(name), "arguments": dict(arguments)} if name in tools:
            wanted = tools[name]
        case _:
            return ToolError(message="this is no call of a tool that there is")
    faults = [f"{key} is missing" for key in wanted if key not in arguments]
    for key, value in arguments.items():
        match wanted.get(key), value:
            case ("boolean", bool()) | ("string", str()):
                continue
            case ("integer" | "number", int()) if not isinstance(value, bool):
                continue
            case "number", float():
                continue
            case None, _:
                faults.append(f"{key} is unknown")
            case kind, _:
                faults.append(f"{key} is no {kind}")
    return ToolError(message="; ".join(faults)) if faults else ToolCall(name, arguments)


@exercise.alternative
def with_an_exception(text: str, tools: dict) -> ToolCall | ToolError:
    """Raise inside, and turn it into a ToolError in one place."""

    def first_object(begin: int) -> dict:
        place = text.index("{", begin)
        try:
            return json.JSONDecoder().raw_decode(text, place)[0]
        except ValueError:
            return first_object(place + 1)

    def fits(value: object, kind: str) -> bool:
        if isinstance(value, bool) or kind == "boolean":
            return isinstance(value, bool) and kind == "boolean"
        if kind == "number":
            return isinstance(value, int | float)
        return isinstance(value, int if kind == "integer" else str)

    try:
        call = first_object(0)
        wanted = tools[call["tool"]]
        arguments = dict(call["arguments"].items())
        if sorted(wanted) != sorted(arguments):
            raise ValueError(f"the arguments are {sorted(wanted)}")
        for key in wanted:
            if not fits(arguments[key], wanted[key]):
                raise ValueError(f"{key} should be of the type {wanted[key]}")
    except Exception as error:
        return ToolError(f"not called: {error!r}")
    return ToolCall(call["tool"], arguments)


@exercise.alternative
def by_brackets_outside_of_texts(text: str, tools: dict) -> ToolCall | ToolError:
    """Find where each bracket closes by hand, and let JSON judge what lies between."""

    def end_of(start: int) -> int:
        depth, inside, place = 0, False, start
        while place < len(text):
            character = text[place]
            if inside:
                if character == "\\":
                    place += 1
                elif character == '"':
                    inside = False
            elif character == '"':
                inside = True
            elif character in "{}":
                depth += 1 if character == "{" else -1
                if depth == 0:
                    return place + 1
            place += 1
        return start

    found = None
    for start, character in enumerate(text):
        if character == "{":
            try:
                found = json.loads(text[start : end_of(start)])
                break
            except ValueError:
                pass
    if found is None or not {"tool", "arguments"} <= found.keys():
        return ToolError("no call was found")
    name, arguments = found["tool"], found["arguments"]
    if not isinstance(arguments, dict) or name not in list(tools):
        return ToolError(f"{name} cannot be called with {arguments}")
    types = {"string": [str], "boolean": [bool], "integer": [int], "number": [float, int]}
    wanted = {key: types[kind] for key, kind in tools[name].items()}
    right = arguments.keys() == wanted.keys() and all(
        type(value) in wanted[key] for key, value in arguments.items()
    )
    return ToolCall(name, arguments) if right else ToolError(f"{name} wants {tools[name]}")
