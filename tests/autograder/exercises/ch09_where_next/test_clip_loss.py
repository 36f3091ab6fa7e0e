import math

import pytest
import torch
import torch.nn.functional as F

from autograder.exercises.ch09_where_next.clip_loss import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
LAST = "a large scale, gradients, float64"


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_cross_entropy_both_ways(answer):
    generator = torch.Generator().manual_seed(3)
    B, J = 5, 7
    image, text = (torch.randn(B, J, generator=generator, dtype=torch.float64) for _ in "it")
    log_scale = torch.tensor(1.3, dtype=torch.float64)
    logits = log_scale.exp() * F.normalize(image, dim=1) @ F.normalize(text, dim=1).mT
    own = torch.arange(B)
    want = (F.cross_entropy(logits, own) + F.cross_entropy(logits.mT, own)) / 2
    torch.testing.assert_close(answer.function(image, text, log_scale), want, rtol=1e-12, atol=0)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    # Cosines 0.6, 0.8 and 0, 1, doubled. Rows: ln(1 + e^0.4), ln(1 + e^-2); columns:
    # ln(1 + e^-1.2), ln(1 + e^-0.4).
    image = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
    text = torch.tensor([[2.0, 0.0], [0.0, 5.0]], dtype=torch.float64)
    got = answer.function(image, text, torch.tensor(math.log(2), dtype=torch.float64))
    costs = [math.log1p(math.exp(gap)) for gap in (0.4, -2.0, -1.2, -0.4)]
    assert got.item() == pytest.approx(sum(costs) / 4, rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda image, text, scale: right(image.detach(), text, scale), [LAST]),
        (lambda image, text, scale: right(image, text.detach(), scale), [LAST]),
        (lambda image, text, scale: right(image, text, scale.detach()), [LAST]),
        (lambda image, text, scale: right(image, text, scale).float(), [LAST]),
        (
            lambda image, text, scale: right(image, text, scale)[None],
            [item.name for item in exercise.items],
        ),
        (
            lambda image, text, scale: right(image, text, scale.clamp(max=math.log(100))),
            [LAST],
        ),
    ],
    ids=["images cut off", "texts cut off", "scale cut off", "float32", "an axis", "clipped"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert failed_items(exercise, wrong) == lost


def test_normalising_in_place_changes_the_input():
    def in_place(image, text, log_scale):
        with torch.no_grad():
            image /= image.norm(dim=1, keepdim=True)
        return right(image, text, log_scale)

    assert LAST in failed_items(exercise, in_place)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("log_of_softmax", [LAST]),
        (
            "scale_not_exponentiated",
            ["images and texts find each other", "only directions count"],
        ),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function)[: len(items)] == items
