import pytest

from autograder.exercises.ch05_transformer_block.logit_lens import exercise

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
        (lambda h, norm, unembed: norm(norm(h)) @ unembed, "every layer is normalised, then read"),
        (lambda h, norm, unembed: right(h, norm, unembed)[-1:], "every layer is normalised"),
        (lambda h, norm, unembed: right(h, norm, unembed).flip(0), "every layer is normalised"),
        (lambda h, norm, unembed: right(h, norm, unembed.detach()), "everything learns"),
        (lambda h, norm, unembed: right(h, norm.train(False), unembed), "everything learns"),
    ],
    ids=["twice", "last layer only", "reversed", "unembedding frozen", "norm changed"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert any(name.startswith(lost) for name in failed_items(exercise, wrong))
