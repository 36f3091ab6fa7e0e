import pytest
import torch

from autograder.exercises.capstone_mini_gpt.drawn import (
    block_of,
    draw_model,
    draw_past,
    draw_state,
    draw_texts,
    gpt_of,
    in_tuple,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError
from autograder.sandbox.wire import Made
from course_lib.own_gpt.parameters import params_of_block
from course_lib.own_gpt.reference_model import reference_block, reference_gpt

TIGHT = {"rtol": 1e-10, "atol": 1e-10}


@pytest.mark.parametrize("small", [False, True])
def test_what_a_block_and_a_model_should_give_is_the_librarys(small):
    draw = Draw(5, small=small)
    model = draw_model(draw, torch.float64)
    texts, past = draw_texts(draw, model, 2, 4), draw_past(draw, model, 2, 3)
    parts = own(parts_for("train"))
    torch.testing.assert_close(
        gpt_of(texts, model.params, past, model.n_heads, parts),
        reference_gpt(texts, model.params, past, model.n_heads),
        **TIGHT,
    )
    x = draw.normal(2, 4, model.n_heads * model.d_head, dtype=torch.float64)
    block = params_of_block(model.params, 1)
    torch.testing.assert_close(
        block_of(x, block, past[1], model.n_heads, parts),
        reference_block(x, block, past[1], model.n_heads),
        **TIGHT,
    )


def test_texts_hold_no_padding_and_only_tokens_of_the_model():
    draw = Draw(6)
    model = draw_model(draw)
    texts = draw_texts(draw, model, 50, 50)
    assert texts.min() == 1
    assert texts.max() == model.vocab_size - 1 == len(model.params["embedding"]) - 1


def test_squares_in_a_memory_are_above_nothing():
    draw = Draw(7)
    state = draw_state(draw, draw_model(draw).params)
    assert all((square > 0).all() and n == 4 for _, square, n in state.values())


def test_parts_are_made_from_recipes_of_parts_alone():
    with pytest.raises(TypeError, match="generator makes no parts"):
        own(Made("generator", {"seed": 1}))


def test_a_result_of_several_things_is_taken_apart():
    assert in_tuple((1, 2), 2, "a pair") == (1, 2)
    for other in ([1, 2], (1,), None):
        with pytest.raises(CheckError, match="the result is not a pair"):
            in_tuple(other, 2, "a pair")
