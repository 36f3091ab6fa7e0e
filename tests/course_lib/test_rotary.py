import cmath
import math

import pytest
import torch

from course_lib.attention import split_heads
from course_lib.rotary import (
    Llama3Scaling,
    half_split_rotation,
    interleaved_to_half_split,
    rotary_frequencies,
    rotate_half_split,
    rotate_interleaved,
    slow_down,
)

B, H, T, DH = 2, 3, 5, 8
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
SCALING = Llama3Scaling(
    factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=64
)


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def cos_sin(positions, d_head=DH, base=10.0):
    angles = positions[..., None] * rotary_frequencies(d_head, base)
    return angles.cos(), angles.sin()


class TestRotaryFrequencies:
    def test_hand_worked_case(self):
        # Width 4, base 100: 100^0 and 100^(−2/4).
        expected = torch.tensor([1.0, 0.1], dtype=torch.float64)
        torch.testing.assert_close(rotary_frequencies(4, 100.0), expected, **TIGHT)

    def test_matches_loops(self):
        frequencies = rotary_frequencies(DH, 500.0)
        for i in range(DH // 2):
            assert frequencies[i].item() == pytest.approx(500.0 ** (-2 * i / DH), rel=1e-12)

    def test_an_odd_width_is_refused(self):
        with pytest.raises(ValueError, match="cannot be 5 wide"):
            rotary_frequencies(5, 10.0)


class TestRotations:
    def test_interleaved_hand_worked_case(self):
        # A quarter turn takes (1, 2) to (−2, 1); no turn leaves (3, 4).
        x = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
        cos, sin = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
        assert rotate_interleaved(x, cos, sin).tolist() == [[-2.0, 1.0, 3.0, 4.0]]

    def test_half_split_hand_worked_case(self):
        # The pairs are (1, 3) and (2, 4): a quarter turn takes (1, 3) to (−3, 1).
        x = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
        cos, sin = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
        assert rotate_half_split(x, cos, sin).tolist() == [[-3.0, 2.0, 1.0, 4.0]]

    @pytest.mark.parametrize(
        ("rotate", "first", "second"),
        [
            (rotate_interleaved, lambda i: 2 * i, lambda i: 2 * i + 1),
            (rotate_half_split, lambda i: i, lambda i: i + DH // 2),
        ],
    )
    def test_a_pair_is_a_complex_number_that_turns(self, rotate, first, second):
        x, positions = rand(B, H, T, DH), torch.arange(T) + 3
        turned = rotate(x, *cos_sin(positions))
        for b, h, t, i in torch.cartesian_prod(*map(torch.arange, (B, H, T, DH // 2))).tolist():
            angle = positions[t].item() * 10.0 ** (-2 * i / DH)
            before = complex(x[b, h, t, first(i)], x[b, h, t, second(i)])
            after = before * cmath.exp(1j * angle)
            assert turned[b, h, t, first(i)].item() == pytest.approx(after.real, abs=1e-12)
            assert turned[b, h, t, second(i)].item() == pytest.approx(after.imag, abs=1e-12)

    @pytest.mark.parametrize("rotate", [rotate_interleaved, rotate_half_split])
    def test_the_score_depends_on_the_distance_alone(self, rotate):
        q, k = rand(1, DH), rand(1, DH, seed=1)
        scores = [
            rotate(q, *cos_sin(torch.tensor([start + 4]))) @ rotate(k, *cos_sin(start_of(start))).mT
            for start in (0, 7, 100)
        ]
        torch.testing.assert_close(scores[0], scores[1], **TIGHT)
        torch.testing.assert_close(scores[0], scores[2], **TIGHT)

    @pytest.mark.parametrize("rotate", [rotate_interleaved, rotate_half_split])
    def test_lengths_stay(self, rotate):
        x = rand(B, H, T, DH)
        turned = rotate(x, *cos_sin(torch.arange(T)))
        torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1), **TIGHT)

    @pytest.mark.parametrize("rotate", [rotate_interleaved, rotate_half_split])
    def test_gradients_match_finite_differences(self, rotate):
        cos, sin = cos_sin(torch.arange(T))
        assert torch.autograd.gradcheck(lambda x: rotate(x, cos, sin), rand(T, DH).requires_grad_())


def start_of(position):
    return torch.tensor([position])


class TestInterleavedToHalfSplit:
    def test_hand_worked_case(self):
        assert interleaved_to_half_split(6).tolist() == [0, 2, 4, 1, 3, 5]

    def test_one_layout_in_the_order_of_the_other_turns_the_same(self):
        x, angles = rand(B, H, T, DH), cos_sin(torch.arange(T))
        order = interleaved_to_half_split(DH)
        turned = rotate_interleaved(x, *angles)
        assert torch.equal(rotate_half_split(x[..., order], *angles), turned[..., order])
        assert torch.equal(turned[..., order][..., order.argsort()], turned)

    def test_projections_in_the_other_order_give_the_same_scores(self):
        x, angles = rand(B, T, 11), cos_sin(torch.arange(T))
        order = interleaved_to_half_split(DH)
        W_q, W_k = rand(11, H * DH, seed=1), rand(11, H * DH, seed=2)

        def reordered(W):
            return W.unflatten(-1, (H, DH))[..., order].flatten(-2)

        def scores(W_q, W_k, rotate):
            q, k = (rotate(split_heads(x @ W, H), *angles) for W in (W_q, W_k))
            return q @ k.mT

        expected = scores(W_q, W_k, rotate_interleaved)
        got = scores(reordered(W_q), reordered(W_k), rotate_half_split)
        torch.testing.assert_close(got, expected, **TIGHT)


class TestHalfSplitRotation:
    def test_turns_all_heads_alike(self):
        x, positions = rand(B, H, T, DH), torch.arange(T) + 2
        rotate = half_split_rotation(positions, rotary_frequencies(DH, 10.0), torch.float64)
        assert torch.equal(rotate(x), rotate_half_split(x, *cos_sin(positions)))

    def test_positions_of_each_sequence_apart(self):
        x, positions = rand(B, H, T, DH), torch.tensor([[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]])
        rotate = half_split_rotation(positions, rotary_frequencies(DH, 10.0), torch.float64)
        for b in range(B):
            alone = rotate_half_split(x[b], *cos_sin(positions[b]))
            torch.testing.assert_close(rotate(x)[b], alone, **TIGHT)

    def test_half_precision_takes_its_angles_from_the_frequencies(self):
        # At position 1001 bfloat16 counts in steps of 4: an angle in it would be off by a radian.
        frequencies = rotary_frequencies(2, 10.0, torch.float32)
        rotate = half_split_rotation(torch.tensor([1001]), frequencies, torch.bfloat16)
        turned = rotate(torch.ones(1, 1, 1, 2, dtype=torch.bfloat16))
        assert turned.dtype == torch.bfloat16
        expected = math.cos(1001) - math.sin(1001)
        assert turned[0, 0, 0, 0].item() == pytest.approx(expected, abs=0.02)


class TestSlowDown:
    def test_hand_worked_case(self):
        # Within 64 positions 2π·6/64 turns six times, 2π/128 half a time, 2π·2.5/64 two and a half
        # times: it stays, is divided by 8, and is half of each: (1 + 1/8)/2 of itself.
        unit = 2 * math.pi / 64
        slowed = slow_down(unit * torch.tensor([6.0, 0.5, 2.5], dtype=torch.float64), SCALING)
        expected = unit * torch.tensor([6.0, 0.5 / 8, 2.5 * 9 / 16], dtype=torch.float64)
        torch.testing.assert_close(slowed, expected, **TIGHT)

    def test_matches_loops(self):
        frequencies = rotary_frequencies(32, 100.0)
        slowed = slow_down(frequencies, SCALING)
        for before, after in zip(frequencies.tolist(), slowed.tolist(), strict=True):
            wavelength = 2 * math.pi / before
            if wavelength < 64 / 4:
                expected = before
            elif wavelength > 64 / 1:
                expected = before / 8
            else:
                kept = (64 / wavelength - 1) / (4 - 1)
                expected = (1 - kept) * before / 8 + kept * before
            assert after == pytest.approx(expected, rel=1e-12)

    def test_no_pair_overtakes_another(self):
        slowed = slow_down(rotary_frequencies(64, 1000.0), SCALING)
        assert (slowed.diff() < 0).all()

    @pytest.mark.parametrize(("low", "high"), [(4.0, 4.0), (5.0, 4.0), (0.0, 4.0)])
    def test_a_passage_of_no_length_is_refused(self, low, high):
        with pytest.raises(ValueError, match=f"low_freq_factor={low} .*high_freq_factor={high}"):
            Llama3Scaling(
                factor=8.0, low_freq_factor=low, high_freq_factor=high, original_max_seq_len=64
            )
