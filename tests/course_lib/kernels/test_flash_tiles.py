import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.kernels.flash_tiles import (
    TileGrid,
    hide,
    multiply_into,
    room_for_a_tile,
    rows_of,
)
from tests.course_lib.kernels.dense import rand, seen_by

CPU = torch.device("cpu")
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def grid_of(n_queries, n_keys, causal, block_q, block_k):
    return TileGrid(
        n_queries=n_queries, n_keys=n_keys, causal=causal, block_q=block_q, block_k=block_k
    )


class TestTileGrid:
    def test_hand_worked_case(self):
        # Five queries are the last of seven keys: they stand at positions 2, 3, 4, 5 and 6.
        grid = grid_of(5, 7, causal=True, block_q=2, block_k=3)
        assert grid.query_tiles() == [slice(0, 2), slice(2, 4), slice(4, 5)]
        # The first two see keys up to 3, the next two up to 5, the last one all seven.
        assert grid.key_tiles(slice(0, 2)) == [slice(0, 3), slice(3, 6)]
        assert grid.key_tiles(slice(2, 4)) == [slice(0, 3), slice(3, 6)]
        assert grid.key_tiles(slice(4, 5)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
        # Position 2 sees none of the keys 3, 4 and 5; position 3 sees the first of them.
        hidden = grid.hidden(slice(0, 2), slice(3, 6), CPU)
        assert hidden.tolist() == [[True, True, True], [False, True, True]]
        assert grid.hidden(slice(0, 2), slice(0, 3), CPU) is None

    @given(
        n_queries=st.integers(1, 13),
        n_keys=st.integers(1, 13),
        causal=st.booleans(),
        block_q=st.integers(1, 6),
        block_k=st.integers(1, 6),
    )
    def test_tiles_make_up_the_whole_table_and_nothing_is_done_in_vain(
        self, n_queries, n_keys, causal, block_q, block_k
    ):
        grid = grid_of(n_queries, n_keys, causal, block_q, block_k)
        expected = seen_by(n_queries, n_keys, causal)
        times_seen = torch.zeros(n_queries, n_keys, dtype=torch.int64)
        for queries in grid.query_tiles():
            assert 1 <= queries.stop - queries.start <= block_q
            for keys in grid.key_tiles(queries):
                assert 1 <= keys.stop - keys.start <= block_k
                hidden = grid.hidden(queries, keys, CPU)
                seen = expected[queries, keys]
                assert seen.any(), "a tile that is wholly hidden was not skipped"
                assert (hidden is None) == bool(seen.all())
                times_seen[queries, keys] += 1 if hidden is None else (~hidden).long()
        assert torch.equal(times_seen, expected.long())

    @pytest.mark.parametrize(("block_q", "block_k"), [(0, 3), (2, 0), (-1, 3)])
    def test_an_empty_tile_is_refused(self, block_q, block_k):
        with pytest.raises(ValueError, match=f"{block_q} × {block_k} holds nothing"):
            grid_of(5, 7, causal=False, block_q=block_q, block_k=block_k)


class TestRowsOf:
    def test_one_head_after_the_other(self):
        x = rand(2, 3, 7, 5)
        rows = rows_of(x, slice(2, 6))
        for n in range(2):
            expected = [x[n, head, query] for head in range(3) for query in range(2, 6)]
            assert torch.equal(rows[n], torch.stack(expected))

    def test_a_single_head_is_not_copied(self):
        x = rand(2, 1, 7, 5)
        assert rows_of(x, slice(2, 6)).data_ptr() == x[:, :, 2].data_ptr()


class TestHide:
    def test_hides_what_queries_may_not_see_in_every_head(self):
        scores, hidden = rand(2, 3 * 2, 4), torch.tensor([[False, False, True, True], [False] * 4])
        before = scores.clone()
        hide(scores, hidden, None)
        first_queries, second_queries = scores[:, 0::2], scores[:, 1::2]
        assert (first_queries[..., 2:] == -torch.inf).all()
        assert torch.equal(first_queries[..., :2], before[:, 0::2, :2])
        assert torch.equal(second_queries, before[:, 1::2])

    def test_hides_keys_by_sequence(self):
        scores, key_mask = rand(2, 3, 2), torch.tensor([[True, False], [True, True]])
        before = scores.clone()
        hide(scores, None, key_mask)
        assert (scores[0, :, 1] == -torch.inf).all()
        assert torch.equal(scores[0, :, 0], before[0, :, 0])
        assert torch.equal(scores[1], before[1])

    def test_without_masks_nothing_changes(self):
        scores = rand(2, 3, 4)
        before = scores.clone()
        hide(scores, None, None)
        assert torch.equal(scores, before)


class TestMultiplyInto:
    def test_equals_the_product_and_uses_the_room_again(self):
        room = torch.empty(2 * 5 * 4, dtype=torch.float64)
        for n_rows, n_columns in ((5, 4), (3, 4), (5, 2)):
            a, b = rand(2, n_rows, 7), rand(2, 7, n_columns, seed=1)
            product = multiply_into(room, a, b)
            torch.testing.assert_close(product, torch.einsum("nri,nic->nrc", a, b), **TIGHT)
            assert product.data_ptr() == room.data_ptr()

    def test_room_is_that_of_a_full_tile_of_all_heads(self):
        q = rand(2, 3, 50, 7)
        room = room_for_a_tile(grid_of(50, 90, causal=False, block_q=5, block_k=4), q)
        # 2 × 3 heads, 5 queries, 4 keys
        assert room.shape == (120,)
        assert room.dtype == q.dtype

    def test_room_is_no_larger_than_the_table(self):
        q = rand(2, 3, 6, 7)
        room = room_for_a_tile(grid_of(6, 9, causal=False, block_q=256, block_k=256), q)
        assert room.shape == (2 * 3 * 6 * 9,)
