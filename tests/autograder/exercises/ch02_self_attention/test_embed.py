import pytest
import torch

from autograder.exercises.ch02_self_attention.embed import exercise

from ..at_work import (
    assert_right,
    assert_wrong_and_named,
    failed_items,
    judge_cell,
    judge_function,
    names,
)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ids, table: right(ids, table)[1],
        lambda ids, table: list(right(ids, table)),
        lambda ids, table: right(ids, table)[::-1],
        lambda ids, table: tuple(part.float() for part in right(ids, table)),
        lambda ids, table: (right(ids, table)[0], right(ids, table.flip(0))[1]),
        lambda ids, table: tuple(torch.nn.Parameter(part) for part in right(ids, table)),
    ],
    ids=["vectors only", "list", "exchanged", "float32", "table upside down", "parameters"],
)
def test_another_mistake_fails(wrong):
    assert judge_function(exercise, wrong).points < exercise.points


def test_a_table_that_cannot_learn_loses_one_point():
    def detached(token_ids, table):
        one_hot, vectors = right(token_ids, table.detach())
        return one_hot, vectors

    assert failed_items(exercise, detached) == ["the table learns"]


@pytest.mark.parametrize("call", ["nn.functional.one_hot(ids)", "nn.Embedding(3, 4)(ids)"])
def test_the_short_cut_is_refused(call):
    cell = f"from torch import nn\ndef embed(ids, table): return {call}, table[ids]"
    assert "is not allowed in this exercise" in judge_cell(exercise, cell).reason


def test_one_hot_rows_in_float32_lose_one_point():
    def half_cast(token_ids, table):
        one_hot, vectors = right(token_ids, table)
        return one_hot.float(), vectors

    assert failed_items(exercise, half_cast) == ["the table learns"]
