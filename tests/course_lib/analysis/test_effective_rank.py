import math

import pytest
import torch

from course_lib.analysis.effective_rank import effective_rank

TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("rows", "rank"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], 2.0),  # two shares of 1/2: e^(ln 2)
        ([[3.0, 4.0], [3.0, 4.0]], 1.0),  # one direction
        ([[5.0, 0.0, 0.0]], 1.0),
        # Singular values 3 and 1, shares 3/4 and 1/4: e^(¾ ln 4/3 + ¼ ln 4) = (4/3)^¾ · 4^¼
        ([[3.0, 0.0], [0.0, -1.0]], (4 / 3) ** 0.75 * 4**0.25),
        ([[0.0, 0.0], [0.0, 0.0]], 0.0),
    ],
)
def test_hand_worked(rows, rank):
    x = torch.tensor(rows, dtype=torch.float64)
    assert effective_rank(x).item() == pytest.approx(rank, abs=1e-12)


def test_against_the_eigenvalues_of_the_rows_products():
    x = rand(4, 7)
    sizes = torch.linalg.eigvalsh(x @ x.mT).clamp(min=0).sqrt()
    shares = (sizes / sizes.sum()).tolist()
    expected = math.exp(-sum(p * math.log(p) for p in shares))
    assert effective_rank(x).item() == pytest.approx(expected, rel=1e-9)  # a root was taken


def test_neither_size_nor_a_turn_matters():
    x = rand(5, 8)
    turn, _ = torch.linalg.qr(rand(8, 8, seed=1))
    torch.testing.assert_close(effective_rank(1000 * x @ turn), effective_rank(x), **TIGHT)


def test_it_lies_between_one_and_the_smaller_side():
    ranks = effective_rank(rand(3, 2, 6, 4))
    assert ranks.shape == (3, 2)
    assert bool(((ranks > 1) & (ranks < 4)).all())


def test_each_representation_is_ranked_on_its_own():
    x = rand(3, 6, 4)
    torch.testing.assert_close(
        effective_rank(x), torch.stack([effective_rank(one) for one in x]), **TIGHT
    )
