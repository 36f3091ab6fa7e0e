import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib.kernels import int8_product as module
from course_lib.kernels.int8_product import digits_of, int8_product, multiplies_int8_exactly
from course_lib.kernels.quantization import Int8Weight, dequantize_int8, quantize_int8
from tests.course_lib.kernels.dense import rand

B, DIN, DOUT = 3, 70, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
ROOT = Path(__file__).parents[3]


@pytest.fixture
def weight():
    return quantize_int8(rand(DOUT, DIN, seed=1))


@pytest.fixture
def exact_cpu(monkeypatch):
    """Take the path of a processor with instructions for 8-bit products, right on any."""
    monkeypatch.setattr(module, "multiplies_int8_exactly", lambda: True)
    monkeypatch.setattr(module, "_multiply_int8", lambda a, b: a.int() @ b.int())


class TestDigits:
    def test_hand_worked_case(self):
        # The largest of the row is 254, so one of the first digit is worth 2. 254 is 127 of them.
        # 101 is 50.5: 50, and 0.5 left over is 127 of the second digit, of which 254 make 1.
        digits, scale = digits_of(torch.tensor([[254.0, 101.0, -2.0]]), 2)
        assert scale.tolist() == [[2.0]]
        assert [digit.tolist() for digit in digits] == [[[127, 50, -1]], [[0, 127, 0]]]

    @pytest.mark.parametrize("n_digits", [1, 2, 3])
    def test_each_digit_makes_the_error_254_times_smaller(self, n_digits):
        rows = rand(B, DIN)
        digits, scale = digits_of(rows, n_digits)
        written = sum(digit * scale / 254**place for place, digit in enumerate(digits))
        bound = 0.5 * scale / 254 ** (n_digits - 1)
        assert ((written - rows).abs() <= bound * (1 + 1e-9)).all()
        assert all(digit.dtype == torch.int8 and digit.min() > -128 for digit in digits)

    def test_a_row_of_zeros(self):
        digits, scale = digits_of(torch.zeros(1, 4), 2)
        assert scale.item() == 1.0
        assert not torch.stack(digits).any()

    def test_the_rows_are_left_unchanged(self):
        rows = rand(B, DIN)
        before = rows.clone()
        digits_of(rows, 3)
        assert torch.equal(rows, before)


class TestInt8Product:
    def test_hand_worked_case(self, exact_cpu):
        # The row is 127 and −63.5, 1 a step: 127 and −64 (−63.5 goes to the even number). The
        # matrix is 3 and 2 in steps of ½, so the product is (127·3 − 64·2)/2 = 126.5.
        weight = Int8Weight(
            values=torch.tensor([[3, 2]], dtype=torch.int8), scale=torch.tensor([0.5])
        )
        rows = torch.tensor([[127.0, -63.5]])
        assert int8_product(rows, weight, 1).item() == 126.5
        # With a second digit −63.5 is exact: (381 − 127)/2 = 127.
        assert int8_product(rows, weight, 2).item() == pytest.approx(127.0)

    @pytest.mark.parametrize("n_digits", [1, 2, 3])
    def test_is_off_by_no_more_than_the_rounding_of_the_rows(self, exact_cpu, weight, n_digits):
        rows = rand(B, DIN)
        matrix = dequantize_int8(weight)
        off = (int8_product(rows, weight, n_digits) - rows @ matrix.mT).abs()
        largest = rows.abs().amax(dim=1, keepdim=True)
        per_number = 0.5 * largest / 127 / 254 ** (n_digits - 1)
        bound = per_number * matrix.abs().sum(dim=1)
        assert (off <= bound * (1 + 1e-9)).all()
        # Not better than it can be either: the rows really are rounded.
        assert (off > 1e-4 * bound).any()

    def test_digits_multiply_as_whole_numbers(self, exact_cpu, weight):
        # Rows that are whole numbers of steps lose nothing.
        rows = torch.randint(-127, 128, (B, DIN), generator=torch.Generator().manual_seed(0))
        rows[:, 4] = 127
        expected = rows.double() @ dequantize_int8(weight).mT
        torch.testing.assert_close(int8_product(rows.double(), weight, 1), expected, **TIGHT)

    def test_any_axes_may_stand_before_the_rows(self, exact_cpu, weight):
        x = rand(2, B, DIN)
        product = int8_product(x, weight, 2)
        assert product.shape == (2, B, DOUT)
        torch.testing.assert_close(product[1], int8_product(x[1], weight, 2), **TIGHT)

    def test_a_row_does_not_make_its_neighbours_coarse(self, exact_cpu, weight):
        rows = rand(B, DIN)
        alone = int8_product(rows, weight, 1)
        rows[1] *= 1000
        beside = int8_product(rows, weight, 1)
        assert torch.equal(beside[[0, 2]], alone[[0, 2]])

    def test_a_nan_is_never_hidden(self, exact_cpu, weight):
        rows = rand(B, DIN)
        rows[1, 5] = torch.nan
        product = int8_product(rows, weight, 2)
        assert product[1].isnan().all()
        assert product[[0, 2]].isfinite().all()

    def test_half_precision_is_summed_in_float32(self, exact_cpu, weight):
        rows = rand(B, DIN, dtype=torch.bfloat16)
        product = int8_product(rows, weight, 2)
        assert product.dtype == torch.bfloat16
        exact = rows.double() @ dequantize_int8(weight).mT
        # Half a unit in the last place of bfloat16, 2^-9, and the rounding of the rows.
        torch.testing.assert_close(product.double(), exact, rtol=2**-8.9, atol=5e-3)

    def test_gradients_flow_by_the_matrix_turned_back(self, exact_cpu, weight):
        rows = rand(B, DIN).requires_grad_()
        product = int8_product(rows, weight, 1)
        matrix = dequantize_int8(weight)
        torch.testing.assert_close(product, rows @ matrix.mT, **TIGHT)
        product.sum().backward()
        torch.testing.assert_close(rows.grad, matrix.sum(dim=0).expand(B, DIN), **TIGHT)

    def test_the_matrix_is_turned_back_in_the_dtype_of_the_rows(self, weight):
        rows = rand(B, DIN, dtype=torch.float32).requires_grad_()
        product = int8_product(rows, weight, 1)
        assert product.dtype == torch.float32
        matrix = dequantize_int8(weight)
        # Sums of 70 numbers of size 1, each rounded by 6e-8.
        torch.testing.assert_close(product.double(), rows.double() @ matrix.mT, rtol=0, atol=1e-5)

    def test_no_digits_are_refused(self, weight):
        with pytest.raises(ValueError, match="written in 0 digits"):
            int8_product(rand(B, DIN), weight, 0)


class TestThisMachine:
    def test_the_product_is_right_whatever_the_machine(self, weight):
        rows = rand(B, DIN)
        expected = rows @ dequantize_int8(weight).mT
        # Two digits of the largest number, about 4, are off by 4/127/508 = 6e-5 at most; 70 weights
        # of size 1 let such errors grow to √70 · 6e-5.
        torch.testing.assert_close(int8_product(rows, weight, 2), expected, rtol=0, atol=1e-3)

    @pytest.mark.parametrize("largest_sum", [32767, 2**31 - 1])
    def test_a_processor_that_cuts_sums_off_is_found_out(self, monkeypatch, largest_sum):
        def cut_off(a, b):
            pairs = ((a.int() + 128) @ b.int()).clamp(max=largest_sum)
            return pairs - 128 * b.int().sum(dim=0)

        monkeypatch.setattr(module, "_multiply_int8", cut_off)
        multiplies_int8_exactly.cache_clear()
        try:
            assert multiplies_int8_exactly() == (largest_sum > 32767)
        finally:
            multiplies_int8_exactly.cache_clear()

    @pytest.mark.slow
    @pytest.mark.parametrize("instructions", ["AVX2", "DEFAULT"])
    def test_the_product_is_right_on_older_processors(self, instructions):
        # oneDNN, which multiplies for torch, can be told to use no newer instructions than these.
        environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": instructions}
        subprocess.run([sys.executable, "-c", LARGE_NUMBERS], check=True, env=environment, cwd=ROOT)


LARGE_NUMBERS = """
import torch
from course_lib.kernels.int8_product import int8_product
from course_lib.kernels.quantization import Int8Weight

weight = Int8Weight(values=torch.full((48, 64), 127, dtype=torch.int8), scale=torch.ones(48))
product = int8_product(torch.full((3, 64), 127.0), weight, 1)
torch.testing.assert_close(product, torch.full((3, 48), 64.0 * 127 * 127))
"""
