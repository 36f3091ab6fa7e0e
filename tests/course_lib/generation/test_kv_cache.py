import pytest
import torch

from course_lib.generation.kv_cache import CacheShape, PlainCache, SlidingCache

B, H_KV, DH = 2, 3, 5
SHAPE = CacheShape(
    batch_size=B, n_kv_heads=H_KV, d_head=DH, dtype=torch.float64, device=torch.device("cpu")
)


def rand(n_positions, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(B, H_KV, n_positions, DH, dtype=torch.float64, generator=generator)


def in_chunks(cache, k, v, sizes):
    """Append positions chunk by chunk; yield what each chunk may look at, and where it ends."""
    end = 0
    for size in sizes:
        start, end = end, end + size
        cache, all_k, all_v = cache.append(k[:, :, start:end], v[:, :, start:end])
        assert cache.n_seen == end
        yield end, all_k, all_v


class TestCacheShape:
    def test_memory_has_the_shape_type_and_place_that_it_says(self):
        memory = SHAPE.reserve(7)
        assert memory.shape == (B, H_KV, 7, DH)
        assert memory.dtype == torch.float64
        assert memory.device == torch.device("cpu")


class TestPlainCache:
    @pytest.mark.parametrize("sizes", [[9], [1] * 9, [4, 1, 3, 1]])
    def test_gives_all_positions_in_their_order(self, sizes):
        k, v = rand(9), rand(9, seed=1)
        for end, all_k, all_v in in_chunks(PlainCache.empty(SHAPE, 9), k, v, sizes):
            assert torch.equal(all_k, k[:, :, :end])
            assert torch.equal(all_v, v[:, :, :end])

    def test_writes_in_place_and_gives_views(self):
        cache = PlainCache.empty(SHAPE, 6)
        following, all_k, all_v = cache.append(rand(2), rand(2, seed=1))
        assert following.k_memory is cache.k_memory
        assert all_k.data_ptr() == cache.k_memory.data_ptr()
        assert all_v.data_ptr() == cache.v_memory.data_ptr()

    def test_the_cache_before_still_knows_how_many_it_had_seen(self):
        cache = PlainCache.empty(SHAPE, 6)
        following, _, _ = cache.append(rand(2), rand(2))
        assert (cache.n_seen, following.n_seen) == (0, 2)

    def test_more_than_there_is_room_for_is_refused_and_writes_nothing(self):
        cache, _, _ = PlainCache.empty(SHAPE, 6).append(rand(4), rand(4))
        before = cache.k_memory.clone()
        with pytest.raises(ValueError, match="no room for 7 positions in a cache of 6"):
            cache.append(rand(3, seed=1), rand(3, seed=1))
        assert torch.equal(cache.k_memory[:, :, :4], before[:, :, :4])

    def test_rows_can_be_chosen_and_positions_forgotten(self):
        k, v, rows = rand(4), rand(4, seed=1), torch.tensor([1, 1, 0])
        cache, _, _ = PlainCache.empty(SHAPE, 6).append(k, v)
        chosen = cache.selected(rows)
        assert torch.equal(chosen.k_memory[:, :, :4], k[rows])
        assert torch.equal(chosen.v_memory[:, :, :4], v[rows])
        assert [cache.truncated(n).n_seen for n in (0, 3, 4, 5)] == [0, 3, 4, 4]


class TestSlidingCache:
    @pytest.mark.parametrize("window", [1, 2, 3, 5, 30])
    @pytest.mark.parametrize(
        "sizes", [[23], [1] * 23, [4, 1, 3, 1, 9, 2, 3], [2, 21], [7, 7, 7, 2]]
    )
    def test_gives_what_the_new_positions_may_need(self, window, sizes):
        k, v = rand(23), rand(23, seed=1)
        start = 0
        for end, all_k, all_v in in_chunks(SlidingCache.empty(SHAPE, window), k, v, sizes):
            first = max(0, start - (window - 1))  # the first new position looks back this far
            assert torch.equal(all_k, k[:, :, first:end])
            assert torch.equal(all_v, v[:, :, first:end])
            start = end

    def test_memory_does_not_grow(self):
        cache = SlidingCache.empty(SHAPE, 4)
        pointer = cache.k_memory.data_ptr()
        for seed in range(20):
            cache, _, _ = cache.append(rand(1, seed), rand(1, seed))
        assert cache.k_memory.data_ptr() == pointer
        assert cache.k_memory.shape[2] == cache.v_memory.shape[2] == 8

    def test_moves_what_it_keeps_once_a_window(self):
        cache = SlidingCache.empty(SHAPE, 4)
        ends = []
        for seed in range(14):
            cache, _, _ = cache.append(rand(1, seed), rand(1, seed))
            ends.append(cache.end)
        # Three positions move to the front when the eight are full, and the new one comes behind.
        assert ends == [1, 2, 3, 4, 5, 6, 7, 8, 4, 5, 6, 7, 8, 4]

    def test_an_empty_window_is_refused(self):
        with pytest.raises(ValueError, match="at least one position, got 0"):
            SlidingCache.empty(SHAPE, 0)
