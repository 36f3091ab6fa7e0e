import pytest
import torch

from autograder.exercises.ch02_self_attention.self_attention import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


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
        lambda x, q, k, v, mask=None: right(x, q, k, v, mask).float(),
        lambda x, q, k, v, mask=None: right(x, q.detach(), k, v, mask),
        lambda x, q, k, v, mask=None: right(x, q, k, v),
        lambda x, q, k, v, mask=None: right(x, q, k, v, mask if mask is None else mask.mT),
        lambda x, q, k, v, mask=None: right(x, q, k, v, mask) + x[..., :1],
        lambda x, q, k, v, mask=None: right(x, q, q, v, mask),
        lambda x, q, k, v, mask=None: right(x, q, k, v, mask).mean(-2, keepdim=True),
        lambda x, q, k, v, mask=None: right(x, q, k, v, mask).tolist(),
    ],
    ids=[
        *("float32", "W_q detached", "no mask", "mask transposed", "residual", "one projection"),
        *("averaged", "list"),
    ],
)
def test_another_mistake_fails(wrong):
    assert judge_function(exercise, wrong).points < exercise.points


def test_sequences_that_see_each_other_fail():
    def one_long_sequence(x, W_q, W_k, W_v, mask=None):
        if x.ndim == 2:
            return right(x, W_q, W_k, W_v, mask)
        return right(x.flatten(0, 1), W_q, W_k, W_v).unflatten(0, x.shape[:2])

    assert failed_items(exercise, one_long_sequence) == ["a batch, and tokens in any order"]


def test_positions_smuggled_in_fail():
    def with_positions(x, W_q, W_k, W_v, mask=None):
        place = torch.arange(x.shape[-2], dtype=x.dtype)[:, None] / 10
        return right(x + place, W_q, W_k, W_v, mask)

    assert "a batch, and tokens in any order" in failed_items(exercise, with_positions)


def test_nan_in_the_gradient_of_an_empty_row_loses_one_point():
    def nan_backwards(x, W_q, W_k, W_v, mask=None):
        if mask is None:
            return right(x, W_q, W_k, W_v)
        scores = (x @ W_q) @ (x @ W_k).mT / W_q.shape[-1] ** 0.5
        powers = (scores - scores.amax(-1, keepdim=True)).exp() * mask
        total = powers.sum(-1, keepdim=True)
        return torch.where(total > 0, powers / total, 0.0) @ (x @ W_v)

    assert failed_items(exercise, nan_backwards) == ["everything learns"]


def test_a_large_number_for_infinity_loses_one_point_where_empty_rows_are_right():
    def hidden_by_a_number(x, W_q, W_k, W_v, mask=None):
        scores = (x @ W_q) @ (x @ W_k).mT / W_q.shape[-1] ** 0.5
        if mask is None:
            return scores.softmax(-1) @ (x @ W_v)
        return (scores.masked_fill(~mask, -1e9).softmax(-1) * mask) @ (x @ W_v)

    assert failed_items(exercise, hidden_by_a_number) == ["hidden means minus infinity"]


def test_empty_rows_are_looked_for_in_each_sequence():
    def emptied_along_axis_1(x, W_q, W_k, W_v, mask=None):
        if mask is None:
            return right(x, W_q, W_k, W_v)
        scores = (x @ W_q) @ (x @ W_k).mT / W_q.shape[-1] ** 0.5
        shares = scores.masked_fill(~mask, -torch.inf).softmax(-1)
        return torch.where(mask.any(1, keepdim=True), shares, 0.0) @ (x @ W_v)

    assert failed_items(exercise, emptied_along_axis_1) == ["a batch, and tokens in any order"]
