import math

import pytest
import torch

from course_lib.attention import scaled_dot_product_attention
from course_lib.figures.tile_numbers import Tile, TileWork, moved_plainly
from course_lib.kernels.flash_tiles import TileGrid
from course_lib.masks import causal_mask


def make(n=7, block_q=3, block_k=2, causal=False, d_head=2, d_value=3):
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, n, d_head, generator=generator, dtype=torch.float64)
    v = torch.randn(n, d_value, generator=generator, dtype=torch.float64)
    grid = TileGrid(n_queries=n, n_keys=n, causal=causal, block_q=block_q, block_k=block_k)
    return TileWork(q, k, v, grid)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("block_q", "block_k"), [(3, 2), (1, 7), (7, 1), (4, 4)])
def test_the_results_are_those_of_the_whole_table(causal, block_q, block_k):
    work = make(block_q=block_q, block_k=block_k, causal=causal)
    mask = causal_mask(7, 7) if causal else None
    whole = scaled_dot_product_attention(work.q, work.k, work.v, mask).values
    seen = set()
    for step in range(1, len(work.tiles) + 1):
        if work.is_last_of_row(step - 1):
            for row, state in work.rows_after(step).items():
                torch.testing.assert_close(torch.tensor(state.result).double(), whole[row])
                seen.add(row)
    assert seen == set(range(7))


def test_what_is_kept_half_way_by_hand():
    work = make(block_q=2, block_k=3)
    rows = work.rows_after(2)
    assert list(rows) == [0, 1]
    scores = [work.score(1, key) or 0.0 for key in range(6)]  # none is hidden
    state = rows[1]
    assert state.row_max == pytest.approx(max(scores))
    weights = [math.exp(score - max(scores)) for score in scores]
    assert state.row_sum == pytest.approx(sum(weights))
    assert state.mixture[2] == pytest.approx(
        sum(weight * work.v[key, 2].item() for key, weight in enumerate(weights))
    )
    assert state.shrink == pytest.approx(math.exp(max(scores[:3]) - max(scores)))


def test_the_order_of_tiles_and_those_that_are_skipped():
    assert make(n=4, block_q=2, block_k=2).tiles == [
        Tile(0, 2, 0, 2),
        Tile(0, 2, 2, 4),
        Tile(2, 4, 0, 2),
        Tile(2, 4, 2, 4),
    ]
    assert Tile(0, 2, 2, 4) not in make(n=4, block_q=2, block_k=2, causal=True).tiles


def test_a_hidden_score_is_none_and_a_row_with_hidden_scores_only_keeps_nothing():
    work = make(n=4, block_q=4, block_k=2, causal=True)
    assert work.score(1, 2) is None
    assert work.score(2, 2) is not None
    first, second = work.rows_after(1)[0], work.rows_after(2)[0]
    assert (second.row_sum, second.mixture) == (first.row_sum, first.mixture)
    assert second.shrink == 1.0
    assert work.rows_after(0) == {}


def test_moved_numbers_by_hand():
    # Two blocks of queries: each reads 2 queries of 2 numbers, all 4 keys of 2 and values of 3,
    # and writes 2 results of 3.
    work = make(n=4, block_q=2, block_k=2)
    assert work.moved_after(4) == 2 * (2 * 2 + 4 * (2 + 3) + 2 * 3)
    assert work.moved_after(1) == 2 * 2 + 2 * 5
    assert work.moved_after(0) == 0
    assert moved_plainly(work) == 4 * (2 + 2 + 3 + 3) + 4 * 16
    assert work.table_size == 16
    # Queries, mixtures, maximum and sum of 2 rows; 2 keys and values; 4 scores.
    assert work.held == 2 * (2 + 3 + 2) + 2 * 5 + 4


def test_larger_blocks_of_queries_move_less():
    moved = [all_moved(make(block_q=block)) for block in (1, 2, 4, 7)]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 2 * moved[-1]


def all_moved(work):
    return work.moved_after(len(work.tiles))
