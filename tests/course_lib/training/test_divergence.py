import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.answer_log_probs import AnswerLogProbs
from course_lib.training.divergence import estimate_kl, kl_divergence
from tests.course_lib.training.chats import TIGHT, log_probs, rand

B, T, V = 2, 5, 7


class TestKLDivergence:
    def test_hand_worked_case(self):
        # p = (1/2, 1/2), q = (1/4, 3/4): (log 2 + log 2/3)/2 = log(4/3)/2.
        p = torch.tensor([1.0, 1.0], dtype=torch.float64).log()
        q = torch.tensor([1.0, 3.0], dtype=torch.float64).log()
        expected = torch.tensor(math.log(4 / 3) / 2, dtype=torch.float64)
        torch.testing.assert_close(kl_divergence(p, q), expected, **TIGHT)

    def test_matches_torch(self):
        logits, other = rand(B, T, V), rand(B, T, V, seed=1)
        p, q = logits.log_softmax(-1), other.log_softmax(-1)
        expected = F.kl_div(q, p, reduction="none", log_target=True).sum(dim=-1)
        torch.testing.assert_close(kl_divergence(logits, other), expected, **TIGHT)

    def test_is_zero_for_the_same_distribution_and_positive_otherwise(self):
        logits, other = rand(B, T, V), rand(B, T, V, seed=1)
        torch.testing.assert_close(
            kl_divergence(logits, logits + 5), torch.zeros(B, T).double(), rtol=0, atol=1e-12
        )
        assert (kl_divergence(logits, other) > 0).all()

    def test_what_is_never_drawn_adds_nothing(self):
        p = torch.tensor([0.0, 0.0, -torch.inf], dtype=torch.float64)
        q = torch.tensor([0.0, 0.0, -torch.inf], dtype=torch.float64)
        assert kl_divergence(p, q).item() == 0
        assert kl_divergence(q.where(q == 0, 0.0), p).item() == torch.inf


class TestEstimates:
    def test_hand_worked_case(self):
        # p = 1/2 and q = 1/4 for the drawn token: log 2, (log 2)²/2, 1/2 − 1 + log 2.
        is_answer = torch.tensor([[False, True]])
        policy, reference = (
            AnswerLogProbs(torch.tensor([[0.0, math.log(p)]], dtype=torch.float64), is_answer)
            for p in (0.5, 0.25)
        )
        found = estimate_kl(policy, reference)
        expected = math.log(2), math.log(2) ** 2 / 2, math.log(2) - 0.5
        for estimate, value in zip(
            (found.plain, found.squared, found.corrected), expected, strict=True
        ):
            assert estimate.tolist()[0] == pytest.approx([0, value], rel=1e-12)

    def test_two_are_right_on_average_and_two_are_never_negative(self):
        logits, other = rand(V), rand(V, seed=1)
        p = logits.softmax(-1)
        # Every token once, in rows of their own; the mean is taken with their probabilities.
        is_answer = torch.ones(1, V, dtype=torch.bool)
        found = estimate_kl(
            AnswerLogProbs(logits.log_softmax(-1)[None], is_answer),
            AnswerLogProbs(other.log_softmax(-1)[None], is_answer),
        )
        exact = kl_divergence(logits, other)
        torch.testing.assert_close((p * found.plain[0]).sum(), exact, **TIGHT)
        torch.testing.assert_close((p * found.corrected[0]).sum(), exact, **TIGHT)
        assert abs((p * found.squared[0]).sum() / exact - 1) > 0.01
        assert (found.plain < 0).any()
        assert (found.squared >= 0).all()
        assert (found.corrected >= 0).all()

    def test_near_each_other_all_but_the_plain_one_agree(self):
        # x − 1 + e^−x is x²/2 − x³/6 …: of x = 1e-6 it would keep four digits if added naively.
        policy = log_probs()
        near = log_probs(1, near=policy, by=1e-6)
        found = estimate_kl(policy, near)
        torch.testing.assert_close(found.corrected, found.squared, rtol=3e-6, atol=0)

    def test_is_zero_outside_answers(self):
        found = estimate_kl(log_probs(), log_probs(seed=1))
        for estimate in (found.plain, found.squared, found.corrected):
            assert torch.equal(estimate != 0, log_probs().is_answer)

    def test_other_tokens_are_refused(self):
        one = log_probs()
        with pytest.raises(ValueError, match="different tokens"):
            estimate_kl(one, AnswerLogProbs(one.values, ~one.is_answer))
