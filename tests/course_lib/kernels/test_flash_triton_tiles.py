import pytest

from tests.course_lib.kernels.dense import seen_by
from tests.course_lib.kernels.in_triton.process import found_by, needs_triton

pytestmark = [needs_triton, pytest.mark.slow]
POISON = -7.0


@pytest.fixture(scope="module")
def found():
    return found_by("tiles")


def test_rows_inside_are_loaded_and_stored(found):
    # Rows 2 to 5 hold their own number; the kernel adds their sum, 14, to each.
    expected = [POISON, POISON, 16.0, 17.0, 18.0, 19.0, POISON, POISON, POISON, POISON]
    assert found["inside"] == expected


def test_rows_past_the_end_are_zeros_and_not_stored(found):
    # Of the rows 7 to 10 only 7 and 8 are there: their sum is 15.
    assert found["at the end"] == [POISON] * 7 + [22.0, 23.0] + [POISON]


def test_counts_of_keys_that_a_tile_of_queries_sees(found):
    assert len(found["counts"]) > 20
    for first, n_keys, n_before, causal, block_q, block_k, n_seen, n_whole in found["counts"]:
        n_queries = n_keys - n_before
        seen = seen_by(n_queries, n_keys, causal)[first : first + block_q]
        # Keys are seen from the left on. A tile may reach past the last query, as if there were
        # more of them: then it may count too many keys, but no more than such queries would see.
        assert int(seen.any(dim=0).sum()) <= max(n_seen, 0) <= n_keys
        assert not causal or n_seen <= first + block_q + n_before
        whole = 0
        while whole + block_k <= n_keys and seen[:, whole : whole + block_k].all():
            whole += block_k
        assert n_whole == whole


def test_hides_later_keys_and_those_past_the_end(found):
    for first_i, first_j, n_keys, n_before, causal, hidden in found["hidden"]:
        for i in range(4):
            for j in range(8):
                key, position = first_j + j, first_i + i + n_before
                assert hidden[i][j] == (key >= n_keys or (causal and key > position))


def test_products_are_summed_in_float32(found):
    # 17 numbers of size 1 are added: 17 roundings of 6e-8 at most, of sums up to about 10.
    assert found["product error"] < 1e-5


def test_the_interpreter_tries_no_configurations(found):
    assert found["configurations"] == [1]
