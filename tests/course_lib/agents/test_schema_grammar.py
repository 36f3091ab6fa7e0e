import json
from typing import Literal

import pytest
import torch

from course_lib.agents.calls import Call, read_call
from course_lib.agents.schema_grammar import call_grammar, schema_grammar
from course_lib.agents.tools import faults_of, make_tool, schema_of, toolbox
from course_lib.generation.automaton import compile_grammar, fits_empty
from course_lib.generation.constrained import ConstrainedChoice, constrain


def convert(amount: float, currency: Literal["EUR", "DKK"], rounded: bool = False) -> str:
    """Convert an amount."""
    return f"{amount} {currency} {rounded}"


def note(text: str = "", tags: list[int] = [], page: int | None = None) -> str:  # noqa: B006
    """Keep a note."""
    return f"{text} {tags} {page}"


def fits(annotation_or_schema, text, max_length=4):
    schema = annotation_or_schema
    if not isinstance(schema, dict):
        schema = schema_of(schema)
    return compile_grammar(schema_grammar(schema, max_length)).fits(text.encode())


class TestValues:
    @pytest.mark.parametrize(
        ("annotation", "text"),
        [
            (int, "0"),
            (int, "-12"),
            (int, "123456789"),
            (float, "-0.50"),
            (float, "7"),
            (bool, "true"),
            (None, "null"),
            (str, '""'),
            (str, '"aü\\n\\""'),
            (list[int], "[]"),
            (list[int], "[1, -2, 3]"),
            (int | None, "null"),
            (Literal["a", 2], "2"),
            (Literal["a", 2], '"a"'),
        ],
    )
    def test_what_fits_is_json_of_the_schema(self, annotation, text):
        assert fits(annotation, text)
        assert faults_of(json.loads(text), schema_of(annotation)) == []

    @pytest.mark.parametrize(
        ("annotation", "text"),
        [
            (int, "01"),
            (int, "1.5"),
            (int, ""),
            (int, "1234567890"),
            (float, "1."),
            (float, ".5"),
            (float, "1e3"),
            (bool, "True"),
            (str, '"abcde"'),
            (str, '"a"b"'),
            (str, '"\\x"'),
            (str, '"\n"'),
            (list[int], "[1,2]"),
            (list[int], "[1, 2, 3, 4, 5]"),
            (Literal["a", 2], '"2"'),
        ],
    )
    def test_what_does_not(self, annotation, text):
        assert not fits(annotation, text)

    def test_members_come_in_order_and_may_be_left_out_if_they_have_a_default(self):
        schema = make_tool(note).parameters
        for text in (
            "{}",
            '{"text": "a"}',
            '{"tags": [1]}',
            '{"text": "a", "page": null}',
            '{"text": "a", "tags": [], "page": 3}',
        ):
            assert fits(schema, text), text
        for text in ('{"page": 3, "text": "a"}', '{"text": "a",}', '{, "page": 3}', '{"x": 1}'):
            assert not fits(schema, text), text

    def test_required_members_may_not(self):
        schema = make_tool(convert).parameters
        assert fits(schema, '{"amount": 1, "currency": "EUR"}')
        assert fits(schema, '{"amount": 1, "currency": "EUR", "rounded": true}')
        assert not fits(schema, '{"amount": 1}')
        assert not fits(schema, '{"currency": "EUR"}')

    def test_empty_lists_only(self):
        assert fits(list[int], "[]", max_length=0)
        assert not fits(list[int], "[1]", max_length=0)

    def test_what_cannot_be_written(self):
        with pytest.raises(ValueError, match="no grammar for"):
            schema_grammar({"type": "date"})
        with pytest.raises(ValueError, match="unlike -1"):
            schema_grammar({"type": "string"}, -1)


class TestDecoding:
    @pytest.mark.parametrize("seed", range(5))
    def test_whatever_the_logits_say_a_call_comes_out(self, seed):
        """A model that knows nothing, held to the grammar, writes calls that can be run."""
        tools = toolbox(convert)
        vocabulary = [bytes([byte]) for byte in range(256)] + [b"call ", b'": ', b"EUR", b""]
        end = len(vocabulary) - 1
        grammar = call_grammar(tools["convert"], max_length=6)
        assert not fits_empty(grammar)
        constraint = constrain(compile_grammar(grammar), vocabulary, end)
        draws = torch.Generator().manual_seed(seed)

        def draw(logits, token_ids, n_padding=None):
            return torch.multinomial(logits.softmax(dim=-1), 1, generator=draws).squeeze(-1)

        choose = ConstrainedChoice(constraint, draw, batch_size=3, max_new_tokens=90)
        rows = torch.zeros(3, 1, dtype=torch.long)
        for _ in range(90):
            logits = torch.randn(3, len(vocabulary), generator=draws)
            rows = torch.cat([rows, choose(logits, rows)[:, None]], dim=1)
        for row in rows[:, 1:].tolist():
            text = b"".join(vocabulary[token] for token in row[: row.index(end)]).decode()
            assert isinstance(read_call(text, tools), Call), text
