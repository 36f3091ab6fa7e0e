import pytest
import torch

from autograder.exercises.ch07_inference_engineering.quantize_int8 import exercise

from ..at_work import SEEDS, assert_right, assert_wrong_and_named, judge_cell, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_torchs_quantization(answer, axis):
    quantize_int8, dequantize = answer.function()
    w = torch.randn(5, 7, generator=torch.Generator().manual_seed(3))
    q, scale = quantize_int8(w, axis)
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    theirs = torch.fake_quantize_per_channel_affine(w, scale, zeros, axis, -127, 127)
    torch.testing.assert_close(dequantize(q, scale, axis), theirs)
    assert q.abs().amax(1 - axis).eq(127).all()


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_weights_that_do_not_lie_in_order_are_taken(answer):
    quantize_int8, _ = answer.function()
    w = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(5))
    turned, in_order = w.permute(2, 0, 1), w.permute(2, 0, 1).contiguous()
    for one, other in zip(quantize_int8(turned, 1), quantize_int8(in_order, 1), strict=True):
        assert torch.equal(one, other)


def failed_items(*changes):
    """Name the items that the first alternative fails after some changes to its text."""
    cell = exercise.alternatives[0].as_cell(exercise.exports)
    for before, after in changes:
        assert before in cell
        cell = cell.replace(before, after)
    failed = {
        item.name
        for seed in SEEDS
        for item in judge_cell(exercise, cell, seed).items
        if not item.passed
    }
    return [item.name for item in exercise.items if item.name in failed]


def test_ties_may_go_either_way():
    up = "torch.floor(rows / scale[:, None] + 0.5)"
    assert failed_items(("torch.round(rows / scale[:, None])", up)) == []


def test_a_scale_of_another_dtype_loses_points():
    wide = failed_items((".to(torch.int8), scale", ".to(torch.int8), scale.double()"))
    assert "a scale for each channel" in wide
    assert "and back" in wide


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("zero_channel_divides_by_zero", ["a channel of zeros"]),
        ("cut_off_for_rounded", ["rounded to whole steps", "and back", "any axis, float64"]),
        ("divides_on_the_way_back", ["and back", "any axis, float64"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    verdict = judge_cell(exercise, answer.as_cell(exercise.exports))
    assert [item.name for item in verdict.items if not item.passed] == items
