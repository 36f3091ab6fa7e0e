import pytest
import torch

from autograder.exercises.ch02_self_attention.stable_softmax import exercise

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
        (lambda x, dim: right(x.float(), dim).to(x.dtype), ["gradients flow, and stay finite"]),
        (lambda x, dim: right(x.detach(), dim), ["gradients flow, and stay finite"]),
        (lambda x, dim: right(x, abs(dim)), None),
        (lambda x, dim: right(x, dim).nan_to_num(), ["a slice of nothing but −inf gives zeros"]),
        (lambda x, dim: right(2 * x, dim), None),
        (lambda x, dim: right(x, dim) + 1e-3, None),
        (lambda x, dim: right(x, dim).log(), None),
        (lambda x, dim: right(x.clamp(-500, 500), dim), None),
        (lambda x, dim: right(x, dim).numpy(), None),
    ],
    ids=[
        *("float32 inside", "detached", "sign of dim lost", "hides nan", "doubled", "shifted"),
        *("log", "clamped", "numpy"),
    ],
)
def test_another_mistake_fails(wrong, lost):
    failed = failed_items(exercise, wrong)
    assert failed
    assert lost is None or failed == lost


@pytest.mark.parametrize(
    "call",
    [
        "torch.softmax(x, dim)",
        "x.softmax(dim)",
        "nn.Softmax(dim)(x)",
        "getattr(x, 'soft' + 'max')(dim)",
        "torch.ops.aten._softmax(x, dim, False)",
        "nn.functional.log_softmax(x, dim).exp()",
    ],
)
def test_the_short_cut_is_refused(call):
    cell = f"import torch\nfrom torch import nn\ndef stable_softmax(x, dim): return {call}"
    verdict = judge_cell(exercise, cell)
    assert verdict.points == 0
    told = [verdict.reason, *(item.message for item in verdict.items)]
    assert any("is not allowed in this exercise" in text for text in told)


def test_the_gradient_of_an_empty_slice_is_judged():
    def nan_backwards(x, dim):
        empty = (x == -torch.inf).all(dim, keepdim=True)
        powers = (x - x.amax(dim, keepdim=True)).exp()
        return (powers / powers.sum(dim, keepdim=True)).masked_fill(empty, 0.0)

    assert failed_items(exercise, nan_backwards) == ["gradients flow, and stay finite"]
