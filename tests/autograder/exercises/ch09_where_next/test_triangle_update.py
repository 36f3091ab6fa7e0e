import pytest
import torch

from autograder.exercises.ch09_where_next.triangle_update import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
SUM, HIDDEN, WHATEVER, LAST = [item.name for item in exercise.items]
N, C = 6, 3


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def drawn(seed):
    return torch.randn(N, N, C, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_a_product_of_matrices_for_each_channel(answer):
    a, b, mask = drawn(3), drawn(4), torch.tensor([True, False, True, True, False, True])
    shown = torch.diag(mask.double())
    want = torch.stack([a[..., c] @ shown @ b[..., c].T for c in range(C)], dim=2)
    torch.testing.assert_close(answer.function(a, b, mask), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[..., None]
    b = torch.tensor([[5.0, 6.0], [7.0, 8.0]])[..., None]
    # Row 1 of a with row 0 of b: 3 · 5 + 4 · 6 = 39; without corner 1: 15.
    everybody, one = torch.tensor([True, True]), torch.tensor([True, False])
    assert answer.function(a, b, everybody)[..., 0].tolist() == [[17.0, 23.0], [39.0, 53.0]]
    assert answer.function(a, b, one)[..., 0].tolist() == [[5.0, 7.0], [15.0, 21.0]]


def test_memory_that_does_not_lie_in_order_is_taken():
    a, b = drawn(5).permute(1, 0, 2), drawn(6).transpose(0, 1)
    mask = torch.tensor([False, True, True, False, True, True])
    first, *others = (answer.function(a, b, mask) for answer in exercise.alternatives)
    for one in others:
        torch.testing.assert_close(one, first, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda a, b, mask: right(a.detach(), b, mask), [LAST]),
        (lambda a, b, mask: right(a, b.detach(), mask), [LAST]),
        (lambda a, b, mask: right(a, b, mask).float(), [LAST]),
        (lambda a, b, mask: right(a.nan_to_num(0.0), b.nan_to_num(0.0), mask), []),
        (lambda a, b, mask: right(a, b, mask).tolist(), [SUM, HIDDEN, WHATEVER, LAST]),
        (lambda a, b, mask: right(a, b, mask | ~mask.any()), [HIDDEN]),
    ],
    ids=["a cut off", "b cut off", "float32", "nan replaced", "a list", "nobody is everybody"],
)
def test_another_mistake_loses_the_points_of_its_items(wrong, lost):
    assert failed_items(exercise, wrong) == lost


def test_filling_in_place_changes_the_input():
    def in_place(a, b, mask):
        with torch.no_grad():
            a[:, ~mask] = 0.0
        return right(a, b, mask)

    assert failed_items(exercise, in_place) == [LAST]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("multiplied_by_the_mask", [WHATEVER]),
        ("mask_lost", [HIDDEN, WHATEVER, LAST]),
        ("edges_exchanged", [SUM, HIDDEN, WHATEVER, LAST]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
