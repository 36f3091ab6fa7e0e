import pytest
import torch

from course_lib.training.advantages import (
    compare_within_groups,
    generalised_advantages,
    leashed_rewards,
)
from tests.course_lib.training.chats import TIGHT, log_probs, rand

B, T = 3, 18
G, N = 4, 5


class TestGroups:
    def test_hand_worked_case(self):
        # 1 3 5 7 has mean 4 and variance (9 + 1 + 1 + 9)/4 = 5.
        found = compare_within_groups(torch.tensor([[1.0, 3, 5, 7], [2, 2, 2, 2]]).double())
        root = 5**0.5
        expected = torch.tensor([[-3.0, -1, 1, 3], [0, 0, 0, 0]]).double() / root
        torch.testing.assert_close(found.values, expected, **TIGHT)
        assert found.means.tolist() == [4, 2]
        assert found.spreads.tolist() == pytest.approx([root, 0], rel=1e-12)

    def test_matches_torch(self):
        scores = rand(G, N)
        found = compare_within_groups(scores)
        deviation, mean = torch.std_mean(scores, dim=1, correction=0, keepdim=True)
        torch.testing.assert_close(found.values, (scores - mean) / deviation, **TIGHT)
        torch.testing.assert_close(found.spreads, deviation[:, 0], **TIGHT)

    def test_scale_and_zero_of_the_scores_do_not_matter(self):
        scores = rand(G, N)
        torch.testing.assert_close(
            compare_within_groups(7 * scores - 3).values,
            compare_within_groups(scores).values,
            **TIGHT,
        )

    @pytest.mark.parametrize("score", [0.1, 1e-300, 1e300, 0.0])
    def test_equal_scores_teach_nothing_whatever_their_mean_is_rounded_to(self, score):
        scores = torch.full((2, 3), score, dtype=torch.float64)
        found = compare_within_groups(scores)
        assert not found.values.any()
        assert not found.spreads.any()

    def test_groups_do_not_see_each_other(self):
        scores = rand(G, N)
        before = compare_within_groups(scores).values
        scores[0] += torch.arange(N)
        after = compare_within_groups(scores).values
        assert torch.equal(before[1:], after[1:])


class TestLeashedRewards:
    def test_hand_worked_case(self):
        policy = log_probs()
        reference = log_probs(seed=1)
        scores = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
        rewards = leashed_rewards(scores, policy, reference, kl_weight=0.5)
        expected = -0.5 * (policy.values - reference.values)
        # The last tokens of the last answers; the second conversation has an earlier one too.
        for row, last, score in ((0, 8, 1), (1, 17, 2), (2, 5, 4)):
            expected[row, last] += score
        torch.testing.assert_close(rewards, expected, **TIGHT)

    def test_all_rewards_together_are_the_score_less_the_divergence(self):
        policy, reference, scores = log_probs(), log_probs(seed=1), rand(B)
        rewards = leashed_rewards(scores, policy, reference, kl_weight=0.3)
        expected = scores - 0.3 * (policy.totals - reference.totals)
        torch.testing.assert_close(rewards.sum(dim=1), expected, **TIGHT)

    def test_no_gradient_flows_through_them(self):
        policy = log_probs()
        policy.values.requires_grad_()
        scores = rand(B).requires_grad_()
        assert not leashed_rewards(scores, policy, log_probs(seed=1), 0.3).requires_grad

    def test_a_leash_that_pushes_is_refused(self):
        with pytest.raises(ValueError, match=r"kl_weight=-0.1 is negative"):
            leashed_rewards(rand(B), log_probs(), log_probs(), -0.1)

    def test_other_tokens_are_refused(self):
        one = log_probs()
        other = type(one)(one.values, ~one.is_answer)
        with pytest.raises(ValueError, match="different tokens"):
            leashed_rewards(rand(B), one, other, 0.1)


class TestGeneralisedAdvantages:
    def test_hand_worked_case(self):
        # Rewards 1 2, expected 3 4, discount 1/2, trace 1/2. Surprises: 2 + 0 − 4 = −2, and
        # 1 + 4/2 − 3 = 0; the first advantage is 0 + 1/4 · (−2). The token between is no answer.
        found = generalised_advantages(
            torch.tensor([[1.0, 9.0, 2.0]]),
            torch.tensor([[3.0, 9.0, 4.0]]),
            torch.tensor([[True, False, True]]),
            discount=0.5,
            trace=0.5,
        )
        assert found.values.tolist() == [[-0.5, 0, -2]]
        assert found.returns.tolist() == [[2.5, 0, 2]]

    def test_matches_the_sum_of_the_definition(self):
        rewards, expected, is_answer = rand(B, T), rand(B, T, seed=1), log_probs().is_answer
        found = generalised_advantages(rewards, expected, is_answer, discount=0.9, trace=0.7)
        values = torch.zeros(B, T, dtype=torch.float64)
        for row in range(B):
            at = is_answer[row].nonzero()[:, 0].tolist()
            r, v = rewards[row, at].tolist(), [*expected[row, at].tolist(), 0.0]
            for i, place in enumerate(at):
                values[row, place] = sum(
                    (0.9 * 0.7) ** (k - i) * (r[k] + 0.9 * v[k + 1] - v[k])
                    for k in range(i, len(at))
                )
        torch.testing.assert_close(found.values, values, **TIGHT)
        returns = (values + expected).where(is_answer, 0.0)
        torch.testing.assert_close(found.returns, returns, **TIGHT)

    def test_with_a_trace_of_one_the_returns_are_what_came(self):
        rewards, is_answer = rand(B, T), log_probs().is_answer
        found = generalised_advantages(rewards, rand(B, T, seed=1), is_answer, trace=1.0)
        kept = rewards.where(is_answer, 0.0)
        came = kept.flip(1).cumsum(1).flip(1).where(is_answer, 0.0)
        torch.testing.assert_close(found.returns, came, **TIGHT)

    def test_with_a_trace_of_zero_only_the_next_expectation_counts(self):
        is_answer = torch.ones(B, T, dtype=torch.bool)
        rewards, expected = rand(B, T), rand(B, T, seed=1)
        found = generalised_advantages(rewards, expected, is_answer, trace=0.0)
        later = torch.cat([expected[:, 1:], torch.zeros(B, 1, dtype=torch.float64)], dim=1)
        torch.testing.assert_close(found.values, rewards + later - expected, **TIGHT)

    def test_no_gradient_flows_through_them(self):
        expected = rand(B, T).requires_grad_()
        found = generalised_advantages(rand(B, T), expected, log_probs().is_answer)
        assert not found.values.requires_grad
        assert not found.returns.requires_grad

    @pytest.mark.parametrize(("name", "share"), [("discount", 1.1), ("trace", -0.1)])
    def test_shares_must_be_shares(self, name, share):
        with pytest.raises(ValueError, match=f"{name}={share} is not between 0 and 1"):
            generalised_advantages(rand(B, T), rand(B, T), log_probs().is_answer, **{name: share})
