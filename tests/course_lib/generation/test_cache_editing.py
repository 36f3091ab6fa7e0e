import pytest
import torch

from course_lib.generation.cache_editing import select_rows, truncate
from tests.course_lib.generation.tiny_model import MAX_SEQ_LEN, TinyModel

V, B, T = 13, 3, 6
# Six positions are past both windows.
MODELS = {"whole": TinyModel(V), "windowed": TinyModel(V, windows=(3, None, 4))}


class GrowingOnly:
    """A cache that can only grow."""

    n_seen = 5

    def append(self, k, v):
        return self, k, v


def rand_ids(*shape, seed=0):
    return torch.randint(V, shape, generator=torch.Generator().manual_seed(seed))


def read(model, token_ids):
    return model(token_ids, model.empty_caches(len(token_ids))).caches


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
class TestRealCaches:
    def test_what_was_forgotten_does_not_matter(self, model):
        text, other = rand_ids(B, T), rand_ids(B, T, seed=1)
        caches = truncate(read(model, text), 4)
        assert [cache.n_seen for cache in caches] == [4, 4, 4]
        alone = model(torch.cat([text[:, :4], other], dim=1)).logits[:, 4:]
        torch.testing.assert_close(model(other, caches).logits, alone, rtol=1e-12, atol=1e-12)

    def test_rows_go_on_as_they_would_have(self, model):
        text, more = rand_ids(B, T), rand_ids(4, 2, seed=1)
        rows = torch.tensor([2, 0, 0, 2])
        caches = select_rows(read(model, text), rows)
        alone = model(torch.cat([text[rows], more], dim=1)).logits[:, T:]
        torch.testing.assert_close(model(more, caches).logits, alone, rtol=1e-12, atol=1e-12)


class TestTruncate:
    def test_caches_that_hold_no_more_stay_as_they_are(self):
        caches = read(TinyModel(V), rand_ids(B, T))
        assert truncate(caches, T) is caches
        assert truncate(caches, MAX_SEQ_LEN) is caches
        growing = (GrowingOnly(),)
        assert truncate(growing, 5) is growing
        assert truncate((), 3) == ()

    def test_a_cache_that_cannot_go_back_is_refused(self):
        with pytest.raises(ValueError, match=r"^a GrowingOnly cannot go back to 4 positions"):
            truncate((GrowingOnly(),), 4)


class TestSelectRows:
    def test_no_caches_are_no_caches(self):
        assert select_rows((), torch.tensor([0])) == ()

    def test_a_cache_that_cannot_be_reordered_is_refused(self):
        with pytest.raises(ValueError, match="sequences of a GrowingOnly cannot be reordered"):
            select_rows((GrowingOnly(),), torch.tensor([0]))
