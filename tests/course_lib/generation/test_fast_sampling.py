import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.fast_sampling import (
    Candidates,
    FastSampler,
    draw_place,
    find_candidates,
    min_p_candidates,
    top_k_candidates,
    top_p_candidates,
)
from course_lib.generation.sampling import (
    Sampler,
    SamplingConfig,
    filter_logits,
    keep_min_p,
    keep_top_k,
    keep_top_p,
)
from tests.course_lib.generation.distribution import fits

B, T, V = 3, 7, 3001
DTYPES = [torch.float32, torch.float64]
CONFIGS = {
    "nothing": SamplingConfig(),
    "greedy": SamplingConfig(temperature=0.0),
    "temperature": SamplingConfig(temperature=0.7),
    "top-k": SamplingConfig(temperature=0.7, top_k=20),
    "top-p": SamplingConfig(temperature=1.3, top_p=0.8),
    "min-p": SamplingConfig(temperature=1.3, min_p=0.05),
    "top-p and min-p": SamplingConfig(top_p=0.9, min_p=0.05),
    "all": SamplingConfig(temperature=0.8, top_k=40, top_p=0.9, min_p=0.02, repetition_penalty=1.4),
}


def rand_logits(*shape, seed=0, scale=3.0, dtype=torch.float64):
    normal = torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    return scale * normal


def rand_ids(*shape, seed=0, vocab_size=V):
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(seed))


class TestCandidates:
    def test_spread_hand_worked_case(self):
        some = Candidates(token_ids=torch.tensor([[3, 0]]), logits=torch.tensor([[7.0, 5.0]]))
        assert some.spread(4).tolist() == [[5.0, -torch.inf, -torch.inf, 7.0]]


@pytest.mark.parametrize("dtype", DTYPES)
# From one token that holds nearly everything to all tokens alike: each widens the window less often
# or more often.
@pytest.mark.parametrize("scale", [30.0, 4.0, 2.0, 1.0, 0.01])
class TestEachFilterKeepsWhatItsPlainTwinKeeps:
    def test_top_k(self, scale, dtype):
        logits = rand_logits(2, B, V, scale=scale, dtype=dtype)
        for k in (1, 50, V, V + 1):
            assert torch.equal(top_k_candidates(logits, k).spread(V), keep_top_k(logits, k))

    def test_top_p(self, scale, dtype):
        logits = rand_logits(2, B, V, scale=scale, dtype=dtype)
        for p in (1e-6, 0.3, 0.9, 0.97):
            assert torch.equal(top_p_candidates(logits, p).spread(V), keep_top_p(logits, p))

    def test_min_p(self, scale, dtype):
        logits = rand_logits(2, B, V, scale=scale, dtype=dtype)
        for min_p in (1e-3, 0.05, 1.0):
            assert torch.equal(min_p_candidates(logits, min_p).spread(V), keep_min_p(logits, min_p))


class TestTopPCandidates:
    @given(seed=st.integers(0, 10**6), p=st.floats(1e-3, 1.0), scale=st.floats(0.1, 20))
    def test_the_edge_is_found_wherever_it_lies(self, seed, p, scale):
        logits = rand_logits(2, 1501, seed=seed, scale=scale)
        logits[1] = logits[1] * 0.2  # rows whose edges lie far apart
        assert torch.equal(top_p_candidates(logits, p).spread(1501), keep_top_p(logits, p))

    def test_it_looks_no_further_than_need_be(self):
        logits = rand_logits(2, V, scale=0.0)
        logits[0, 77] = logits[1, 1000:1050] = 20.0
        assert top_p_candidates(logits, 0.9).token_ids.shape == (2, 64)

    def test_probabilities_too_small_for_their_type_do_not_stop_it(self):
        # All but a hundred logits give exactly 0 in float32, and no window reaches all the mass.
        logits = torch.full((1, V), -1e4)
        logits[0, :100] = 0.0
        assert top_p_candidates(logits, 0.999).spread(V).isfinite().sum() == 100


@pytest.mark.parametrize("cfg", CONFIGS.values(), ids=CONFIGS)
class TestFindCandidates:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_keeps_what_the_chain_keeps(self, cfg, dtype):
        logits = rand_logits(B, V, dtype=dtype)
        if cfg.repetition_penalty != 1:
            cfg = SamplingConfig(**{**vars(cfg), "repetition_penalty": 1.0})
        expected = filter_logits(logits, rand_ids(B, T), cfg)
        assert torch.equal(find_candidates(logits, cfg).spread(V), expected)

    def test_draws_with_the_same_distribution(self, cfg):
        logits, token_ids = rand_logits(1, 101), rand_ids(1, T, vocab_size=101)
        probs = filter_logits(logits, token_ids, cfg).softmax(-1)
        many = logits.expand(20_000, -1), token_ids.expand(20_000, -1)
        generator = torch.Generator().manual_seed(1)
        assert fits(FastSampler(cfg, generator)(*many), probs)
        assert fits(Sampler(cfg, generator)(*many), probs)
        if cfg.temperature != 0:
            assert not fits(FastSampler(cfg, generator)(*many), (probs.log() / 1.2).softmax(-1))


class TestDrawPlace:
    def test_hand_worked_case(self):
        # Shares 0.2, 0, 0.8: below 0.2 of the interval the first, and never the second.
        logits = torch.tensor([[0.2, 0.0, 0.8]]).log()
        for seed in range(50):
            share = torch.rand(
                1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
            )
            place = draw_place(logits, torch.Generator().manual_seed(seed))
            assert place.tolist() == [0 if share < 0.2 else 2]

    def test_rounding_never_draws_beyond_the_last_share(self, monkeypatch):
        monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.ones(shape).double())
        logits = torch.tensor([[0.0, 1.0, -torch.inf], [0.0, 1.0, 2.0]])
        assert draw_place(logits, torch.Generator()).tolist() == [1, 2]

    def test_the_very_beginning_belongs_to_the_first_that_has_a_share(self, monkeypatch):
        monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.zeros(shape).double())
        logits = torch.tensor([[-torch.inf, 1.0, 2.0], [0.0, -torch.inf, 1.0]])
        assert draw_place(logits, torch.Generator()).tolist() == [1, 0]

    @pytest.mark.parametrize(("share", "place"), [(1 - 3e-10, 0), (1 - 1e-10, 1)])
    def test_shares_too_small_for_sums_in_float32_are_drawn(self, monkeypatch, share, place):
        monkeypatch.setattr(
            torch, "rand", lambda shape, **_: torch.full(shape, share, dtype=torch.float64)
        )
        logits = torch.tensor([[1.0, 2e-10]]).log()
        assert draw_place(logits, torch.Generator()).tolist() == [place]


class TestFastSampler:
    def test_temperature_zero_takes_the_first_of_the_largest(self):
        sampler = FastSampler(SamplingConfig(temperature=0.0), torch.Generator())
        logits = torch.tensor([[1.0, 5.0, 5.0], [2.0, -3.0, 0.0]])
        assert sampler(logits, rand_ids(2, T, vocab_size=3)).tolist() == [1, 0]

    def test_the_generator_alone_decides(self):
        logits, token_ids = rand_logits(50, V), rand_ids(50, T)
        cfg = SamplingConfig(top_p=0.9)

        def drawn(seed):
            return FastSampler(cfg, torch.Generator().manual_seed(seed))(logits, token_ids)

        assert torch.equal(drawn(3), drawn(3))
        assert not torch.equal(drawn(3), drawn(4))

    def test_padding_does_not_count_for_the_penalty(self):
        # Token 0 stands only in the padding; were it counted, 1 would be the largest.
        cfg = SamplingConfig(temperature=0.0, repetition_penalty=10.0)
        sampler = FastSampler(cfg, torch.Generator())
        logits, token_ids = torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0, 2]])
        assert sampler(logits, token_ids, torch.tensor([1])).tolist() == [0]
        assert sampler(logits, token_ids).tolist() == [1]
