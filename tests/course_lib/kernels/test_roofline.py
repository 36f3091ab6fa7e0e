from dataclasses import replace

import pytest
import torch

from course_lib.kernels import roofline as module
from course_lib.kernels.roofline import (
    AttentionSizes,
    Roofline,
    Work,
    direct_attention_work,
    linear_work,
    measure_roofline,
    tiled_attention_work,
)

CPU = torch.device("cpu")
MACHINE = Roofline(operations_per_s=300e9, bytes_per_s=20e9)
SIZES = AttentionSizes(
    batch_size=2,
    n_heads=6,
    n_kv_heads=3,
    d_head=8,
    n_queries=5,
    n_keys=7,
    causal=False,
    bytes_each=4,
)


class TestRoofline:
    def test_hand_worked_case(self):
        # At 300 GFLOP/s and 20 GB/s the two are level at 15 operations a byte.
        assert MACHINE.ridge == 15.0
        assert MACHINE.attainable(0.5) == 10e9  # memory: half an operation for each of 20e9 bytes
        assert MACHINE.attainable(15.0) == 300e9
        assert MACHINE.attainable(1000.0) == 300e9

    def test_the_slower_of_the_two_sets_the_time(self):
        assert MACHINE.least_seconds(Work(n_operations=300, n_bytes=40)) == 2e-9
        assert MACHINE.least_seconds(Work(n_operations=600, n_bytes=20)) == 2e-9

    @pytest.mark.parametrize("intensity", [0.1, 14.0, 15.0, 16.0, 500.0])
    def test_time_and_attainable_speed_say_the_same(self, intensity):
        work = Work(n_operations=int(1000 * intensity), n_bytes=1000)
        speed = work.n_operations / MACHINE.least_seconds(work)
        assert speed == pytest.approx(MACHINE.attainable(work.intensity))


class TestLinearWork:
    def test_one_row_does_half_an_operation_a_byte(self):
        # 1 · 768 · 3072 pairs, two operations each; the matrix has 4 bytes for each pair, and the
        # rows add 4 · (768 + 3072).
        work = linear_work(n_rows=1, d_in=768, d_out=3072, bytes_each=4)
        assert work.n_operations == 2 * 768 * 3072
        assert work.n_bytes == 4 * (768 * 3072 + 768 + 3072)
        assert work.intensity == pytest.approx(0.5, rel=2e-3)

    def test_counts_what_loops_do(self):
        n_operations = 0
        for _row in range(3):
            for _column in range(5):
                for _inner in range(7):
                    n_operations += 2  # a product, and its sum
        work = linear_work(n_rows=3, d_in=7, d_out=5, bytes_each=2)
        assert work.n_operations == n_operations
        tensors = [torch.zeros(shape, dtype=torch.float16) for shape in ((3, 7), (7, 5), (3, 5))]
        assert work.n_bytes == sum(tensor.nbytes for tensor in tensors)

    def test_many_rows_share_one_reading_of_the_matrix(self):
        one, many = (linear_work(n_rows=n, d_in=768, d_out=768, bytes_each=4) for n in (1, 64))
        assert many.intensity / one.intensity == pytest.approx(64, rel=0.15)


class TestAttentionWork:
    def test_counts_what_loops_do(self):
        for causal in (False, True):
            n_seen = sum(
                not causal or key <= query + 7 - 5 for query in range(5) for key in range(7)
            )
            work = tiled_attention_work(replace(SIZES, causal=causal))
            # For each pair seen, in 2 · 6 heads: 8 products and sums for the score, and 8 for the
            # value.
            assert work.n_operations == 2 * 6 * n_seen * (2 * 8 + 2 * 8)

    def test_bytes_are_those_of_the_tensors(self):
        q, out = (torch.zeros(2, 6, 5, 8) for _ in range(2))
        k, v = (torch.zeros(2, 3, 7, 8) for _ in range(2))
        expected = sum(tensor.nbytes for tensor in (q, k, v, out))
        assert tiled_attention_work(SIZES).n_bytes == expected

    def test_decoding_does_an_operation_a_byte_for_each_head_that_shares_them(self):
        # In 16 bits: a key and a value are 4 Dh bytes, read for 4 Dh operations of each query head.
        decode = replace(SIZES, n_queries=1, n_keys=100_000, bytes_each=2)
        assert tiled_attention_work(decode).intensity == pytest.approx(2.0, rel=1e-4)
        alone = replace(decode, n_kv_heads=6)
        assert tiled_attention_work(alone).intensity == pytest.approx(1.0, rel=1e-4)

    def test_the_whole_prompt_at_once_does_more_the_longer_it_is(self):
        # 4 Dh T² operations for 4 Dh T numbers of 4 bytes: T/4 operations a byte.
        prefill = replace(SIZES, n_kv_heads=6, n_queries=1024, n_keys=1024)
        assert tiled_attention_work(prefill).intensity == pytest.approx(1024 / 4)

    def test_the_direct_form_moves_its_table_four_times(self):
        direct, tiled = direct_attention_work(SIZES), tiled_attention_work(SIZES)
        table = torch.zeros(2, 6, 5, 7)
        assert direct.n_bytes - tiled.n_bytes == 4 * table.nbytes
        assert direct.n_operations == tiled.n_operations

    def test_the_direct_form_skips_nothing(self):
        causal = replace(SIZES, causal=True)
        assert direct_attention_work(causal) == direct_attention_work(SIZES)

    def test_more_causal_queries_than_positions_are_refused(self):
        with pytest.raises(ValueError, match=r"n_queries=9 cannot be the last of self\.n_keys=7"):
            replace(SIZES, causal=True, n_queries=9)

    @pytest.mark.parametrize("size", ["batch_size", "n_kv_heads", "n_keys", "bytes_each"])
    def test_empty_sizes_are_refused(self, size):
        with pytest.raises(ValueError, match=f"at least 1, got .*{size}=0"):
            replace(SIZES, **{size: 0})


class TestMeasuring:
    def test_this_machine_does_something(self):
        roofline = measure_roofline(CPU)
        # From a slow core to a large GPU.
        assert 1e8 < roofline.operations_per_s < 1e16
        assert 1e8 < roofline.bytes_per_s < 1e14

    def test_speeds_are_amounts_over_the_best_time(self, monkeypatch):
        times = iter([0.001, 0.5, 4.0, 2.0, 3.0, 5.0, 6.0, 8.0, 0.25, 1.0, 2.0, 3.0])
        monkeypatch.setattr(module, "_seconds", lambda work, device: next(times))
        monkeypatch.setattr(module, "_COPIED_BYTES", 1000)
        roofline = measure_roofline(CPU)
        # 256 wide takes 1 ms, which is too short, 512 half a second. The best of five is 2 s.
        assert roofline.operations_per_s == 2 * 512**3 / 2.0
        # A thousand bytes read and a thousand written, at best in a quarter of a second.
        assert roofline.bytes_per_s == 2000 / 0.25
