import pytest
import torch
from torch.nn.functional import cross_entropy

from autograder.exercises.ch03_heads_and_positions.ablate import exercise

from ..at_work import SEEDS, assert_right, assert_wrong_and_named, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@torch.no_grad()
def loss(model, token_ids):
    return cross_entropy(model(token_ids[:, :-1]).logits.mT, token_ids[:, 1:]).item()


@torch.no_grad()
def weight_left_at_zero(model, token_ids, layer, head):
    base, width = loss(model, token_ids), model.cfg.d_head
    model.blocks[layer].attention.to_out.weight[:, head * width : (head + 1) * width] = 0
    return loss(model, token_ids) - base


def sign_turned_by_changing_weights(model, token_ids, layer, head):
    weight = model.blocks[layer].attention.to_out.weight
    before = weight.detach().clone()
    rise = weight_left_at_zero(model, token_ids, layer, head)
    with torch.no_grad():
        weight.copy_(before)
    return -rise


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weight_that_stays_changed_is_not_taken_for_a_hook_alone(seed):
    verdict = judge_function(exercise, weight_left_at_zero, seed)
    assert verdict.points == 7
    (found,) = verdict.misconceptions
    assert "a hook was left in the model, or a weight was changed" in found.sentence


@pytest.mark.parametrize("seed", SEEDS)
def test_a_turned_sign_is_named_however_the_head_was_silenced(seed):
    verdict = judge_function(exercise, sign_turned_by_changing_weights, seed)
    assert [found.name for found in verdict.misconceptions] == ["sign_turned"]
