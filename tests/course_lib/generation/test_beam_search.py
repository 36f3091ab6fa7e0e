import itertools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.generation.beam_search import (
    Beams,
    BeamSearchConfig,
    beam_search,
    extend,
    length_penalty,
)
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.language_model import LanguageModelOutput, last_positions
from tests.course_lib.generation.tiny_model import TinyModel

PROMPT = torch.tensor([[2, 0, 1]])


class Table:
    """Gives the next token's probabilities by the last token alone."""

    def __init__(self, probs):
        self.log_probs = torch.tensor(probs, dtype=torch.float64).log()

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        scored = last_positions(self.log_probs[token_ids], n_scored)
        return LanguageModelOutput(logits=scored, caches=())


# Behind 0 comes 1 or 2; 1 looks better, but what comes behind it is less certain.
GARDEN_PATH = Table([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.0, 0.1, 0.9]])


def all_texts(model, vocab_size, cfg):
    """Every text that ends or is of full length, with its log-probability and its score."""
    texts = []
    for n_new in range(1, cfg.max_new_tokens + 1):
        for new in itertools.product(range(vocab_size), repeat=n_new):
            ended = cfg.end_token is not None and new[-1] == cfg.end_token
            if cfg.end_token in new[:-1] or not (ended or n_new == cfg.max_new_tokens):
                continue
            whole = torch.cat([PROMPT, torch.tensor([new])], dim=1)
            log_probs = model(whole).logits[0].log_softmax(-1)
            log_prob = sum(log_probs[PROMPT.shape[1] - 1 + i, t].item() for i, t in enumerate(new))
            texts.append((log_prob / ((5 + n_new) / 6) ** cfg.length_exponent, log_prob, new))
    return sorted(texts, reverse=True)


class TestLengthPenalty:
    def test_hand_worked_case(self):
        # Seven tokens: (5 + 7) / 6 = 2, to the power of 0.5.
        assert length_penalty(7, 0.5) == pytest.approx(math.sqrt(2), rel=1e-12)

    def test_one_token_is_the_unit_and_no_exponent_no_penalty(self):
        assert length_penalty(1, 0.7) == 1
        assert length_penalty(50, 0.0) == 1


class TestBeamSearchConfig:
    @pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
    def test_sizes_below_one_are_refused(self, sizes):
        with pytest.raises(ValueError, match="at least 1, unlike"):
            BeamSearchConfig(n_beams=sizes[0], max_new_tokens=sizes[1])

    def test_a_negative_exponent_is_refused(self):
        with pytest.raises(ValueError, match=r"at least 0, unlike -0\.5"):
            BeamSearchConfig(n_beams=2, max_new_tokens=2, length_exponent=-0.5)


class TestExtend:
    BEAMS = Beams(
        token_ids=torch.tensor([[5, 0], [6, 1]]),
        log_probs=torch.tensor([0.6, 0.4]).log(),
        parents=torch.tensor([0, 0]),
    )

    def test_beams_compete_with_each_other(self):
        # 0.6 · (0.5, 0.3, 0.2) against 0.4 · (0.1, 0.9, 0): 0.36, 0.3, 0.18, 0.12, 0.04 and 0.
        logits = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.9, 0.0]]).log()
        best = extend(self.BEAMS, logits, 3)
        assert best.token_ids.tolist() == [[6, 1, 1], [5, 0, 0], [5, 0, 1]]
        assert best.parents.tolist() == [1, 0, 0]
        torch.testing.assert_close(best.log_probs.exp(), torch.tensor([0.36, 0.3, 0.18]))

    def test_the_impossible_is_not_kept(self):
        logits = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.9, 0.0]]).log()
        assert extend(self.BEAMS, logits, 9).token_ids.shape == (5, 3)


class TestBeamSearch:
    def test_hand_worked_case(self):
        # Two steps from 0. Greedy: 0.6 · 0.4 = 0.24. With two beams 2 is followed as well:
        # 0.4 · 0.9 = 0.36.
        prompt = torch.tensor([[0]])
        alone = beam_search(GARDEN_PATH, prompt, BeamSearchConfig(n_beams=1, max_new_tokens=2))
        assert [text.token_ids for text in alone] == [(1, 0)]
        assert alone[0].log_prob == pytest.approx(math.log(0.24), rel=1e-12)
        both = beam_search(GARDEN_PATH, prompt, BeamSearchConfig(n_beams=2, max_new_tokens=2))
        assert [text.token_ids for text in both] == [(2, 2), (1, 0)]
        assert both[0].log_prob == pytest.approx(math.log(0.36), rel=1e-12)

    def test_an_exponent_gives_long_texts_a_chance(self):
        # To end at once has 0.55, and four other tokens 0.45 · 0.9³ = 0.328. Their log, -1.115,
        # over (9/6)² is -0.495; that of 0.55 is -0.598.
        model, prompt = Table([[0.55, 0.45], [0.1, 0.9]]), torch.tensor([[0]])
        cfg = BeamSearchConfig(n_beams=3, max_new_tokens=4, end_token=0)
        best = beam_search(model, prompt, cfg)[0]
        assert best.token_ids == (0,)
        assert best.score == best.log_prob == pytest.approx(math.log(0.55), rel=1e-12)
        best = beam_search(model, prompt, replace(cfg, length_exponent=2.0))[0]
        assert best.token_ids == (1, 1, 1, 1)
        assert best.log_prob == pytest.approx(math.log(0.45 * 0.9**3), rel=1e-12)
        assert best.score == pytest.approx(math.log(0.45 * 0.9**3) / 2.25, rel=1e-12)

    @settings(max_examples=25)
    @given(
        seed=st.integers(0, 10**4),
        end_token=st.sampled_from([None, 0, 2]),
        exponent=st.sampled_from([0.0, 0.6, 2.0]),
    )
    def test_wide_enough_it_finds_what_looking_at_every_text_finds(self, seed, end_token, exponent):
        model = TinyModel(3, seed=seed)
        cfg = BeamSearchConfig(
            n_beams=27, max_new_tokens=3, length_exponent=exponent, end_token=end_token
        )
        expected = all_texts(model, 3, cfg)
        found = beam_search(model, PROMPT, cfg)
        assert [text.token_ids for text in found] == [text for _, _, text in expected][:27]
        for text, (score, log_prob, _) in zip(found, expected, strict=False):
            assert text.score == pytest.approx(score, rel=1e-12)
            assert text.log_prob == pytest.approx(log_prob, rel=1e-12)

    @settings(max_examples=25)
    @given(
        seed=st.integers(0, 10**4),
        n_beams=st.integers(1, 5),
        exponent=st.sampled_from([0.0, 0.6, 2.0]),
    )
    def test_matches_a_plain_search_that_never_stops_early(self, seed, n_beams, exponent):
        model = TinyModel(7, seed=seed)
        cfg = BeamSearchConfig(
            n_beams=n_beams, max_new_tokens=5, length_exponent=exponent, end_token=3
        )
        found = beam_search(model, PROMPT, cfg, model.empty_caches(1))
        expected = plain_search(model, cfg)
        assert [text.token_ids for text in found] == [text for _, text in expected]
        for text, (score, _) in zip(found, expected, strict=True):
            assert text.score == pytest.approx(score, rel=1e-9)

    @settings(max_examples=25)
    @given(seed=st.integers(0, 10**4), n_spare=st.sampled_from([0, 1, 16]))
    def test_windows_that_move_on_change_nothing(self, seed, n_spare):
        model = TinyModel(7, seed=seed, windows=(3, None, 2))
        cfg = BeamSearchConfig(n_beams=3, max_new_tokens=20, length_exponent=0.6, end_token=3)
        found = beam_search(model, PROMPT, cfg, model.empty_caches(1, n_spare=n_spare))
        expected = beam_search(model, PROMPT, cfg)
        assert [text.token_ids for text in found] == [text.token_ids for text in expected]
        for text, other in zip(found, expected, strict=True):
            assert text.log_prob == pytest.approx(other.log_prob, rel=1e-9)

    @settings(max_examples=25)
    @given(seed=st.integers(0, 10**4))
    def test_one_beam_is_greedy(self, seed):
        model = TinyModel(11, seed=seed)
        cfg = BeamSearchConfig(n_beams=1, max_new_tokens=6, end_token=4)
        found = beam_search(model, PROMPT, cfg, model.empty_caches(1))
        expected = decode(
            model, Prompts(PROMPT), greedy, DecodingConfig(max_new_tokens=6, end_token=4)
        )
        assert [list(text.token_ids) for text in found] == expected.rows

    def test_it_stops_when_nothing_better_can_come(self):
        # To end at once has 0.9; no other text can have more than 0.1.
        table, calls = Table([[0.9, 0.1], [0.5, 0.5]]), []

        def counted(token_ids, caches=(), n_padding=None, n_scored=None):
            calls.append(token_ids)
            return table(token_ids, n_scored=n_scored)

        cfg = BeamSearchConfig(n_beams=2, max_new_tokens=50, end_token=0)
        found = beam_search(counted, torch.tensor([[0]]), cfg)
        # 1 and the end, 0.05, is the second; 1 1 has no more, and can only fall.
        assert [text.token_ids for text in found] == [(0,), (1, 0)]
        assert len(calls) == 2

    def test_with_caches_each_token_is_read_once(self):
        model = TinyModel(11)
        cfg = BeamSearchConfig(n_beams=4, max_new_tokens=6)
        beam_search(model, PROMPT, cfg, model.empty_caches(1))
        assert model.n_positions == 3 + 5 * 4
        assert model.n_scored == 1 + 5 * 4


def plain_search(model, cfg):
    """Beam search in plain Python: lists of (log-probability, new tokens), whole texts read."""
    live, found = [(0.0, ())], []
    for n_new in range(1, cfg.max_new_tokens + 1):
        options = []
        for total, new in live:
            whole = torch.cat([PROMPT, torch.tensor([new], dtype=torch.long)], dim=1)
            log_probs = model(whole).logits[0, -1].log_softmax(-1).tolist()
            options += [(total + p, (*new, token)) for token, p in enumerate(log_probs)]
        best = sorted(options, reverse=True)[: cfg.n_beams]
        live = [(total, new) for total, new in best if new[-1] != cfg.end_token]
        divisor = ((5 + n_new) / 6) ** cfg.length_exponent
        done = best if n_new == cfg.max_new_tokens else [x for x in best if x not in live]
        found += [(total / divisor, new) for total, new in done]
        if not live:
            break
    return sorted(found, reverse=True)[: cfg.n_beams]
