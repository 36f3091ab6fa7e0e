from typing import Literal

import pytest

from course_lib.agents.tools import faults_of, make_tool, schema_of, toolbox


def convert(amount: float, currency: Literal["EUR", "DKK"], rounded: bool = False) -> str:
    """Convert an amount.

    The rest is for people.
    """
    return f"{amount} {currency} {rounded}"


def tag(words: list[str], page: int | None = None) -> str:
    """Tag some words."""
    return f"{words} {page}"


class TestSchema:
    def test_by_hand(self):
        tool = make_tool(convert)
        assert tool.schema == {
            "name": "convert",
            "description": "Convert an amount.",
            "parameters": {
                "type": "object",
                "properties": {
                    "amount": {"type": "number"},
                    "currency": {"enum": ["EUR", "DKK"]},
                    "rounded": {"type": "boolean"},
                },
                "required": ["amount", "currency"],
                "additionalProperties": False,
            },
        }
        assert tool.run(amount=2, currency="EUR") == "2 EUR False"

    def test_lists_and_alternatives(self):
        properties = make_tool(tag).parameters["properties"]
        assert properties["words"] == {"type": "array", "items": {"type": "string"}}
        assert properties["page"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}

    @pytest.mark.parametrize("annotation", [dict, list, bytes, tuple[int, ...]])
    def test_what_cannot_be_described(self, annotation):
        with pytest.raises(ValueError, match="cannot be described"):
            schema_of(annotation)

    def test_functions_that_cannot_be_tools(self):
        def silent(x: int) -> int:
            return x

        def bare(x) -> int:
            """Do."""
            return x

        def many(*x: int) -> int:
            """Do."""
            return len(x)

        for function, match in ((silent, "docstring"), (bare, "annotation"), (many, "no name")):
            with pytest.raises(ValueError, match=match):
                make_tool(function)

    def test_a_box_finds_tools_by_name(self):
        assert list(toolbox(convert, tag)) == ["convert", "tag"]
        with pytest.raises(ValueError, match="two tools are called 'tag'"):
            toolbox(tag, convert, tag)


class TestFaults:
    def faults(self, function, **arguments):
        return faults_of(arguments, make_tool(function).parameters)

    @pytest.mark.parametrize(
        ("function", "arguments"),
        [
            (convert, {"amount": 2, "currency": "DKK"}),
            (convert, {"amount": 2.5, "currency": "EUR", "rounded": True}),
            (tag, {"words": []}),
            (tag, {"words": ["a", "b"], "page": 3}),
            (tag, {"words": ["a"], "page": None}),
        ],
    )
    def test_what_fits(self, function, arguments):
        assert self.faults(function, **arguments) == []

    @pytest.mark.parametrize(
        ("arguments", "fault"),
        [
            ({"amount": "2", "currency": "EUR"}, "amount must be a number, not '2'"),
            ({"amount": True, "currency": "EUR"}, "amount must be a number, not True"),
            ({"amount": float("nan"), "currency": "EUR"}, "amount must be a number, not nan"),
            ({"amount": 2, "currency": "USD"}, "currency must be one of 'EUR', 'DKK', not 'USD'"),
            ({"amount": 2}, "currency is missing from the arguments"),
            (
                {"amount": 2, "currency": "EUR", "rounded": 1},
                "rounded must be a boolean, not 1",
            ),
            (
                {"amount": 2, "currency": "EUR", "to": "x"},
                "the arguments have no 'to'; there are: amount, currency, rounded",
            ),
        ],
    )
    def test_sentences(self, arguments, fault):
        assert self.faults(convert, **arguments) == [fault]

    def test_each_fault_is_told(self):
        assert self.faults(convert, amount=None, rate=1) == [
            "amount must be a number, not None",
            "currency is missing from the arguments",
            "the arguments have no 'rate'; there are: amount, currency, rounded",
        ]

    def test_inside_lists_and_alternatives(self):
        assert self.faults(tag, words=["a", 2, None]) == [
            "item 2 of words must be a string, not 2",
            "item 3 of words must be a string, not None",
        ]
        assert self.faults(tag, words=[], page="3") == ["page must be an integer or null, not '3'"]
        assert self.faults(tag, words="abc") == ["words must be an array, not 'abc'"]

    def test_a_truth_value_is_not_the_number_that_equals_it(self):
        assert faults_of(True, schema_of(Literal[1, 2])) == [
            "the arguments must be one of 1, 2, not True"
        ]
        assert faults_of(1.0, schema_of(int)) == ["the arguments must be an integer, not 1.0"]

    def test_arguments_that_are_no_object(self):
        assert faults_of([1], make_tool(tag).parameters) == [
            "the arguments must be an object, not [1]"
        ]

    def test_long_values_are_cut(self):
        [fault] = self.faults(tag, words=[], page="x" * 99)
        assert fault.endswith("…")
        assert len(fault) < 90
