import pytest

from autograder.exercises.ch05_transformer_block.rms_norm import exercise

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
        (lambda x, gamma, eps: right(x, gamma, 1e-6), "eps is added to the mean square"),
        (lambda x, gamma, eps: right(x, gamma.detach(), eps), "everything learns"),
        (lambda x, gamma, eps: right(x, 1 + gamma, eps), "each row has a mean square of 1"),
        (lambda x, gamma, eps: right(x.abs(), gamma, eps), "each row has a mean square of 1"),
    ],
    ids=["eps known by heart", "gain not learned", "gain from one", "signs lost"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
