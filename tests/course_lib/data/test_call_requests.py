from itertools import islice

import pytest
import torch

from course_lib.agents.calls import Call, read_call, run_call
from course_lib.agents.schema_grammar import call_grammar
from course_lib.agents.tools import make_tool, toolbox
from course_lib.data.call_requests import (
    CHARACTERS,
    CITIES,
    END,
    MOST_NIGHTS,
    PADDING,
    VOCAB_SIZE,
    VOCABULARY,
    Request,
    book,
    draw_request,
    encode,
    prompt_of,
    request_batches,
    text_of,
    tokens,
)
from course_lib.generation.automaton import compile_grammar
from course_lib.generation.constrained import constrain


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def draw_many(n=200, seed=0):
    draws = generator(seed)
    return [draw_request(draws) for _ in range(n)]


def test_every_request_says_what_its_call_says():
    for request in draw_many():
        arguments = request.call.arguments
        assert arguments["city"] in request.text
        assert f"{arguments['nights']} nights" in request.text
        assert ("without breakfast" in request.text) != arguments["breakfast"]
        assert 1 <= arguments["nights"] <= MOST_NIGHTS


def test_every_call_can_be_read_and_run():
    tools = toolbox(book)
    for request in draw_many(50):
        assert read_call(str(request.call), tools) == request.call
        assert not run_call(request.call, tools).is_error


def test_draws_differ_and_the_seed_decides():
    requests = draw_many()
    assert {request.call.arguments["city"] for request in requests} == set(CITIES)
    assert len({request.text.split()[0].rstrip("0123456789") for request in requests}) > 2
    assert draw_many(9) == draw_many(9) != draw_many(9, seed=1)


def test_tokens_by_hand():
    request = Request("1 n", Call("book", {"nights": 1}))
    batch = encode([request, Request("12", Call("b"))])
    first = batch.token_ids[0].tolist()
    assert text_of(first) == '1 n\ncall book {"nights": 1}'
    assert first[-1] == END
    assert batch.is_answer[0].tolist() == [False] * 4 + [True] * (len(first) - 4)
    second = batch.token_ids[1].tolist()
    assert text_of(second) == "12\ncall b {}"
    assert second[13:] == [PADDING] * (len(first) - 13)
    assert prompt_of(request) == tokens("1 n\n")


def test_every_character_has_a_token():
    assert text_of(tokens(CHARACTERS)) == CHARACTERS
    assert text_of([*tokens("ab"), END, *tokens("c")]) == "ab"
    assert len(VOCABULARY) == VOCAB_SIZE
    assert b"".join(VOCABULARY) == CHARACTERS.encode()
    with pytest.raises(ValueError, match="'ü'"):
        tokens("ü")


def test_batches_have_so_many_rows():
    for batch in islice(request_batches(3, generator()), 2):
        assert batch.token_ids.shape[0] == 3
        assert batch.is_answer.any(dim=1).all()


def test_a_constraint_can_be_made_of_the_vocabulary():
    constraint = constrain(compile_grammar(call_grammar(make_tool(book))), VOCABULARY, END)
    shortest = len('call book {"city": "oslo", "nights": 1, "breakfast": true}') + 1
    assert constraint.n_needed[0].min() == shortest
