import pytest

from autograder.exercises.ch05_transformer_block.cross_attention import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


def no_scale(x, memory, W_q, W_k, W_v, memory_mask=None):
    return right(x, memory, W_q * W_q.shape[1] ** 0.5, W_k, W_v, memory_mask)


def first_mask_for_all(x, memory, W_q, W_k, W_v, memory_mask=None):
    if memory_mask is not None:
        memory_mask = memory_mask[:1].expand_as(memory_mask)
    return right(x, memory, W_q, W_k, W_v, memory_mask)


def mean_without_memory(x, memory, W_q, W_k, W_v, memory_mask=None):
    if memory_mask is not None:
        memory_mask = memory_mask | ~memory_mask.any(-1, keepdim=True)
    return right(x, memory, W_q, W_k, W_v, memory_mask)


def keys_frozen(x, memory, W_q, W_k, W_v, memory_mask=None):
    return right(x, memory, W_q, W_k.detach(), W_v, memory_mask)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (no_scale, "x asks, the memory answers"),
        (first_mask_for_all, "padding of the memory"),
        (mean_without_memory, "no memory at all"),
        (keys_frozen, "everything learns"),
    ],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
