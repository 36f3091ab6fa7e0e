import pytest
import torch

from autograder.exercises.ch02_self_attention.softmax_jacobian import exercise

from ..at_work import assert_right, assert_wrong_and_named, judge_cell, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: right(p).float(),
        lambda p: right(p.detach()),
        lambda p: right(p.softmax(0)),
        lambda p: right(p)[None],
        lambda p: right(p).numpy(),
        lambda p: p.diag() + torch.outer(p, p),
        lambda p: p.sqrt().diag() - torch.outer(p, p),
        lambda p: torch.zeros(len(p), len(p), dtype=p.dtype),
    ],
    ids=[
        *("float32", "detached", "softmax again", "one axis more", "numpy", "plus", "root"),
        "zeros",
    ],
)
def test_another_mistake_fails(wrong):
    assert judge_function(exercise, wrong).points < exercise.points


def test_zeros_earn_nothing_for_rows_that_sum_to_zero():
    def zeros(p):
        return 0 * torch.outer(p, p)

    assert judge_function(exercise, zeros).points == 0


@pytest.mark.parametrize(
    "body",
    [
        "torch.func.jacrev(lambda x: x.exp() / x.exp().sum())(p.log())",
        "torch.autograd.functional.jacobian(lambda x: x.exp() / x.exp().sum(), p.log())",
        "vars(torch.autograd.functional)['jacobian'](lambda x: x.exp() / x.exp().sum(), p.log())",
    ],
)
def test_the_short_cut_is_refused(body):
    verdict = judge_cell(exercise, f"import torch\ndef softmax_jacobian(p): return {body}")
    assert verdict.points == 0
    told = [verdict.reason, *(item.message for item in verdict.items)]
    assert any("is not allowed in this exercise" in text for text in told)
