import pytest
import torch

from autograder.exercises.ch09_where_next.moe_route import exercise
from course_lib.mixture_of_experts import choose_experts

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
BEST, SHARES, LOSS, EVEN, LAST = [item.name for item in exercise.items]


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_routes_as_the_library_does(answer):
    generator = torch.Generator().manual_seed(3)
    T, D, E, K = 7, 5, 6, 3
    x = torch.randn(T, D, generator=generator, dtype=torch.float64)
    W_gate = torch.randn(D, E, generator=generator, dtype=torch.float64)
    weights, indices, _ = answer.function(x, W_gate, K)
    theirs = choose_experts(x @ W_gate, K)
    assert torch.equal(indices, theirs.experts)
    torch.testing.assert_close(weights, theirs.weights, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    # Probabilities 6, 3, 1 and 3, 6, 1 in ten: f = (1/2, 1/2, 0), P = (0.45, 0.45, 0.1).
    x = torch.tensor([[6.0, 3.0, 1.0], [3.0, 6.0, 1.0]], dtype=torch.float64).log()
    weights, indices, loss = answer.function(x, torch.eye(3, dtype=torch.float64), 2)
    assert indices.tolist() == [[0, 1], [1, 0]]
    assert weights[0].tolist() == pytest.approx([2 / 3, 1 / 3], rel=1e-12)
    assert loss.item() == pytest.approx(1.35, rel=1e-12)


def test_memory_that_does_not_lie_in_order_is_taken():
    generator = torch.Generator().manual_seed(5)
    x, W_gate = torch.randn(5, 7, generator=generator).T, torch.randn(4, 5, generator=generator).T
    first, *others = (answer.function(x, W_gate, 2) for answer in exercise.alternatives)
    for one in others:
        torch.testing.assert_close(one, first)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda weights, indices, loss: (weights.detach(), indices, loss), [LAST]),
        (lambda weights, indices, loss: (weights, indices, loss.detach()), [LAST]),
        (lambda weights, indices, loss: (weights, indices, loss.float()), [LAST]),
        (lambda weights, indices, loss: (weights, indices.int(), loss), [BEST, LAST]),
        (lambda weights, indices, loss: (weights, indices, loss[None]), [LOSS, EVEN, LAST]),
        (lambda weights, indices, loss: (indices, weights, loss), [BEST, SHARES, LAST]),
    ],
    ids=["weights cut off", "loss cut off", "float32", "int32", "an axis", "exchanged"],
)
def test_another_mistake_loses_the_points_of_its_items(wrong, lost):
    assert failed_items(exercise, lambda *given: wrong(*right(*given))) == lost


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("softmax_before_choosing", [SHARES, LAST]),
        ("shares_from_probabilities", [LOSS, EVEN, LAST]),
        ("mean_over_experts", [LOSS, EVEN, LAST]),
        ("sigmoid_for_softmax", [SHARES, LAST]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
