import pytest
import torch

from autograder.exercises.capstone_mini_gpt import train_checks
from autograder.exercises.capstone_mini_gpt.train import exercise
from course_lib.own_gpt.parameters import new_params
from course_lib.own_gpt.reference_training import reference_train
from course_lib.own_gpt.stand_ins import reference_parts

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def test_untrained_parameters_are_far_from_the_floor():
    def lazy(batches, params, n_heads, peak, warmup, parts):
        return params, [0.0 for _ in batches]

    assert len(failed_items(exercise, lazy)) == len(exercise.items)


def test_the_bound_leaves_a_right_answer_room():
    # 40 seeds gave 0.15 nats on average with a deviation of 0.04, and 0.25 at most; the bound is
    # six deviations away. Three seeds here, for each is a training.
    steps, size, seq_len = train_checks.N_STEPS, train_checks.BATCH_SIZE, train_checks.SEQ_LEN
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        texts = train_checks._source().draw(size * steps, seq_len, generator) + 1
        params = new_params(train_checks.SIZES, generator)
        assert train_checks.nats_above_entropy(params) > 1
        trained, _ = reference_train(
            list(texts.split(size)),
            params,
            train_checks.SIZES.n_heads,
            train_checks.PEAK,
            train_checks.WARMUP,
            reference_parts(),
        )
        assert train_checks.nats_above_entropy(trained) < 0.75 * train_checks.MOST_ABOVE
