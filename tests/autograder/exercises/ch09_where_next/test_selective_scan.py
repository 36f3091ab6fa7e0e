import math

import pytest
import torch

from autograder.exercises.ch09_where_next.selective_scan import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
ONE, FADES, ALL, LONG, LAST = [item.name for item in exercise.items]
T, D, N = 7, 4, 3


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def drawn():
    generator = torch.Generator().manual_seed(3)
    x, A, B, C, delta = (
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((T, D), (D, N), (T, N), (T, N), (T, D))
    )
    return x, -A.exp(), B, C, delta.exp()


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_solves_the_equations_of_all_states_at_once(answer):
    x, A, B, C, delta = drawn()
    want = torch.zeros(T, D, dtype=torch.float64)
    for d in range(D):
        for n in range(N):
            # h_t − exp(Δ_t A) h_{t−1} = Δ_t B_t x_t, for all t
            system = torch.eye(T, dtype=torch.float64)
            for t in range(1, T):
                system[t, t - 1] = -math.exp(delta[t, d] * A[d, n])
            h = torch.linalg.solve(system, delta[:, d] * B[:, n] * x[:, d])
            want[:, d] += C[:, n] * h
    torch.testing.assert_close(answer.function(*drawn()), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    # Steps of 1 and 2 with a half-life of 1: 4, then 4/4 + 2 · 2 = 5, read three times.
    x, B, C, delta = (
        torch.tensor(row)[:, None] for row in ([4.0, 2.0], [1.0, 1.0], [1.0, 3.0], [1.0, 2.0])
    )
    got = answer.function(x, torch.tensor([[-math.log(2)]]), B, C, delta)
    torch.testing.assert_close(got, torch.tensor([[4.0], [15.0]]))


def test_memory_that_does_not_lie_in_order_is_taken():
    x, A, B, C, delta = (one.mT.contiguous().mT for one in drawn())
    first, *others = (answer.function(x, A, B, C, delta) for answer in exercise.alternatives)
    for one in others:
        torch.testing.assert_close(one, first, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda x, A, B, C, delta: right(x, A.detach(), B, C, delta), [LAST]),
        (lambda x, A, B, C, delta: right(x, A, B, C, delta.detach()), [LAST]),
        (lambda *given: right(*given).float(), [LAST]),
        (lambda *given: right(*given).nan_to_num(), []),
        (lambda *given: list(right(*given)), [ONE, FADES, ALL, LONG, LAST]),
    ],
    ids=["A cut off", "delta cut off", "float32", "nothing to replace", "a list"],
)
def test_another_mistake_loses_the_points_of_its_items(wrong, lost):
    assert failed_items(exercise, wrong) == lost


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("a_not_discretised", [FADES, ALL, LONG, LAST]),
        ("b_and_c_exchanged", [FADES, ALL, LONG, LAST]),
        ("delta_lost_on_b", [ONE, FADES, ALL, LONG, LAST]),
        ("output_from_the_old_state", [ONE, FADES, ALL, LONG, LAST]),
        ("divided_by_all_that_faded", [LONG]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
