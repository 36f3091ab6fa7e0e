"""The playground's numbers: by hand, against the library, and at the edges."""

import itertools
import math

import pytest
import torch

from course_lib.figures.playground_numbers import playground_numbers
from course_lib.generation.sampling import SamplingConfig, filter_logits

RULES = ["temperature", "top-k", "top-p", "min-p"]


def of_shares(shares, seen=(), **settings):
    """Compute the numbers of a distribution given by its probabilities."""
    logits = torch.tensor(shares, dtype=torch.double).log()
    tokens = [f"t{i}" for i in range(len(shares))]
    return playground_numbers(tokens, logits, seen, SamplingConfig(**settings))


def kept(numbers):
    return [i for i, rule in enumerate(numbers.cut_by) if not rule]


class TestByHand:
    def test_each_rule_cuts_what_the_one_before_it_left(self):
        # Temperature 1/2 squares 4, 3, 2, 1, 1 (in elevenths) to 16, 9, 4, 1, 1. Top-k 4 keeps 16,
        # 9, 4, 1 of 30. Top-p 0.9: before 4 stands 25/30, before 1 stands 29/30: three stay.
        # Min-p 0.3: 9 is 9/16 of the first, 4 only 1/4: two stay, 16/25 and 9/25.
        shares = [4 / 11, 3 / 11, 2 / 11, 1 / 11, 1 / 11]
        numbers = of_shares(shares, temperature=0.5, top_k=4, top_p=0.9, min_p=0.3)
        assert numbers.cut_by == ("", "", "min-p", "top-p", "top-k")
        assert numbers.kept_after == dict(zip(RULES, [5, 4, 3, 2], strict=True))
        assert numbers.n_kept == 2
        assert numbers.raw.tolist() == pytest.approx(shares, abs=1e-12)
        assert numbers.probs.tolist() == pytest.approx([16 / 25, 9 / 25, 0, 0, 0], abs=1e-12)
        assert numbers.mass_kept == pytest.approx(7 / 11, abs=1e-12)
        entropy = -(16 / 25) * math.log(16 / 25) - (9 / 25) * math.log(9 / 25)
        assert numbers.entropies[1] == pytest.approx(entropy, abs=1e-12)
        assert numbers.perplexities[1] == pytest.approx(math.exp(entropy), abs=1e-12)

    def test_equal_tokens_have_their_number_as_perplexity(self):
        numbers = of_shares([1 / 7] * 7, top_k=5)
        assert numbers.perplexities == pytest.approx((7, 5), abs=1e-12)
        assert kept(numbers) == [0, 1, 2, 3, 4]

    def test_temperature_0_leaves_the_first_of_the_largest(self):
        numbers = of_shares([0.1, 0.4, 0.4, 0.1], temperature=0.0, top_k=3, top_p=0.5)
        assert numbers.cut_by == ("temperature", "", "temperature", "temperature")
        assert numbers.probs.tolist() == [0, 1, 0, 0]
        assert numbers.entropies[1] == 0
        assert math.copysign(1, numbers.entropies[1]) == 1

    def test_a_penalty_reorders_before_anything_is_cut(self):
        # Logits 2 and −1 are seen: 2 / 2 = 1 falls behind 1.5, −1 · 2 = −2 behind −1.5.
        logits = torch.tensor([2.0, 1.5, -1.0, -1.5], dtype=torch.double)
        cfg = SamplingConfig(repetition_penalty=2.0, top_k=3)
        numbers = playground_numbers("abcd", logits, [0, 2], cfg)
        assert numbers.cut_by == ("", "", "top-k", "")
        want = torch.tensor([1.0, 1.5, -torch.inf, -1.5]).double().softmax(-1)
        assert numbers.probs.tolist() == pytest.approx(want.tolist(), abs=1e-12)
        assert numbers.raw.tolist() == pytest.approx(logits.softmax(-1).tolist(), abs=1e-12)


class TestEdges:
    @pytest.mark.parametrize("n", range(2, 60))
    def test_of_n_alike_top_p_keeps_the_first_that_hold_p(self, n):
        # In exact arithmetic m of n tokens hold m/n; a sum of floats may say a little less.
        for m in range(1, n):
            assert kept(of_shares([1 / n] * n, top_p=m / n)) == list(range(m))

    @pytest.mark.parametrize("n", [3, 7, 10, 49, 100])
    def test_a_token_at_the_limit_of_min_p_stays(self, n):
        for m in range(1, n):
            shares = [n / (n + m), m / (n + m)]
            assert of_shares(shares, min_p=m / n).n_kept == 2
            assert of_shares(shares, min_p=min(1.0, m / n + 1e-6)).n_kept == 1

    def test_top_p_keeps_the_token_that_crosses_the_limit(self):
        assert of_shares([0.5, 0.3, 0.2], top_p=0.6).n_kept == 2
        assert of_shares([0.5, 0.3, 0.2], top_p=0.01).n_kept == 1

    def test_a_single_token_stays_whatever_is_set(self):
        numbers = of_shares([1.0], [0], top_k=1, top_p=0.01, min_p=1.0, repetition_penalty=2.0)
        assert numbers.cut_by == ("",)
        assert numbers.probs.tolist() == [1]

    def test_more_than_there_are_keeps_all(self):
        assert of_shares([0.6, 0.4], top_k=50).kept_after["top-k"] == 2


SETTINGS = list(
    itertools.product(
        [0.0, 0.35, 1.0, 2.7], [None, 1, 9], [0.31, 0.83, 1.0], [0.0, 0.07], [1.0, 1.4]
    )
)


@pytest.mark.parametrize(("temperature", "top_k", "top_p", "min_p", "penalty"), SETTINGS)
def test_probabilities_are_those_of_the_library(temperature, top_k, top_p, min_p, penalty):
    generator = torch.Generator().manual_seed(7)
    logits = 2 * torch.randn(23, generator=generator).double()  # no two alike
    cfg = SamplingConfig(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=penalty,
    )
    seen = [0, 4, 11]
    numbers = playground_numbers([str(i) for i in range(23)], logits, seen, cfg)
    want = filter_logits(logits[None], torch.tensor([seen]), cfg)[0]
    torch.testing.assert_close(numbers.probs, want.softmax(-1), rtol=1e-12, atol=1e-12)
    assert kept(numbers) == want.isfinite().nonzero().flatten().tolist()
