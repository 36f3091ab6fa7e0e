import pytest
import torch

from autograder.exercises.ch07_inference_engineering.grouped_query_attention import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_grouped_attention(answer):
    generator = torch.Generator().manual_seed(3)
    B, H, HKV, T, DH = 2, 6, 3, 5, 4
    q = torch.randn(B, H, T, DH, generator=generator, dtype=torch.float64)
    k, v = (torch.randn(B, HKV, T, DH, generator=generator, dtype=torch.float64) for _ in "kv")
    want = torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    torch.testing.assert_close(answer.function(q, k, v), want, rtol=1e-12, atol=1e-12)


def test_memory_that_does_not_lie_in_order_is_taken():
    B, T, DH = 2, 5, 4
    generator = torch.Generator().manual_seed(5)
    q, k, v = (
        torch.randn(B, T, heads, DH, generator=generator).transpose(1, 2) for heads in (6, 3, 3)
    )
    first, *others = (answer.function(q, k, v) for answer in exercise.alternatives)
    for one in others:
        torch.testing.assert_close(one, first)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("takes_turns", ["neighbours share keys and values"]),
        ("first_head_for_all", ["neighbours share keys and values"]),
        ("heads_averaged", ["neighbours share keys and values", "one head for all"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[: len(items)] == items
