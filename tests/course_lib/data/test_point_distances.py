import pytest
import torch

from course_lib.data.point_distances import measure_clouds

B, N = 3, 7


def draw(**options):
    return measure_clouds(B, N, torch.Generator().manual_seed(0), **options)


def test_distances_are_those_of_points_in_the_square():
    found = draw().distances
    assert found.shape == (B, N, N)
    assert torch.equal(found, found.mT)
    assert not found.diagonal(dim1=1, dim2=2).any()
    assert found.max() <= 2**0.5
    for i in range(N):  # no way over a third point is shorter
        assert (found <= found[:, :, i : i + 1] + found[:, i : i + 1] + 1e-6).all()


def test_what_is_measured_is_near_what_is_true_and_the_rest_is_0():
    made = draw(noise=0.01)
    errors = (made.measured - made.distances)[made.is_measured]
    assert 0 < errors.abs().max() < 0.05  # five deviations
    assert not made.measured[~made.is_measured].any()
    assert torch.equal(made.measured, made.measured.mT)
    assert torch.equal(made.is_measured, made.is_measured.mT)


def test_without_noise_it_is_exact():
    made = draw(noise=0.0)
    assert torch.equal(made.measured[made.is_measured], made.distances[made.is_measured])


def test_shares_of_0_and_1():
    assert not draw(share=0.0).is_measured.any()
    made = draw(share=1.0)
    assert made.is_measured.sum() == B * N * (N - 1)
    assert not made.is_hidden.any()


def test_the_share_is_kept():
    made = measure_clouds(200, 10, torch.Generator().manual_seed(1), share=0.3)
    assert made.is_measured.sum().item() / (200 * 90) == pytest.approx(0.3, abs=0.03)


def test_each_pair_of_two_points_is_measured_or_hidden():
    made = draw()
    different = ~torch.eye(N, dtype=torch.bool).expand(B, N, N)
    assert torch.equal(made.is_measured ^ made.is_hidden, different)


@pytest.mark.parametrize("wrong", [{"share": -0.1}, {"share": 1.1}, {"noise": -1.0}])
def test_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        draw(**wrong)
