import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from course_lib.generation.sampling import (
    Sampler,
    SamplingConfig,
    draw,
    filter_logits,
    keep_min_p,
    keep_only,
    keep_top_k,
    keep_top_p,
    penalise_repetition,
    scale_by_temperature,
)
from tests.course_lib.generation.distribution import fits

B, T, V = 3, 7, 211
INF = math.inf
DTYPES = [torch.float32, torch.float64]
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand_logits(*shape, seed=0, dtype=torch.float64):
    return 3 * torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def rand_ids(*shape, seed=0, vocab_size=V):
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(seed))


def log_probs(*probs):
    return torch.tensor([probs], dtype=torch.float64).log()


class TestScaleByTemperature:
    def test_hand_worked_case(self):
        # Odds of e² : 1 at temperature 2 are odds of e : 1.
        logits = torch.tensor([[2.0, 0.0]])
        assert scale_by_temperature(logits, 2.0).tolist() == [[1.0, 0.0]]

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_matches_the_public_implementation(self, dtype):
        logits = rand_logits(B, V, dtype=dtype)
        theirs = TemperatureLogitsWarper(0.7)(rand_ids(B, T), logits)
        assert torch.equal(scale_by_temperature(logits, 0.7), theirs)

    def test_at_zero_the_first_of_the_largest_is_left(self):
        logits = torch.tensor([[1.0, 5.0, 5.0], [2.0, -3.0, 0.0]])
        assert scale_by_temperature(logits, 0.0).tolist() == [[-INF, 5.0, -INF], [2.0, -INF, -INF]]

    def test_zero_is_what_small_temperatures_tend_to(self):
        logits = rand_logits(B, V)
        near = scale_by_temperature(logits, 1e-3).softmax(-1)
        torch.testing.assert_close(near, scale_by_temperature(logits, 0.0).softmax(-1), **TIGHT)

    @pytest.mark.parametrize("temperature", [-0.5, INF, math.nan])
    def test_other_temperatures_are_refused(self, temperature):
        with pytest.raises(ValueError, match=f"not {temperature}"):
            scale_by_temperature(rand_logits(B, V), temperature)


class TestKeepTopK:
    def test_hand_worked_case(self):
        logits = torch.tensor([[0.5, 2.0, -1.0, 1.0]])
        assert keep_top_k(logits, 2).tolist() == [[-INF, 2.0, -INF, 1.0]]

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("k", [1, 13, V, V + 1])
    def test_keeps_what_the_public_implementation_keeps(self, k, dtype):
        logits = rand_logits(B, V, dtype=dtype)
        assert torch.equal(keep_top_k(logits, k), TopKLogitsWarper(k)(rand_ids(B, T), logits))

    @given(seed=st.integers(0, 10**6), k=st.integers(1, 2 * V))
    def test_exactly_k_stay_also_of_equals(self, seed, k):
        logits = rand_ids(B, 2, V, seed=seed, vocab_size=4).double()
        kept = keep_top_k(logits, k)
        stays = kept > -INF
        assert (stays.sum(-1) == min(k, V)).all()
        assert torch.equal(kept[stays], logits[stays])
        least_kept = logits.masked_fill(~stays, INF).amin(-1)
        assert (least_kept >= logits.masked_fill(stays, -INF).amax(-1)).all()

    def test_none_is_refused(self):
        with pytest.raises(ValueError, match="not the top 0"):
            keep_top_k(rand_logits(B, V), 0)


class TestKeepTopP:
    # In falling order 0.5, 0.3, 0.15, 0.05; before each of them stand 0, 0.5, 0.8 and 0.95.
    LOGITS = log_probs(0.15, 0.5, 0.05, 0.3)

    @pytest.mark.parametrize(
        ("p", "kept"),
        [
            (0.49, [False, True, False, False]),
            (0.51, [False, True, False, True]),  # the token that crosses p stays
            (0.79, [False, True, False, True]),
            (0.81, [True, True, False, True]),
            (1.0, [True, True, True, True]),
        ],
    )
    def test_hand_worked_case(self, p, kept):
        out = keep_top_p(self.LOGITS, p)
        assert torch.equal(out, self.LOGITS.masked_fill(~torch.tensor([kept]), -INF))

    def test_a_mass_reached_exactly_is_enough(self):
        # 1/2 and 1/4 are exact in binary: before the third token stands 0.75, not less than p.
        logits = torch.tensor([[4.0, 2.0, 1.0, 1.0]], dtype=torch.float64).log2() * math.log(2)
        assert (keep_top_p(logits, 0.75) > -INF).sum() == 2

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("p", [1e-6, 0.2, 0.9, 0.999])
    def test_keeps_what_the_public_implementation_keeps(self, p, dtype):
        logits = rand_logits(B, V, dtype=dtype)
        assert torch.equal(keep_top_p(logits, p), TopPLogitsWarper(p)(rand_ids(B, T), logits))

    @given(seed=st.integers(0, 10**6), p=st.floats(1e-3, 1.0))
    def test_keeps_the_smallest_set_that_reaches_p(self, seed, p):
        probs = rand_logits(B, 2, 17, seed=seed).softmax(-1)
        kept = (keep_top_p(probs.log(), p) > -INF) * probs
        mass, least = kept.sum(-1), kept.masked_fill(kept == 0, INF).amin(-1)
        assert (mass >= p - 1e-12).all()
        assert (mass - least < p + 1e-12).all()
        assert (probs.masked_fill(kept > 0, 0).amax(-1) <= least).all()

    def test_sums_of_half_precision_are_wide(self):
        # 4096 equal shares: their sum in bfloat16 would stop growing at 2⁻⁴.
        logits = torch.zeros(1, 4096, dtype=torch.bfloat16)
        kept = keep_top_p(logits, 0.5)
        assert kept.dtype == torch.bfloat16
        assert (kept > -INF).sum() == 2048

    @pytest.mark.parametrize("p", [0.0, -0.1, 1.1, math.nan])
    def test_other_shares_are_refused(self, p):
        with pytest.raises(ValueError, match=f"unlike {p}"):
            keep_top_p(self.LOGITS, p)


class TestKeepMinP:
    def test_hand_worked_case(self):
        # A share of 0.3 of the largest probability, 0.5, is 0.15.
        logits = log_probs(0.16, 0.5, 0.14, 0.2)
        kept = torch.tensor([[True, True, False, True]])
        assert torch.equal(keep_min_p(logits, 0.3), logits.masked_fill(~kept, -INF))

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("min_p", [0.0, 1e-3, 0.05, 0.5, 1.0])
    def test_keeps_what_the_public_implementation_keeps(self, min_p, dtype):
        logits = rand_logits(B, V, dtype=dtype)
        assert torch.equal(
            keep_min_p(logits, min_p), MinPLogitsWarper(min_p)(rand_ids(B, T), logits)
        )

    def test_all_of_the_most_probable_stay(self):
        assert keep_min_p(torch.tensor([[2.0, 2.0, 1.9]]), 1.0).tolist() == [[2.0, 2.0, -INF]]

    @pytest.mark.parametrize("min_p", [-0.1, 1.5, math.nan])
    def test_other_shares_are_refused(self, min_p):
        with pytest.raises(ValueError, match=f"unlike {min_p}"):
            keep_min_p(rand_logits(B, V), min_p)


class TestPenaliseRepetition:
    def test_hand_worked_case(self):
        # 3 and -3 stand in the text, 3 even twice: 3 / 2 and -3 · 2, each once.
        logits = torch.tensor([[3.0, -3.0, 1.0, 0.0]])
        out = penalise_repetition(logits, torch.tensor([[0, 1, 3, 0]]), 2.0)
        assert out.tolist() == [[1.5, -6.0, 1.0, 0.0]]

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("penalty", [0.5, 1.3])
    def test_matches_the_public_implementation(self, penalty, dtype):
        logits, token_ids = rand_logits(B, V, dtype=dtype), rand_ids(B, 4 * T, vocab_size=9)
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(token_ids, logits)
        assert torch.equal(penalise_repetition(logits, token_ids, penalty), theirs)

    def test_padding_does_not_count(self):
        logits, token_ids = rand_logits(2, V), rand_ids(2, T)
        padded = penalise_repetition(logits, token_ids, 1.3, torch.tensor([0, 4]))
        alone = penalise_repetition(logits[1:], token_ids[1:, 4:], 1.3)
        assert torch.equal(padded[0], penalise_repetition(logits, token_ids, 1.3)[0])
        assert torch.equal(padded[1:], alone)

    def test_before_the_first_token_nothing_changes(self):
        logits = rand_logits(B, V)
        assert torch.equal(penalise_repetition(logits, rand_ids(B, 0), 1.3), logits)

    @pytest.mark.parametrize("penalty", [0.0, -1.0, INF, math.nan])
    def test_other_penalties_are_refused(self, penalty):
        with pytest.raises(ValueError, match=f"unlike {penalty}"):
            penalise_repetition(rand_logits(B, V), rand_ids(B, T), penalty)

    def test_nothing_but_padding_is_refused(self):
        with pytest.raises(ValueError, match=r"\[1, 7, 0\] of 7 tokens a row are padding"):
            penalise_repetition(rand_logits(B, V), rand_ids(B, T), 1.3, torch.tensor([1, 7, 0]))


FILTERS = {
    "temperature": lambda x: scale_by_temperature(x, 0.7),
    "top_k": lambda x: keep_top_k(x, 5),
    "top_p": lambda x: keep_top_p(x, 0.8),
    "min_p": lambda x: keep_min_p(x, 0.1),
    "penalty": lambda x: penalise_repetition(x, rand_ids(B, T), 1.3),
}


@pytest.mark.parametrize("name", FILTERS)
class TestEveryFilter:
    def test_leaves_its_input_unchanged(self, name):
        logits = rand_logits(B, V)
        before = logits.clone()
        FILTERS[name](logits)
        assert torch.equal(logits, before)

    def test_lets_gradients_through_to_what_it_keeps(self, name):
        logits = rand_logits(B, V).requires_grad_()
        out = FILTERS[name](logits)
        out[out > -INF].sum().backward()
        assert torch.equal(logits.grad != 0, out > -INF)

    def test_lets_tokens_that_were_ruled_out_stay_so(self, name):
        logits = rand_logits(B, V)
        logits[:, ::2] = -INF
        assert (FILTERS[name](logits)[:, ::2] == -INF).all()


class TestSamplingConfig:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"temperature": -1.0}, "not -1"),
            ({"top_k": 0}, "top 0"),
            ({"top_p": 0.0}, "unlike 0"),
            ({"min_p": 2.0}, "unlike 2"),
            ({"repetition_penalty": 0.0}, "unlike 0"),
        ],
    )
    def test_what_a_filter_refuses_is_refused_when_built(self, change, message):
        with pytest.raises(ValueError, match=message):
            SamplingConfig(**change)

    def test_by_itself_it_changes_nothing(self):
        logits = rand_logits(B, V)
        assert torch.equal(filter_logits(logits, rand_ids(B, T), SamplingConfig()), logits)


class TestFilterLogits:
    CFG = SamplingConfig(temperature=0.8, top_k=40, top_p=0.9, min_p=0.02, repetition_penalty=1.4)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_chains_as_the_public_implementation_does(self, dtype):
        logits, token_ids = rand_logits(B, V, dtype=dtype), rand_ids(B, T)
        theirs = RepetitionPenaltyLogitsProcessor(1.4)(token_ids, logits)
        for processor in (
            TemperatureLogitsWarper(0.8),
            TopKLogitsWarper(40),
            TopPLogitsWarper(0.9),
            MinPLogitsWarper(0.02),
        ):
            theirs = processor(token_ids, theirs)
        assert torch.equal(filter_logits(logits, token_ids, self.CFG), theirs)

    def test_each_filter_sees_what_the_one_before_left(self):
        # Of 0.4, 0.3, 0.2 and 0.1 the top two hold 4/7 and 3/7: 0.5 is reached by the first.
        logits = log_probs(0.4, 0.3, 0.2, 0.1)
        cfg = SamplingConfig(top_k=2, top_p=0.5)
        kept = filter_logits(logits, rand_ids(1, T, vocab_size=4), cfg) > -INF
        assert kept.tolist() == [[True, False, False, False]]

    def test_padding_does_not_count_for_the_penalty(self):
        logits, token_ids = rand_logits(B, V), rand_ids(B, T)
        n_padding = torch.tensor([2, 0, 4])
        cfg = SamplingConfig(repetition_penalty=1.4)
        expected = penalise_repetition(logits, token_ids, 1.4, n_padding)
        assert torch.equal(filter_logits(logits, token_ids, cfg, n_padding), expected)


class TestDraw:
    LOGITS = rand_logits(1, 11)

    def test_draws_from_the_distribution_and_not_from_a_flatter_one(self):
        many = self.LOGITS.expand(20_000, -1)
        drawn = draw(many, torch.Generator().manual_seed(1))
        assert fits(drawn, self.LOGITS.softmax(-1))
        assert not fits(drawn, (self.LOGITS / 1.1).softmax(-1))

    def test_never_draws_what_was_ruled_out(self):
        logits = keep_only(self.LOGITS, torch.tensor([[3, 8]])).expand(500, -1)
        assert set(draw(logits, torch.Generator().manual_seed(1)).tolist()) == {3, 8}


class TestSampler:
    def test_draws_from_what_the_filters_leave(self):
        cfg = SamplingConfig(temperature=2.0, top_p=0.9, repetition_penalty=1.5)
        logits, token_ids = rand_logits(1, 11), rand_ids(1, T, vocab_size=11)
        sampler = Sampler(cfg, torch.Generator().manual_seed(2))
        drawn = sampler(logits.expand(20_000, -1), token_ids.expand(20_000, -1))
        assert fits(drawn, filter_logits(logits, token_ids, cfg).softmax(-1))
        assert not fits(drawn, logits.softmax(-1))

    def test_the_generator_alone_decides(self):
        logits, token_ids = rand_logits(50, V), rand_ids(50, T)

        def drawn(seed):
            return Sampler(SamplingConfig(), torch.Generator().manual_seed(seed))(logits, token_ids)

        assert torch.equal(drawn(3), drawn(3))
        assert not torch.equal(drawn(3), drawn(4))

    def test_temperature_zero_is_greedy(self):
        logits = rand_logits(B, V)
        sampler = Sampler(SamplingConfig(temperature=0.0), torch.Generator().manual_seed(3))
        assert torch.equal(sampler(logits, rand_ids(B, T)), logits.argmax(-1))

    def test_padding_is_handed_to_the_filters(self):
        # Token 0 stands only in the padding; were it counted, 1 would be the largest.
        cfg = SamplingConfig(temperature=0.0, repetition_penalty=10.0)
        sampler = Sampler(cfg, torch.Generator().manual_seed(3))
        logits, token_ids = torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0, 2]])
        assert sampler(logits, token_ids, torch.tensor([1])).tolist() == [0]
        assert sampler(logits, token_ids).tolist() == [1]
