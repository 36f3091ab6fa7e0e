"""What the RoPE dial computes, held against complex numbers and against sums done by hand."""

import cmath
import math

import pytest
import torch

from course_lib.figures.rope_numbers import rope_numbers, scores_by_difference


def rows(d_head: int, seed: int) -> tuple[list[float], list[float]]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(2, d_head, dtype=torch.float64, generator=generator).tolist())


def as_complex(row: list[float]) -> list[complex]:
    return [complex(a, b) for a, b in zip(row[0::2], row[1::2], strict=True)]


def test_the_case_by_hand_of_the_plane():
    # (1, 0) at positions 3 and 1, one radian a position: the angle is 3 − 1 = 2 radians.
    now = rope_numbers([1.0, 0.0], [1.0, 0.0], 3, 1, 10_000)
    (pair,) = now.pairs
    assert now.score == pytest.approx(math.cos(2), abs=1e-15)
    assert pair.angle == pytest.approx(math.degrees(2), abs=1e-12)
    assert pair.query_direction == pytest.approx(math.degrees(3), abs=1e-12)
    assert pair.key_direction == pytest.approx(math.degrees(1), abs=1e-12)
    assert (pair.query_length, pair.key_length, pair.speed) == (1, 1, 1)
    assert pair.positions_a_turn == pytest.approx(6.283185307179586, abs=1e-15)


@pytest.mark.parametrize("base", [10, 500_000])
@pytest.mark.parametrize(("query_at", "key_at"), [(5, 0), (2, 9), (1009, 1002)])
def test_every_number_is_that_of_complex_multiplication(base, query_at, key_at):
    n_pairs = 3
    query, key = rows(2 * n_pairs, seed=base)
    now = rope_numbers(query, key, query_at, key_at, base)
    total = 0.0
    for i, (q, k, pair) in enumerate(
        zip(as_complex(query), as_complex(key), now.pairs, strict=True)
    ):
        speed = base ** (-2 * i / (2 * n_pairs))
        q, k = q * cmath.exp(1j * speed * query_at), k * cmath.exp(1j * speed * key_at)
        between = (q * k.conjugate()).real
        total += between
        assert pair.speed == pytest.approx(speed, rel=1e-14)
        assert pair.positions_a_turn == pytest.approx(2 * math.pi / speed, rel=1e-14)
        assert (pair.query_length, pair.key_length) == pytest.approx((abs(q), abs(k)), abs=1e-12)
        assert pair.share == pytest.approx(between, abs=1e-12)
        assert pair.angle == pytest.approx(math.degrees(abs(cmath.phase(q / k))), abs=1e-9)
        for arrow, direction in ((q, pair.query_direction), (k, pair.key_direction)):
            assert direction == pytest.approx(math.degrees(cmath.phase(arrow)) % 360, abs=1e-9)
    assert now.score == pytest.approx(total, abs=1e-12)


def test_moving_both_changes_directions_and_nothing_else():
    query, key = rows(8, seed=3)
    here, there = (rope_numbers(query, key, 3 + d, 1 + d, 10_000) for d in (0, 1000))
    assert there.score == pytest.approx(here.score, abs=1e-11)  # an angle of 1,003 has 1e-13
    for before, after in zip(here.pairs, there.pairs, strict=True):
        assert after.share == pytest.approx(before.share, abs=1e-11)
        assert after.angle == pytest.approx(before.angle, abs=1e-9)
        assert abs(after.query_direction - before.query_direction) > 1


def test_scores_by_difference_are_those_of_positions_with_it():
    query, key = rows(6, seed=4)
    curve = scores_by_difference(query, key, 5, 10)
    assert list(curve) == list(range(-5, 6))
    for difference, score in curve.items():
        at = rope_numbers(query, key, 20 + difference, 20, 10).score
        assert score == pytest.approx(at, abs=1e-12)
    assert curve[3] != pytest.approx(curve[-3], abs=1e-3)


def test_arrows_that_agree_stand_at_no_angle_and_opposite_ones_at_180():
    together = rope_numbers([0.3, 0.7], [0.6, 1.4], 12, 12, 10)
    assert together.pairs[0].angle == pytest.approx(0, abs=1e-12)
    apart = rope_numbers([0.3, 0.7], [-0.3, -0.7], 12, 12, 10)
    assert apart.pairs[0].angle == pytest.approx(180, abs=1e-12)


def test_an_arrow_without_length_has_no_direction_and_no_angle():
    now = rope_numbers([0.0, 0.0, 1.0, 2.0], [1.0, 0.0, 0.0, 1.0], 2, 1, 10)
    first, second = now.pairs
    assert (first.query_direction, first.angle, first.share) == (None, None, 0)
    assert first.key_direction == pytest.approx(math.degrees(1))
    assert second.angle is not None
    assert now.score == second.share
