import pytest
import torch

from autograder.exercises.ch07_inference_engineering.online_softmax import exercise

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


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gives_torchs_log_sum_exp(answer):
    generator = torch.Generator().manual_seed(3)
    scores = 20 * torch.randn(2, 3, 11, generator=generator, dtype=torch.float64)
    row_max, row_sum = answer.function(list(scores.split((4, 1, 6), dim=-1)))
    torch.testing.assert_close(row_max, scores.amax(-1), rtol=0, atol=0)
    torch.testing.assert_close(row_max + row_sum.log(), scores.logsumexp(-1), rtol=1e-12, atol=0)


def test_putting_the_row_together_is_refused_in_a_sentence():
    cell = (
        "import torch\n"
        "def online_softmax(blocks):\n"
        "    row = torch.cat(blocks, dim=-1)\n"
        "    return row.amax(-1), (row - row.amax(-1, keepdim=True)).exp().sum(-1)\n"
    )
    verdict = judge_cell(exercise, cell)
    assert verdict.points == 0
    assert "torch.cat is not allowed" in verdict.as_text()


def test_putting_the_row_together_by_another_name_is_refused_too():
    def hidden_cat(blocks):
        row = getattr(torch, "c" + "at")(blocks, dim=-1)
        return row.amax(-1), (row - row.amax(-1, keepdim=True)).exp().sum(-1)

    assert judge_function(exercise, hidden_cat).points == 0


def test_a_list_is_no_pair():
    def a_list(blocks):
        return list(exercise.alternatives[0].function(blocks))

    assert len(failed_items(exercise, a_list)) == len(exercise.items)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("old_sum_not_rescaled", ["the maximum comes later"]),
        ("maximum_not_carried", ["the maximum came before", "a block of −∞"]),
        ("first_block_nan", ["a block of −∞"]),
        ("no_maximum_subtracted", ["one block", "the maximum comes later"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[: len(items)] == items
