import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.generation.beam_search import BeamSearchConfig, beam_search
from course_lib.generation.cache_editing import select_rows, truncate
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.kv_cache import CacheShape
from course_lib.generation.paged_cache import PagedCache, PagePool
from course_lib.generation.sampling import SamplingConfig
from course_lib.generation.speculative import SpeculativeConfig, decode_speculatively
from tests.course_lib.generation.tiny_model import N_LAYERS, TinyModel

B, HKV, DH = 2, 3, 5
SHAPE = CacheShape(
    batch_size=1, n_kv_heads=HKV, d_head=DH, dtype=torch.float64, device=torch.device("cpu")
)


def rand(n_rows, n_positions, seed=0):
    shape = (n_rows, HKV, n_positions, DH)
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def filled(n_positions, n_rows=B, n_pages=20, page_size=4):
    cache = PagedCache.empty(PagePool(SHAPE, n_pages, page_size), n_rows)
    cache, _, _ = cache.append(rand(n_rows, n_positions), rand(n_rows, n_positions, seed=1))
    return cache


def in_use(*caches):
    """How many different pages some caches use."""
    return len({page for cache in caches for table in cache.tables for page in table})


class TestPagePool:
    def test_hand_worked_case(self):
        pool = PagePool(SHAPE, n_pages=3, page_size=2)
        first, second = pool.take(), pool.take()
        assert pool.n_free == 1
        pool.share(first)
        pool.give_back(first)
        assert (pool.n_users[first], pool.n_users[second], pool.n_free) == (1, 1, 1)
        pool.give_back(first)
        assert (pool.n_users[first], pool.n_free) == (0, 2)

    def test_no_page_is_handed_out_twice(self):
        pool = PagePool(SHAPE, n_pages=5, page_size=2)
        assert sorted(pool.take() for _ in range(5)) == [0, 1, 2, 3, 4]
        with pytest.raises(ValueError, match="all 5 pages are in use"):
            pool.take()

    def test_pages_are_counted_up(self):
        pool = PagePool(SHAPE, n_pages=5, page_size=4)
        assert [pool.n_pages_for(n) for n in (0, 1, 4, 5, 8)] == [0, 1, 1, 2, 2]

    @pytest.mark.parametrize("sizes", [(0, 4), (4, 0)])
    def test_nothing_to_hold_is_refused(self, sizes):
        with pytest.raises(ValueError, match=f"{sizes[0]} pages of {sizes[1]} positions"):
            PagePool(SHAPE, *sizes)


class TestAppend:
    @pytest.mark.parametrize("page_size", [1, 3, 4, 50])
    @pytest.mark.parametrize("sizes", [[13], [1] * 13, [4, 1, 3, 5], [12, 1]])
    def test_gives_back_what_went_in(self, sizes, page_size):
        k, v = rand(B, 13), rand(B, 13, seed=1)
        cache = PagedCache.empty(PagePool(SHAPE, 2 * 13, page_size), B)
        start = 0
        for size in sizes:
            end = start + size
            cache, k_back, v_back = cache.append(k[:, :, start:end], v[:, :, start:end])
            assert torch.equal(k_back, k[:, :, :end])
            assert torch.equal(v_back, v[:, :, :end])
            start = end
        assert cache.n_seen == 13
        assert in_use(cache) == B * -(-13 // page_size)
        assert cache.pool.n_free == 2 * 13 - in_use(cache)

    def test_pages_may_lie_in_any_order(self):
        pool = PagePool(SHAPE, 6, 2)
        one, other = PagedCache.empty(pool, 1), PagedCache.empty(pool, 1)
        k, v = rand(1, 6), rand(1, 6, seed=1)
        for i in range(6):
            one, k_one, _ = one.append(k[:, :, i : i + 1], v[:, :, i : i + 1])
            other, _, v_other = other.append(v[:, :, i : i + 1], k[:, :, i : i + 1])
        assert torch.equal(k_one, k)
        assert torch.equal(v_other, k)
        assert pool.n_free == 0

    def test_too_few_free_pages_are_refused_and_nothing_changes(self):
        cache = filled(7, n_pages=5)
        # As bits: what was never written may hold anything, also what equals nothing.
        memory = cache.pool.k_pages.view(torch.int64)
        before = memory.clone(), list(cache.pool.n_users), cache.pool.n_free
        with pytest.raises(ValueError, match="2 more pages are needed and 1 are free"):
            cache.append(rand(B, 2, seed=2), rand(B, 2, seed=3))
        assert torch.equal(memory, before[0])
        assert (cache.pool.n_users, cache.pool.n_free) == before[1:]
        following, _, _ = cache.append(rand(B, 1, seed=2), rand(B, 1, seed=3))
        assert following.n_seen == 8


class TestSharing:
    def test_copies_take_no_page_until_they_are_written_to(self):
        cache = filled(6, n_rows=1)
        copies = cache.shared(torch.tensor([0, 0, 0]))
        assert in_use(cache, copies) == 2
        assert copies.pool.n_users[cache.tables[0][0]] == 4

    def test_a_shared_page_is_copied_before_it_is_written_to(self):
        cache = filled(6, n_rows=1)
        full, begun = cache.tables[0]
        copies = cache.shared(torch.tensor([0, 0]))
        copies, k_back, _ = copies.append(rand(2, 1, seed=2), rand(2, 1, seed=3))
        assert torch.equal(k_back[:, :, :6], rand(1, 6).expand(2, -1, -1, -1))
        assert torch.equal(k_back[:, :, 6:], rand(2, 1, seed=2))
        # The full page is still shared by all three; each has its own second page.
        assert [table[0] for table in copies.tables] == [full, full]
        assert len({begun, *(table[1] for table in copies.tables)}) == 3
        _, k_back, v_back = cache.append(rand(1, 1, seed=4), rand(1, 1, seed=5))
        assert torch.equal(k_back, torch.cat([rand(1, 6), rand(1, 1, seed=4)], dim=2))
        assert torch.equal(v_back, torch.cat([rand(1, 6, seed=1), rand(1, 1, seed=5)], dim=2))

    def test_the_last_one_who_uses_a_page_does_not_copy_it(self):
        cache = filled(6, n_rows=1, n_pages=4)
        copies = cache.selected(torch.tensor([0, 0]))  # two sequences on the two pages of one
        assert copies.pool.n_free == 2
        copies, _, _ = copies.append(rand(2, 1, seed=2), rand(2, 1, seed=3))
        assert copies.pool.n_free == 1

    def test_a_page_that_is_full_is_not_copied(self):
        copies = filled(8, n_rows=1).selected(torch.tensor([0, 0]))
        copies, _, _ = copies.append(rand(2, 1, seed=2), rand(2, 1, seed=3))
        assert copies.tables[0][:2] == copies.tables[1][:2]
        assert in_use(copies) == 4

    def test_copies_that_do_not_fit_are_refused_and_nothing_changes(self):
        cache = filled(6, n_rows=1, n_pages=3)
        copies = cache.shared(torch.tensor([0, 0]))
        n_users = list(copies.pool.n_users)
        with pytest.raises(ValueError, match="2 more pages are needed and 1 are free"):
            copies.append(rand(2, 1, seed=2), rand(2, 1, seed=3))
        assert copies.pool.n_users == n_users

    def test_only_the_copies_that_this_cache_makes_are_counted(self):
        cache = filled(6, n_rows=1, n_pages=3)
        others = cache.shared(torch.tensor([0, 0]))
        cache, _, _ = cache.append(rand(1, 1, seed=2), rand(1, 1, seed=3))
        assert cache.pool.n_free == 0
        assert others.tables[0] == others.tables[1] != cache.tables[0]

    def test_a_page_cut_short_is_not_written_through(self):
        cache = filled(6, n_rows=1)
        copy = cache.shared(torch.tensor([0])).truncated(5)
        copy, _, _ = copy.append(rand(1, 1, seed=2), rand(1, 1, seed=3))
        _, k_back, _ = cache.append(rand(1, 1, seed=4), rand(1, 1, seed=5))
        assert torch.equal(k_back[:, :, :6], rand(1, 6))


class TestTruncatedAndFree:
    def test_pages_that_are_not_needed_are_given_back(self):
        cache = filled(10)
        assert cache.pool.n_free == 20 - 6
        shorter = cache.truncated(4)
        assert (shorter.n_seen, shorter.pool.n_free) == (4, 20 - 2)
        _, k_back, _ = shorter.append(rand(B, 3, seed=2), rand(B, 3, seed=3))
        assert torch.equal(k_back, torch.cat([rand(B, 10)[:, :, :4], rand(B, 3, seed=2)], dim=2))

    def test_it_never_grows(self):
        assert filled(5).truncated(9).n_seen == 5

    def test_all_pages_come_back(self):
        cache = filled(10)
        copies = cache.shared(torch.tensor([1, 0, 1]))
        cache.free()
        assert copies.pool.n_free == 20 - 6
        copies.free()
        assert copies.pool.n_free == 20
        assert copies.pool.n_users == [0] * 20

    def test_selected_lets_go_of_what_was_not(self):
        cache = filled(10).selected(torch.tensor([1, 1]))
        assert cache.pool.n_free == 20 - 3


@settings(max_examples=60)
@given(
    page_size=st.integers(1, 4),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["append", "select", "truncate", "fork"]),
            st.integers(0, 10**6),
        ),
        max_size=12,
    ),
)
def test_whatever_is_done_it_holds_what_plain_copies_hold(page_size, steps):
    pool = PagePool(SHAPE, n_pages=400, page_size=page_size)
    cache, expected = PagedCache.empty(pool, B), rand(B, 0)
    kept = []
    for what, seed in steps:
        n_rows, n_seen = expected.shape[0], expected.shape[2]
        if what == "append":
            new = rand(n_rows, 1 + seed % 5, seed=seed)
            expected = torch.cat([expected, new], dim=2)
            cache, k_back, v_back = cache.append(new, -new)
            assert torch.equal(k_back, expected)
            assert torch.equal(v_back, -expected)
        elif what == "select":
            rows = torch.randint(
                n_rows, (1 + seed % 4,), generator=torch.Generator().manual_seed(seed)
            )
            cache, expected = cache.selected(rows), expected[rows]
        elif what == "truncate":
            n_seen = seed % (n_seen + 1)
            cache, expected = cache.truncated(n_seen), expected[:, :, :n_seen]
        else:
            kept.append((cache.shared(torch.arange(n_rows)), expected))
    for other, whole in [*kept, (cache, expected)]:
        other, k_back, _ = other.append(rand(len(whole), 1), rand(len(whole), 1))
        assert torch.equal(k_back[:, :, :-1], whole)
        other.free()
    assert pool.n_free == 400


class TestInAModel:
    PROMPTS = Prompts.pad_left([[1, 2, 3, 4, 5], [6], [7, 8, 9]], padding_token=0)

    def caches(self, model, n_rows, n_pages=40):
        shape = model.cache_shape(n_rows)
        return tuple(
            PagedCache.empty(PagePool(shape, n_pages, page_size=3), n_rows) for _ in range(N_LAYERS)
        )

    def test_decoding_is_as_without_a_cache(self):
        model, cfg = TinyModel(13), DecodingConfig(max_new_tokens=9)
        with_cache = decode(model, self.PROMPTS, greedy, cfg, self.caches(model, 3))
        assert with_cache.rows == decode(model, self.PROMPTS, greedy, cfg).rows

    def test_beams_share_pages(self):
        model, prompt = TinyModel(13), torch.tensor([[2, 7, 1, 4]])
        cfg = BeamSearchConfig(n_beams=4, max_new_tokens=6, end_token=3)
        # Four beams of 9 positions in pages of 3 would be 12 pages, with 4 more to move in.
        caches = self.caches(model, 1, n_pages=12)
        found, expected = beam_search(model, prompt, cfg, caches), beam_search(model, prompt, cfg)
        assert [text.token_ids for text in found] == [text.token_ids for text in expected]

    def test_speculation_gives_pages_back(self):
        target, draft, prompt = TinyModel(13), TinyModel(13, seed=5), torch.tensor([[2, 7, 1]])
        cfg = SpeculativeConfig(
            n_drafted=4, max_new_tokens=9, sampling=SamplingConfig(temperature=0.0)
        )
        caches = self.caches(target, 1, n_pages=5), self.caches(draft, 1, n_pages=5)
        with_caches = decode_speculatively(target, draft, prompt, cfg, torch.Generator(), *caches)
        assert with_caches == decode_speculatively(target, draft, prompt, cfg, torch.Generator())

    def test_caches_can_be_edited_through_the_common_functions(self):
        model, text = TinyModel(13), torch.tensor([[2, 7, 1, 4, 0]])
        caches = model(text, self.caches(model, 1)).caches
        caches = truncate(select_rows(caches, torch.tensor([0, 0])), 4)
        more = torch.tensor([[5, 6], [8, 9]])
        expected = model(torch.cat([text[:, :4].expand(2, -1), more], dim=1)).logits[:, 4:]
        torch.testing.assert_close(model(more, caches).logits, expected, rtol=1e-12, atol=1e-12)
