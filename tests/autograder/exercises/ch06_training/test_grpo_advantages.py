import pytest
import torch

from autograder.exercises.ch06_training.grpo_advantages import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda rewards: right(rewards.detach()), "gradients, float64"),
        (lambda rewards: right(rewards).float(), "gradients, float64"),
        (lambda rewards: right(rewards.half().float()), "each group is compared with itself"),
        (lambda rewards: -right(rewards), "each group is compared with itself"),
        (
            lambda rewards: right(rewards) if rewards.shape[1] > 1 else rewards,
            "a group in which all earned the same gives zeros",
        ),
        (
            lambda rewards: right(rewards.round(decimals=3)),
            "nothing is added to the standard deviation",
        ),
    ],
    ids=[
        "cut off",
        "float32 always",
        "half precision",
        "sign",
        "a group of one",
        "rounded",
    ],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)


def test_centring_in_place_changes_the_input():
    def in_place(rewards):
        with torch.no_grad():
            rewards -= rewards.mean(1, keepdim=True)
        return right(rewards)

    assert "gradients, float64" in failed_items(exercise, in_place)


def test_a_tiny_number_added_to_the_standard_deviation_loses_points():
    def tiny_number_added(rewards):
        centred = rewards - rewards.mean(1, keepdim=True)
        is_flat = rewards.amax(1, keepdim=True) == rewards.amin(1, keepdim=True)
        spread = rewards.std(1, correction=0, keepdim=True)
        return torch.where(is_flat, 0.0, centred / (spread + 1e-8))

    assert "nothing is added to the standard deviation" in failed_items(exercise, tiny_number_added)
