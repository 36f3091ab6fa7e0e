"""The contract: what is written to it keeps it, as far as names can tell."""

import pytest
import torch

from course_lib.generation.int8_cache import Int8Cache
from course_lib.generation.kv_cache import CacheShape, PlainCache, SlidingCache
from course_lib.generation.language_model import (
    LanguageModel,
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.generation.paged_cache import PagedCache, PagePool
from tests.course_lib.generation.tiny_model import TinyModel

B, HKV, T, DH = 2, 3, 4, 5
SHAPE = CacheShape(
    batch_size=B, n_kv_heads=HKV, d_head=DH, dtype=torch.float64, device=torch.device("cpu")
)
EMPTY_CACHES = {
    "plain": lambda: PlainCache.empty(SHAPE, 9),
    "sliding": lambda: SlidingCache.empty(SHAPE, 9),
    "paged": lambda: PagedCache.empty(PagePool(SHAPE, n_pages=9, page_size=3), B),
    "int8": lambda: Int8Cache.empty(SHAPE, 9),
}


def rand(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", EMPTY_CACHES)
def test_caches_keep_the_contract(name):
    cache = EMPTY_CACHES[name]()
    assert isinstance(cache, LayerCache)
    assert cache.n_seen == 0
    for n_seen in (T, 2 * T):
        cache, k, v = cache.append(rand(B, HKV, T, DH, seed=1), rand(B, HKV, T, DH, seed=2))
        assert isinstance(cache, LayerCache)
        assert cache.n_seen == n_seen
        assert k.shape == v.shape == (B, HKV, n_seen, DH)


def test_models_keep_the_contract():
    model = TinyModel(7)
    assert isinstance(model, LanguageModel)
    out = model(torch.tensor([[1, 2, 3]]), model.empty_caches(1))
    assert isinstance(out, LanguageModelOutput)
    assert out.logits.shape == (1, 3, 7)
    assert [cache.n_seen for cache in out.caches] == [3, 3, 3]
    assert model(torch.tensor([[1, 2, 3]])).caches == ()


class TestLastPositions:
    X = rand(B, T, DH, seed=3)

    def test_only_the_last_are_left(self):
        assert torch.equal(last_positions(self.X, 1), self.X[:, T - 1 :])
        assert torch.equal(last_positions(self.X, T - 1), self.X[:, 1:])

    @pytest.mark.parametrize("n_scored", [None, T])
    def test_all_are_left(self, n_scored):
        assert torch.equal(last_positions(self.X, n_scored), self.X)

    @pytest.mark.parametrize("n_scored", [0, -1, T + 1])
    def test_others_are_refused(self, n_scored):
        with pytest.raises(ValueError, match=f"the last {n_scored} of 4 positions cannot be"):
            last_positions(self.X, n_scored)
