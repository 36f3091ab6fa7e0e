"""From a tool's schema to a grammar: JSON that a constrained model can only write so that it fits.

`generation.constrained` makes a constraint of the grammar. Keys come in the order of the schema,
with one space where JSON allows many, so that a model has one way to write each value.
"""

import json

from course_lib.agents.tools import Schema, Tool
from course_lib.generation.automaton import (
    EMPTY,
    Grammar,
    any_character,
    either_of,
    in_turn,
    literal,
    one_of,
    repeated,
)

MAX_DIGITS = 9
"""Of a whole number, and of each side of a decimal point."""

_CONTROL = "".join(map(chr, range(0x20)))


def call_grammar(tool: Tool, max_length: int = 40) -> Grammar:
    """Fit a call of a tool as `calls.read_call` reads it, with arguments that fit its schema.

    Args:
        tool: What is called.
        max_length: Most characters of a string, and most items of a list.

    Raises:
        ValueError: See `schema_grammar`.
    """
    return in_turn(literal(f"call {tool.name} "), schema_grammar(tool.parameters, max_length))


def schema_grammar(schema: Schema, max_length: int = 40) -> Grammar:
    """Fit the JSON values that a schema allows, without numbers in scientific notation.

    Args:
        schema: One that `tools.schema_of` or `tools.make_tool` makes. Arguments that may be left
            out are either there or not, always in their order.
        max_length: Most characters of a string, and most items of a list.

    Raises:
        ValueError: There is nothing that it allows, or the length is negative.
    """
    if max_length < 0:
        raise ValueError(f"a length is not negative, unlike {max_length}")
    if "anyOf" in schema:
        return either_of(*(schema_grammar(option, max_length) for option in schema["anyOf"]))
    if "enum" in schema:
        return either_of(
            *(literal(json.dumps(each, ensure_ascii=False)) for each in schema["enum"])
        )
    match schema.get("type"):
        case "string":
            return _string(max_length)
        case "integer":
            return _whole_number()
        case "number":
            fraction = in_turn(literal("."), repeated(one_of("0123456789"), 1, MAX_DIGITS))
            return in_turn(_whole_number(), either_of(EMPTY, fraction))
        case "boolean":
            return either_of(literal("true"), literal("false"))
        case "null":
            return literal("null")
        case "array":
            return _array(schema_grammar(schema["items"], max_length), max_length)
        case "object":
            return _object(schema, max_length)
    raise ValueError(f"there is no grammar for the schema {schema}")


def _string(max_length: int) -> Grammar:
    plain = any_character(but=f'"\\{_CONTROL}')
    escaped = in_turn(literal("\\"), one_of('"\\/bfnrt'))
    inside = repeated(either_of(plain, escaped), 0, max_length)
    return in_turn(literal('"'), inside, literal('"'))


def _whole_number() -> Grammar:
    large = in_turn(one_of("123456789"), repeated(one_of("0123456789"), 0, MAX_DIGITS - 1))
    return in_turn(either_of(EMPTY, literal("-")), either_of(literal("0"), large))


def _array(item: Grammar, max_length: int) -> Grammar:
    if max_length == 0:
        return literal("[]")
    more = repeated(in_turn(literal(", "), item), 0, max_length - 1)
    return either_of(literal("[]"), in_turn(literal("["), item, more, literal("]")))


def _object(schema: Schema, max_length: int) -> Grammar:
    """Fit `{`, the members in their order, `}`; a comma stands before all but the first."""
    nothing_yet: Grammar | None = EMPTY
    something: Grammar | None = None
    for name, inner in schema["properties"].items():
        member = in_turn(literal(f"{json.dumps(name)}: "), schema_grammar(inner, max_length))
        ways = [in_turn(something, literal(", "), member)] if something is not None else []
        ways += [in_turn(nothing_yet, member)] if nothing_yet is not None else []
        with_it = either_of(*ways)
        if name in schema["required"]:
            nothing_yet, something = None, with_it
        else:
            something = with_it if something is None else either_of(something, with_it)
    whole = [each for each in (nothing_yet, something) if each is not None]
    return in_turn(literal("{"), either_of(*whole), literal("}"))
