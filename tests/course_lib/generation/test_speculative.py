import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.generation.decoding import DecodingConfig, Prompts, decode
from course_lib.generation.language_model import LanguageModelOutput, last_positions
from course_lib.generation.sampling import SamplingConfig, filter_logits
from course_lib.generation.speculative import (
    SpeculativeConfig,
    Verdict,
    decode_speculatively,
    judge_draft,
    residual,
)
from tests.course_lib.generation.distribution import fits
from tests.course_lib.generation.tiny_model import TinyModel

V = 5
PROMPT = torch.tensor([[2, 0, 1]])
GREEDY = SamplingConfig(temperature=0.0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def rand_probs(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=seeded(seed)).softmax(-1)


class TestResidual:
    def test_hand_worked_case(self):
        # 0.5 - 0.2 and 0.4 - 0.3 are left, 0.4 in all; the last token had more than enough.
        p, q = torch.tensor([0.5, 0.4, 0.1]), torch.tensor([0.2, 0.3, 0.5])
        torch.testing.assert_close(residual(p, q), torch.tensor([0.75, 0.25, 0.0]))

    def test_of_two_equal_distributions(self):
        p = rand_probs(V)
        assert torch.equal(residual(p, p), p)


class TestJudgeDraft:
    P = rand_probs(3, V)
    Q = rand_probs(2, V, seed=1)

    def test_hand_worked_case(self):
        # The draft is sure of 0 and then of 1. The target is sure of 0 and then of 2; what it would
        # say behind 0 1 is not asked for.
        sure = torch.eye(4)
        verdict = judge_draft(
            torch.tensor([0, 1]), sure[[0, 1]], sure[[0, 2, 3]], torch.Generator()
        )
        assert verdict == Verdict(n_accepted=1, next_token=2)

    def test_a_draft_that_stands_is_followed_by_one_more_token(self):
        sure = torch.eye(4)
        verdict = judge_draft(
            torch.tensor([0, 1]), sure[[0, 1]], sure[[0, 1, 3]], torch.Generator()
        )
        assert verdict == Verdict(n_accepted=2, next_token=3)

    def test_no_draft_is_a_token_of_the_target(self):
        nothing, sure = torch.tensor([], dtype=torch.long), torch.eye(4)
        verdict = judge_draft(nothing, sure[:0], sure[[2]], torch.Generator())
        assert verdict == Verdict(n_accepted=0, next_token=2)

    def test_a_token_stands_with_the_smaller_of_one_and_the_ratio(self):
        p, q = torch.tensor([[0.1, 0.9], [0.5, 0.5]]), torch.tensor([[0.4, 0.6]])
        generator = seeded()
        stood = torch.tensor(
            [judge_draft(torch.tensor([0]), q, p, generator).n_accepted for _ in range(2000)]
        )
        assert fits(stood, torch.tensor([0.75, 0.25]))
        assert all(judge_draft(torch.tensor([1]), q, p, generator).n_accepted for _ in range(200))

    def test_different_vocabularies_are_refused(self):
        with pytest.raises(ValueError, match="draft of 4 tokens and a target of 5 differ"):
            judge_draft(torch.tensor([0]), rand_probs(1, 4), rand_probs(2, 5), torch.Generator())


def always_accept(drafted, p_draft, p_target, generator):
    bonus = torch.multinomial(p_target[len(drafted)], 1, generator=generator)
    return Verdict(len(drafted), int(bonus))


def resample_from_target(drafted, p_draft, p_target, generator):
    verdict = judge_draft(drafted, p_draft, p_target, generator)
    again = torch.multinomial(p_target[verdict.n_accepted], 1, generator=generator)
    return Verdict(verdict.n_accepted, int(again))


def resample_from_what_the_draft_has_more_of(drafted, p_draft, p_target, generator):
    verdict = judge_draft(drafted, p_draft, p_target, generator)
    n = verdict.n_accepted
    if n == len(drafted):
        return verdict
    again = torch.multinomial(residual(p_draft[n], p_target[n]), 1, generator=generator)
    return Verdict(n, int(again))


def ratio_inverted(drafted, p_draft, p_target, generator):
    return judge_draft(drafted, p_target[:-1], torch.cat([p_draft, p_target[-1:]]), generator)


WRONG_RULES = [
    always_accept,
    resample_from_target,
    resample_from_what_the_draft_has_more_of,
    ratio_inverted,
]


class TestTheRule:
    """Two tokens drafted, and the first two tokens that come out: V² cells."""

    P = rand_probs(V, V)  # behind each token
    Q = rand_probs(V, V, seed=7)
    START = 3
    EXPECTED = P[START][:, None] * P  # of each pair of tokens

    def pairs(self, judge, n_draws):
        generator = seeded(1)
        found = []
        for _ in range(n_draws):
            first = int(torch.multinomial(self.Q[self.START], 1, generator=generator))
            second = int(torch.multinomial(self.Q[first], 1, generator=generator))
            drafted = torch.tensor([first, second])
            verdict = judge(
                drafted, self.Q[[self.START, first]], self.P[[self.START, first, second]], generator
            )
            text = [*drafted[: verdict.n_accepted].tolist(), verdict.next_token]
            if len(text) == 1:  # the second token comes from the round that follows
                text.append(int(torch.multinomial(self.P[text[0]], 1, generator=generator)))
            found.append(text[0] * V + text[1])
        return torch.tensor(found)

    def test_gives_the_distribution_of_the_target(self):
        assert fits(self.pairs(judge_draft, 2000), self.EXPECTED)

    @pytest.mark.parametrize("rule", WRONG_RULES)
    def test_other_rules_do_not(self, rule):
        assert not fits(self.pairs(rule, 2000), self.EXPECTED)


class TestSpeculativeConfig:
    @pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
    def test_sizes_below_one_are_refused(self, sizes):
        with pytest.raises(ValueError, match="at least 1, unlike"):
            SpeculativeConfig(n_drafted=sizes[0], max_new_tokens=sizes[1])


class Bigrams:
    """Gives the next token's probabilities by the last token alone."""

    def __init__(self, probs):
        self.log_probs = probs.log()

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        scored = last_positions(self.log_probs[token_ids], n_scored)
        return LanguageModelOutput(logits=scored, caches=())


def text_probs(model, n_new, sampling):
    """The probability of every text of so many tokens, one token at a time."""
    probs = torch.zeros(V**n_new, dtype=torch.float64)
    for i, new in enumerate(itertools.product(range(V), repeat=n_new)):
        text, probs[i] = PROMPT, 1.0
        for token in new:
            logits = model(text).logits[:, -1]
            probs[i] *= filter_logits(logits, text, sampling).softmax(-1)[0, token]
            text = torch.cat([text, torch.tensor([[token]])], dim=1)
    return probs


def drawn_texts(target, draft, cfg, n_draws, caches_of=lambda model: ()):
    """Decode again and again: the place of each text among all texts of that length."""
    generator, places = seeded(), []
    for _ in range(n_draws):
        caches = caches_of(target), caches_of(draft)
        out = decode_speculatively(target, draft, PROMPT, cfg, generator, *caches)
        places.append(sum(token * V**i for i, token in enumerate(reversed(out.token_ids))))
    return torch.tensor(places)


class TestDecodeSpeculatively:
    @pytest.mark.parametrize(
        "sampling",
        [
            SamplingConfig(),
            SamplingConfig(temperature=0.8, top_k=4, top_p=0.9, repetition_penalty=1.5),
        ],
        ids=["plain", "filtered"],
    )
    def test_texts_have_the_distribution_of_the_target(self, sampling):
        target, draft = Bigrams(rand_probs(V, V)), Bigrams(rand_probs(V, V, seed=7))
        cfg = SpeculativeConfig(n_drafted=2, max_new_tokens=3, sampling=sampling)
        found = drawn_texts(target, draft, cfg, 300)
        assert fits(found, text_probs(target, 3, sampling))
        assert not fits(found, text_probs(draft, 3, sampling))

    @pytest.mark.slow
    def test_texts_have_the_distribution_of_the_target_with_caches(self):
        target, draft = TinyModel(V, seed=1, sharpness=0.3), TinyModel(V, seed=2, sharpness=0.3)
        cfg = SpeculativeConfig(n_drafted=2, max_new_tokens=3)
        found = drawn_texts(target, draft, cfg, 500, caches_of=lambda model: model.empty_caches(1))
        assert fits(found, text_probs(target, 3, cfg.sampling))
        assert not fits(found, text_probs(draft, 3, cfg.sampling))

    @settings(max_examples=8)
    @given(
        seed=st.integers(0, 10**4),
        n_drafted=st.integers(1, 5),
        windows=st.sampled_from([(None, None, None), (3, None, 2)]),
    )
    def test_the_draws_are_the_same_with_caches(self, seed, n_drafted, windows):
        target, draft = (
            TinyModel(V, seed=seed + i, sharpness=0.3, windows=windows) for i in range(2)
        )
        cfg = SpeculativeConfig(n_drafted=n_drafted, max_new_tokens=30)
        caches = (model.empty_caches(1, n_spare=n_drafted) for model in (target, draft))
        out = decode_speculatively(target, draft, PROMPT, cfg, seeded(), *caches)
        assert out == decode_speculatively(target, draft, PROMPT, cfg, seeded())

    @settings(max_examples=30)
    @given(
        seed=st.integers(0, 10**4),
        n_drafted=st.integers(1, 5),
        with_caches=st.booleans(),
        related=st.booleans(),
        windows=st.sampled_from([(None, None, None), (3, None, 2)]),
        penalty=st.sampled_from([1.0, 1.5]),
    )
    def test_greedy_it_says_what_the_target_says(
        self, seed, n_drafted, with_caches, related, windows, penalty
    ):
        target = TinyModel(13, seed=seed, windows=windows)
        draft = TinyModel(13, seed=seed + 7, windows=windows)
        if related:  # a draft that is often right: the target with less of its last layer
            draft = TinyModel(13, seed=seed, windows=windows)
            draft.layers[-1][-1] = 0.3 * draft.layers[-1][-1]
        sampling = SamplingConfig(temperature=0.0, repetition_penalty=penalty)
        cfg = SpeculativeConfig(
            n_drafted=n_drafted, max_new_tokens=19, end_token=3, sampling=sampling
        )
        # As many to spare as may be refused, and no more.
        caches = tuple(
            model.empty_caches(1, n_spare=n_drafted) for model in (target, draft) if with_caches
        )
        out = decode_speculatively(target, draft, PROMPT, cfg, seeded(), *caches)

        def choose(logits, token_ids, n_padding=None):
            return filter_logits(logits, token_ids, sampling).argmax(-1)

        alone = decode(
            target, Prompts(PROMPT), choose, DecodingConfig(max_new_tokens=19, end_token=3)
        )
        assert [list(out.token_ids)] == alone.rows

    def test_counts_of_a_perfect_draft(self):
        # Three drafted tokens and one more a call: 11 tokens take 4, 4 and 3.
        model = TinyModel(13)
        cfg = SpeculativeConfig(n_drafted=3, max_new_tokens=11, sampling=GREEDY)
        out = decode_speculatively(model, model, PROMPT, cfg, seeded())
        assert (out.n_drafted, out.n_accepted, out.n_target_calls) == (8, 8, 3)
        assert len(out.token_ids) == 11

    def test_counts_of_a_hopeless_draft(self):
        # Never the token that the target is sure of: one token a call, and none drafted at the end.
        target = Bigrams(torch.eye(V).roll(1, 1))
        draft = Bigrams(torch.eye(V).roll(2, 1))
        cfg = SpeculativeConfig(n_drafted=2, max_new_tokens=4)
        out = decode_speculatively(target, draft, PROMPT, cfg, seeded())
        assert out.token_ids == (2, 3, 4, 0)
        assert (out.n_drafted, out.n_accepted, out.n_target_calls) == (2 + 2 + 1, 0, 4)

    def test_the_end_token_cuts_what_stood_behind_it(self):
        model = Bigrams(torch.eye(V).roll(1, 1))
        cfg = SpeculativeConfig(n_drafted=4, max_new_tokens=20, end_token=3)
        out = decode_speculatively(model, model, PROMPT, cfg, seeded())
        assert out.token_ids == (2, 3)
        assert (out.n_accepted, out.n_target_calls) == (4, 1)

    def test_with_caches_the_target_reads_what_was_drafted_once(self):
        # The prompt and the first draft, then the last token and a draft: 3 + 2, 1 + 2, 1 + 1, 1.
        target, draft = TinyModel(V), TinyModel(V, seed=5)
        cfg = SpeculativeConfig(n_drafted=2, max_new_tokens=4, sampling=GREEDY)
        caches = target.empty_caches(1), draft.empty_caches(1)
        out = decode_speculatively(target, draft, PROMPT, cfg, seeded(), *caches)
        assert target.n_positions == 3 - 1 + out.n_target_calls + out.n_drafted
        assert target.n_scored == out.n_target_calls + out.n_drafted

    def test_a_window_with_too_few_positions_to_spare_is_refused(self):
        target, draft = TinyModel(V, windows=(2, 2, 2)), TinyModel(V, seed=5)
        cfg = SpeculativeConfig(n_drafted=4, max_new_tokens=30)
        with pytest.raises(ValueError, match=r"window of 2 positions .* with 1 to spare, cannot"):
            decode_speculatively(
                target, draft, PROMPT, cfg, seeded(), target.empty_caches(1, n_spare=1)
            )

    def test_caches_that_cannot_go_back_are_refused(self):
        class GrowingOnly:
            def __init__(self, cache):
                self.cache = cache

            @property
            def n_seen(self):
                return self.cache.n_seen

            def append(self, k, v):
                cache, k, v = self.cache.append(k, v)
                return GrowingOnly(cache), k, v

        target, draft = TinyModel(V), TinyModel(V, seed=5)
        cfg = SpeculativeConfig(n_drafted=2, max_new_tokens=9)
        caches = tuple(map(GrowingOnly, target.empty_caches(1)))
        with pytest.raises(ValueError, match="GrowingOnly cannot go back"):
            decode_speculatively(target, draft, PROMPT, cfg, seeded(), caches)
