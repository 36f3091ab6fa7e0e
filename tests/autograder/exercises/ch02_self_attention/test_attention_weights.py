import pytest
import torch

from autograder.exercises.ch02_self_attention.attention_weights import exercise

from ..at_work import (
    SEEDS,
    assert_right,
    assert_wrong_and_named,
    failed_items,
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
        lambda q, k, mask=None: right(q, k, mask).float(),
        lambda q, k, mask=None: right(q.detach(), k, mask),
        lambda q, k, mask=None: right(k, q, mask if mask is None else mask.mT).mT,
        lambda q, k, mask=None: right(q, k, mask).transpose(-1, -2),
        lambda q, k, mask=None: right(q, k, None),
        lambda q, k, mask=None: right(-q, k, mask),
        lambda q, k, mask=None: right(q, k, mask) * (1 - 1e-3),
        lambda q, k, mask=None: right(q, k, mask).clamp(min=1e-3),
        lambda q, k, mask=None: (right(q, k, mask) == right(q, k, mask).amax(-1, True)).to(q.dtype),
        lambda q, k, mask=None: torch.full((*q.shape[:-1], k.shape[-2]), 1 / k.shape[-2]),
    ],
    ids=[
        *("float32", "q detached", "softmax over queries", "transposed", "no mask", "sign"),
        *("nearly one", "hidden not 0", "hard", "uniform"),
    ],
)
def test_another_mistake_fails(wrong):
    assert judge_function(exercise, wrong).points < exercise.points


def test_uniform_weights_earn_nothing():
    def uniform(q, k, mask=None):
        weights = torch.ones(*q.shape[:-1], k.shape[-2], dtype=q.dtype)
        weights = weights if mask is None else weights * mask
        return weights / weights.sum(-1, keepdim=True).clamp(min=1)

    assert judge_function(exercise, uniform).points == 0


def test_a_mask_of_one_row_must_broadcast():
    def needs_a_full_mask(q, k, mask=None):
        if mask is not None and mask.shape[-2:] != (q.shape[-2], k.shape[-2]):
            raise ValueError("give me a full mask")
        return right(q, k, mask)

    assert failed_items(exercise, needs_a_full_mask) == ["leading axes, and masks that broadcast"]


def test_nan_in_the_gradient_of_an_empty_row_loses_one_point():
    def nan_backwards(q, k, mask=None):
        if mask is None:
            return right(q, k)
        powers = (q @ k.mT / q.shape[-1] ** 0.5).exp() * mask
        total = powers.sum(-1, keepdim=True)
        return torch.where(total > 0, powers / total, 0.0)

    failed = failed_items(exercise, nan_backwards)
    assert "gradients flow, and stay finite" in failed
    assert "a query that may look at nothing" not in failed


def test_torchs_own_attention_is_refused():
    def by_values_of_an_identity(q, k, mask=None):
        identity = torch.eye(k.shape[-2], dtype=q.dtype)
        return torch.nn.functional.scaled_dot_product_attention(q, k, identity, mask)

    verdict = judge_function(exercise, by_values_of_an_identity)
    assert verdict.points == 0
    assert "scaled_dot_product_attention is not allowed" in verdict.items[0].message


def test_a_large_number_for_infinity_loses_one_point_where_empty_rows_are_right():
    def hidden_by_a_number(q, k, mask=None):
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is None:
            return scores.softmax(-1)
        return scores.masked_fill(~mask, -1e9).softmax(-1) * mask

    assert failed_items(exercise, hidden_by_a_number) == ["hidden means minus infinity"]


@pytest.mark.parametrize("spoil", [torch.Tensor.detach, torch.Tensor.float])
def test_gradients_are_wanted_without_a_mask_too(spoil):
    def spoiled(q, k, mask=None):
        return right(q, k, mask) if mask is not None else spoil(right(q, k))

    assert failed_items(exercise, spoiled) == ["gradients flow, and stay finite"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_number_of_heads_is_not_the_width(seed):
    def scaled_by_axis_1(q, k, mask=None):
        return right(q * (q.shape[-1] / q.shape[1]) ** 0.5, k, mask)

    verdict = judge_function(exercise, scaled_by_axis_1, seed)
    failed = [item.name for item in verdict.items if not item.passed]
    assert failed == ["leading axes, and masks that broadcast"]


@pytest.mark.parametrize("name", ["no_scale", "scaled_by_the_width"])
def test_the_sum_of_the_weights_says_nothing_about_the_scale(name):
    """Whatever a learner's draw, so that the same answer gets the same mark."""
    (answer,) = [one for one in exercise.misconceptions if one.name == name]
    for seed in range(12):
        failed = failed_items(exercise, answer.function, seed)
        assert "each query's weights sum to one" not in failed, seed
