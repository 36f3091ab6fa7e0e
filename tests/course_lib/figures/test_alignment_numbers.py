"""Where a writer looked, by hand and beside plain loops."""

import torch

from course_lib.figures.alignment_numbers import align
from tests.course_lib.figures.test_alignment_explorer import THREE


def numbers_of(example):
    return align(example["expected"], example["produced"], example["weights"].double().numpy())


def test_three_letters_by_hand():
    numbers = numbers_of(THREE)
    assert numbers.looked == (2, 0, 0)
    assert numbers.weight == (0.625, 0.75, 0.5)
    assert numbers.on_line == (True, False, True)
    assert numbers.share_on_line == 2 / 3
    assert numbers.right == (True, False, True)
    assert numbers.accuracy == 2 / 3


def test_of_equal_weights_the_first_counts():
    numbers = numbers_of(THREE | {"weights": torch.full((3, 3), 1 / 3)})
    assert numbers.looked == (0, 0, 0)
    assert numbers.on_line == (False, False, True)


def test_plain_loops_say_the_same():
    n = 7
    weights = torch.randn(n, n, generator=torch.Generator().manual_seed(5)).double().softmax(dim=1)
    due, written = list("abcdefg"), list("abxdxfg")
    numbers = align(due, written, weights.numpy())
    hits = 0
    for i in range(n):
        best = 0
        for j in range(n):
            if weights[i, j] > weights[i, best]:
                best = j
        assert numbers.looked[i] == best
        assert numbers.weight[i] == weights[i, best].item()
        hits += best + i == n - 1
    assert numbers.share_on_line == hits / n
    assert numbers.accuracy == 5 / 7
