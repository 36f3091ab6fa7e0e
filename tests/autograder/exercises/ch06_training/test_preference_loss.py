import pytest

from autograder.exercises.ch06_training.preference_loss import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_cell, names


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
        (lambda chosen, rejected: right(chosen.detach(), rejected), "scores far apart"),
        (lambda chosen, rejected: right(chosen, rejected.detach()), "gradients, float64"),
        (lambda chosen, rejected: right(chosen, rejected).float(), "gradients, float64"),
        (
            lambda chosen, rejected: right((chosen - rejected).clamp(-50), 0 * rejected),
            "scores far apart",
        ),
        (
            lambda chosen, rejected: right(chosen[:1], rejected[:1]),
            "the mean over the pairs",
        ),
        (
            lambda chosen, rejected: right(chosen[:, None], rejected[None, :]),
            "the mean over the pairs",
        ),
        (
            lambda chosen, rejected: right(chosen, rejected).unsqueeze(0),
            "the mean over the pairs",
        ),
    ],
    ids=[
        "chosen cut off",
        "rejected cut off",
        "float32 always",
        "margins bounded",
        "first pair only",
        "each with each",
        "an axis too many",
    ],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)


@pytest.mark.parametrize(
    "line",
    [
        "return -F.logsigmoid(chosen - rejected).mean()",
        "return getattr(F, 'softplus')(rejected - chosen).mean()",
        "return F.soft_margin_loss(chosen - rejected, torch.ones_like(chosen))",
    ],
)
def test_one_call_that_does_it_all_is_refused(line):
    head = "import torch\nimport torch.nn.functional as F\n\n"
    verdict = judge_cell(exercise, f"{head}def preference_loss(chosen, rejected):\n    {line}\n")
    assert verdict.points == 0
    assert "not allowed" in verdict.as_text()
