import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.attention_layer import AttentionLayerConfig
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
    def test_of_a_model(self):
        attention = AttentionLayerConfig(d_model=7, n_heads=6, n_kv_heads=3, d_head=5, scale=1.0)
        shape = CacheShape.of(attention, 2, torch.zeros(4, dtype=torch.float64))
        assert shape == SHAPE
        elsewhere = CacheShape.of(attention, 2, torch.zeros(4, device="meta"))
        assert (elsewhere.dtype, elsewhere.device.type) == (torch.float32, "meta")

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


def looked_at(x, window, start, end):
    """What positions from `start` on look at: the first of them this far back."""
    return x[:, :, max(0, start - (window - 1)) : end]


def read(window, n_spare, sizes):
    """A sliding cache after chunks of such sizes."""
    cache = SlidingCache.empty(SHAPE, window, n_spare)
    for size in sizes:
        cache, _, _ = cache.append(rand(size), rand(size))
    return cache


class TestSlidingCache:
    @pytest.mark.parametrize("n_spare", [0, 2, 16])
    @pytest.mark.parametrize("window", [1, 2, 3, 5, 30])
    @pytest.mark.parametrize(
        "sizes", [[23], [1] * 23, [4, 1, 3, 1, 9, 2, 3], [2, 21], [7, 7, 7, 2]]
    )
    def test_gives_what_the_new_positions_may_need(self, window, n_spare, sizes):
        k, v = rand(23), rand(23, seed=1)
        start = 0
        for end, all_k, all_v in in_chunks(SlidingCache.empty(SHAPE, window, n_spare), k, v, sizes):
            assert torch.equal(all_k, looked_at(k, window, start, end))
            assert torch.equal(all_v, looked_at(v, window, start, end))
            start = end

    @settings(max_examples=200)
    @given(
        window=st.integers(1, 6),
        n_spare=st.integers(0, 5),
        edits=st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=1, max_size=12),
    )
    def test_the_spare_positions_can_be_taken_back_at_any_time(self, window, n_spare, edits):
        cache, seen, furthest = SlidingCache.empty(SHAPE, window, n_spare), rand(0), 0
        for seed, (n_new, share) in enumerate(edits):
            k, start = rand(n_new, seed), cache.n_seen
            cache, all_k, all_v = cache.append(k, -k)
            seen = torch.cat([seen, k], dim=2)
            assert torch.equal(all_k, looked_at(seen, window, start, cache.n_seen))
            assert torch.equal(all_v, -all_k)
            furthest = max(furthest, cache.n_seen)
            least = max(0, furthest - n_spare)
            n_left = min(cache.n_seen, least + round(share * (cache.n_seen - least)))
            cache, seen = cache.truncated(n_left), seen[:, :, :n_left]
            assert cache.n_seen == n_left

    @pytest.mark.parametrize("sizes", [[23], [1] * 23, [4, 1, 3, 1, 9, 2, 3]])
    def test_it_goes_back_as_far_as_it_can_and_then_refuses(self, sizes):
        # It has room for two times 4 + 2, and keeps 6 when it moves.
        k, more = torch.cat([rand(size) for size in sizes], dim=2), rand(2, seed=1)
        cache, refused = read(4, 2, sizes), []
        for n_seen in range(23):
            try:
                shorter = cache.truncated(n_seen)
            except ValueError:
                refused.append(n_seen)
                continue
            _, all_k, _ = shorter.append(more, more)
            expected = torch.cat([k[:, :, :n_seen], more], dim=2)
            assert torch.equal(all_k, looked_at(expected, 4, n_seen, n_seen + 2))
            cache = read(4, 2, sizes)  # the one before was used
        assert refused == list(range(23 - cache.end + 3))
        assert len(refused) <= 23 - 2

    def test_what_was_not_moved_yet_can_be_forgotten_altogether(self):
        cache = read(4, 0, [8]).truncated(0)
        assert (cache.n_seen, cache.end) == (0, 0)

    def test_more_than_it_has_seen_is_nothing_to_forget(self):
        cache = read(4, 2, [9]).truncated(10)
        assert (cache.n_seen, cache.end) == (9, 9)

    def test_going_back_behind_what_was_dropped_is_refused(self):
        message = "window of 4 positions that has moved on, with 1 to spare, cannot go back from 11"
        with pytest.raises(ValueError, match=f"{message} to 8"):
            read(4, 1, [11]).truncated(8)

    def test_rows_are_reordered_and_the_cache_before_is_left_alone(self):
        cache = read(3, 1, [1] * 13)
        before = cache.k_memory.clone()
        rows = torch.tensor([1, 1, 0])
        chosen = cache.selected(rows)
        assert (chosen.n_seen, chosen.end) == (cache.n_seen, cache.end)
        more = torch.cat([rand(2, seed=3), rand(2, seed=4)[:1]])
        _, got_k, got_v = chosen.append(more, -more)
        assert torch.equal(cache.k_memory, before)
        _, k, v = cache.append(rand(2), rand(2))
        assert torch.equal(got_k, torch.cat([k[rows][:, :, :2], more], dim=2))
        assert torch.equal(got_v, torch.cat([v[rows][:, :, :2], -more], dim=2))

    def test_memory_does_not_grow(self):
        cache = SlidingCache.empty(SHAPE, 4, n_spare=3)
        pointers = cache.k_memory.data_ptr(), cache.v_memory.data_ptr()
        for seed in range(40):
            cache, _, _ = cache.append(rand(1, seed), rand(1, seed))
            cache = cache.truncated(cache.n_seen - seed % 2)
        assert (cache.k_memory.data_ptr(), cache.v_memory.data_ptr()) == pointers
        assert cache.k_memory.shape[2] == cache.v_memory.shape[2] == 2 * (4 + 3)

    def test_moves_what_it_keeps_once_a_window(self):
        cache = SlidingCache.empty(SHAPE, 3, n_spare=1)
        ends = []
        for seed in range(14):
            cache, _, _ = cache.append(rand(1, seed), rand(1, seed))
            ends.append(cache.end)
        # Four positions move to the front when the eight are full, and the new one comes behind.
        assert ends == [1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6]

    @pytest.mark.parametrize(("window", "n_spare"), [(0, 3), (3, -1)])
    def test_sizes_below_none_are_refused(self, window, n_spare):
        with pytest.raises(ValueError, match=rf"got window={window} and n_spare={n_spare}"):
            SlidingCache.empty(SHAPE, window, n_spare)
