import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.kernels.quantization import (
    Int8Weight,
    dequantize_int4,
    dequantize_int8,
    pack_int4,
    quantize_int4,
    quantize_int8,
    unpack_int4,
)
from tests.course_lib.kernels.dense import rand

DOUT, DIN, RUN = 5, 24, 6
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
# Half a step, and what float64 adds in the division and the product.
HALF = 0.5 * (1 + 1e-12)


class TestInt8:
    def test_hand_worked_case(self):
        # The largest of the first row is 254, so a step is 2: 254, −100 and 1 are 127, −50 and ½
        # steps, and ½ goes to the even number. The second row is 0.
        weight = torch.tensor([[254.0, -100.0, 1.0], [0.0, 0.0, 0.0]])
        rounded = quantize_int8(weight)
        assert rounded.values.tolist() == [[127, -50, 0], [0, 0, 0]]
        assert rounded.scale.tolist() == [2.0, 1.0]
        back = dequantize_int8(rounded)
        assert back.tolist() == [[254.0, -100.0, 0.0], [0.0, 0.0, 0.0]]

    def test_matches_loops(self):
        weight = rand(DOUT, DIN)
        rounded = quantize_int8(weight)
        for row in range(DOUT):
            step = max(abs(w) for w in weight[row].tolist()) / 127
            assert rounded.scale[row].item() == pytest.approx(step, rel=1e-12)
            assert rounded.values[row].tolist() == [round(w / step) for w in weight[row].tolist()]

    @given(seed=st.integers(0, 10**6), size=st.sampled_from([1e-30, 1e-3, 1.0, 1e6]))
    def test_no_weight_is_off_by_more_than_half_a_step(self, seed, size):
        weight = rand(DOUT, DIN, seed=seed) * size
        rounded = quantize_int8(weight)
        off = (dequantize_int8(rounded) - weight).abs()
        assert (off <= HALF * rounded.scale[:, None]).all()
        assert rounded.values.abs().amax(dim=1).tolist() == [127] * DOUT

    def test_a_row_of_large_weights_leaves_the_others_fine(self):
        weight = rand(DOUT, DIN)
        alone = quantize_int8(weight)
        weight[2] *= 1000
        beside = quantize_int8(weight)
        assert torch.equal(alone.values, beside.values)
        torch.testing.assert_close(beside.scale[2], alone.scale[2] * 1000, **TIGHT)

    def test_the_opposite_is_rounded_to_the_opposite(self):
        weight = rand(DOUT, DIN)
        assert torch.equal(quantize_int8(-weight).values, -quantize_int8(weight).values)

    def test_whole_steps_come_back_as_they_were(self):
        values = torch.randint(-127, 128, (DOUT, DIN), generator=torch.Generator().manual_seed(0))
        values[:, 3] = -127
        weight = Int8Weight(values=values.to(torch.int8), scale=torch.full((DOUT,), 0.25))
        again = quantize_int8(dequantize_int8(weight))
        assert torch.equal(again.values, weight.values)
        assert torch.equal(again.scale, weight.scale)

    @pytest.mark.parametrize("worst", [torch.nan, torch.inf])
    def test_what_is_not_finite_is_refused(self, worst):
        weight = rand(DOUT, DIN)
        weight[1, 2] = worst
        with pytest.raises(ValueError, match=f"a weight of {worst} cannot be rounded"):
            quantize_int8(weight)


class TestInt4:
    def test_hand_worked_case(self):
        # Two runs: the steps are 14/7 and 0.7/7. 14, −3 are 7, −1.5 steps, and −1.5 goes to −2.
        weight = torch.tensor([[14.0, -3.0, 0.2, -0.7]], dtype=torch.float64)
        rounded = quantize_int4(weight, 2)
        assert unpack_int4(rounded.packed).tolist() == [[7, -2, 2, -7]]
        torch.testing.assert_close(
            rounded.scale, torch.tensor([[2.0, 0.1]], dtype=torch.float64), **TIGHT
        )
        # With 8 added: 15 and 6 are 0x6F, 10 and 1 are 0x1A.
        assert rounded.packed.tolist() == [[0x6F, 0x1A]]
        expected = torch.tensor([[14.0, -4.0, 0.2, -0.7]], dtype=torch.float64)
        torch.testing.assert_close(dequantize_int4(rounded), expected, **TIGHT)

    def test_matches_loops(self):
        weight = rand(DOUT, DIN)
        back = dequantize_int4(quantize_int4(weight, RUN))
        for row in range(DOUT):
            for first in range(0, DIN, RUN):
                run = weight[row, first : first + RUN].tolist()
                step = max(abs(w) for w in run) / 7
                expected = torch.tensor([round(w / step) * step for w in run], dtype=torch.float64)
                torch.testing.assert_close(back[row, first : first + RUN], expected, **TIGHT)

    @given(seed=st.integers(0, 10**6), n_per_scale=st.sampled_from([2, 4, 6, 24]))
    def test_no_weight_is_off_by_more_than_half_a_step(self, seed, n_per_scale):
        weight = rand(DOUT, DIN, seed=seed)
        rounded = quantize_int4(weight, n_per_scale)
        off = (dequantize_int4(rounded) - weight).abs().unflatten(1, (-1, n_per_scale))
        assert (off <= HALF * rounded.scale[..., None]).all()

    def test_a_run_of_zeros_stays_zero(self):
        weight = rand(DOUT, DIN)
        weight[1, :RUN] = 0
        rounded = quantize_int4(weight, RUN)
        assert rounded.scale[1, 0] == 1.0
        assert torch.equal(dequantize_int4(rounded)[1, :RUN], weight[1, :RUN])

    def test_two_weights_share_a_byte(self):
        assert quantize_int4(rand(DOUT, DIN), RUN).packed.shape == (DOUT, DIN // 2)

    def test_packing_and_unpacking_is_the_identity(self):
        values = torch.arange(-8, 8, dtype=torch.int8).repeat(2, 1)
        assert torch.equal(unpack_int4(pack_int4(values)), values)

    @pytest.mark.parametrize("n_per_scale", [0, 1, 3, 16, -2])
    def test_runs_that_do_not_fit_are_refused(self, n_per_scale):
        with pytest.raises(ValueError, match=f"rows of 24 .* runs of {n_per_scale}"):
            quantize_int4(rand(DOUT, DIN), n_per_scale)

    def test_what_is_not_finite_is_refused(self):
        weight = rand(DOUT, DIN)
        weight[1, 2] = -torch.inf
        with pytest.raises(ValueError, match="a weight of -inf cannot be rounded"):
            quantize_int4(weight, RUN)


def test_half_precision_is_rounded_in_its_own_steps():
    weight = rand(DOUT, DIN, dtype=torch.bfloat16)
    rounded = quantize_int8(weight)
    assert rounded.scale.dtype == torch.bfloat16
    assert (rounded.values.abs() <= 127).all()
