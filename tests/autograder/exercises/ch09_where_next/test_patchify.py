import pytest
import torch

from autograder.exercises.ch09_where_next.patchify import exercise
from autograder.judge import judge_exercise
from autograder.sandbox.agent import Agent

from ..at_work import assert_right, assert_wrong_and_named, judge_cell, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_unfold_with_the_channels_last(answer):
    patchify, unpatchify = answer.function()
    B, C, H, W, P = 2, 3, 4, 6, 2
    images = torch.randn(B, C, H, W, generator=torch.Generator().manual_seed(3))
    theirs = torch.nn.functional.unfold(images, P, stride=P)  # B C·P·P N
    want = theirs.mT.unflatten(2, (C, P * P)).mT.flatten(2)
    assert torch.equal(patchify(images, P), want)
    assert torch.equal(unpatchify(want, P, H, W), images)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_examples_worked_by_hand(answer):
    patchify, unpatchify = answer.function()
    image = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    patches = torch.tensor([[[1.0, 2.0, 4.0, 5.0], [3.0, 0.0, 6.0, 0.0]]])
    assert torch.equal(patchify(image, 2), patches)
    assert torch.equal(unpatchify(patches, 2, 2, 3), image)
    two_channels = torch.cat([image, 10 * image], dim=1)[..., :2]
    want = torch.tensor([[[1.0, 10.0, 2.0, 20.0, 4.0, 40.0, 5.0, 50.0]]])
    assert torch.equal(patchify(two_channels, 2), want)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_images_that_do_not_lie_in_order_are_taken(answer):
    patchify, unpatchify = answer.function()
    images = torch.randn(2, 5, 7, 3, generator=torch.Generator().manual_seed(5)).permute(0, 3, 1, 2)
    patches = patchify(images, 3)
    assert torch.equal(patches, patchify(images.contiguous(), 3))
    turned = patches.mT.contiguous().mT
    assert torch.equal(unpatchify(turned, 3, 5, 7), images)


def failed_items(patchify, unpatchify):
    functions = {"patchify": patchify, "unpatchify": unpatchify}
    verdict = judge_exercise(exercise, Agent(functions).answer, 1)
    return [item.name for item in verdict.items if not item.passed]


there, back = exercise.alternatives[2].function()


def test_each_function_is_judged_for_itself():
    def nothing(*given):
        return None

    items = [item.name for item in exercise.items]
    assert failed_items(there, nothing) == items[3:]
    assert failed_items(nothing, back) == [*items[:3], items[4]]


def test_numbers_cut_off_from_their_gradient_lose_the_points_of_that_alone():
    last = [exercise.items[-1].name]
    assert failed_items(lambda *given: there(*given).detach(), back) == last
    assert failed_items(there, lambda *given: back(*given).detach()) == last
    assert failed_items(lambda *given: there(*given).float(), back) == last


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("filled_at_the_wrong_side", ["images that no patches fill", "and back"]),
        ("squares_only", ["and back"]),
        ("filling_kept", ["and back"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    verdict = judge_cell(exercise, answer.as_cell(exercise.exports))
    failed = [item.name for item in verdict.items if not item.passed]
    assert failed == [*items, "gradients, float64, nothing changed"]
