import pytest
import torch

from autograder.exercises.ch06_training.sft_loss import exercise

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
        (
            lambda logits, ids, mask: right(logits.detach(), ids, mask),
            "large scores, gradients, float64",
        ),
        (
            lambda logits, ids, mask: right(logits, ids, mask).float(),
            "large scores, gradients, float64",
        ),
        (
            lambda logits, ids, mask: right(logits, ids, mask).unsqueeze(0),
            "the answer counts, the prompt does not",
        ),
        (
            lambda logits, ids, mask: right(logits[:1], ids[:1], mask[:1]),
            "one mean over all answer tokens of the batch",
        ),
        (
            lambda logits, ids, mask: right(logits.half().float(), ids, mask),
            "large scores, gradients, float64",
        ),
    ],
    ids=["cut off", "float32 always", "an axis too many", "first row only", "half precision"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)


def test_writing_into_the_logits_changes_the_input():
    def in_place(logits, token_ids, answer_mask):
        with torch.no_grad():
            logits -= logits.amax(-1, keepdim=True)
        return right(logits, token_ids, answer_mask)

    assert failed_items(exercise, in_place) == ["large scores, gradients, float64"]
