import math

import pytest
import torch

from course_lib.training.advantages import compare_within_groups
from course_lib.training.answer_log_probs import AnswerLogProbs, answer_log_probs
from course_lib.training.policy_gradient import PolicyConfig, policy_loss
from tests.course_lib.training.chats import TIGHT, chat_batch, decoder, log_probs, rand

B, T = 3, 18


def of_ratios(ratios):
    """A policy and the one that wrote, from the ratio of the probabilities of each token."""
    values = torch.tensor([[0.0, *ratios]], dtype=torch.float64)
    values[:, 1:].log_()
    is_answer = torch.ones(1, 1 + len(ratios), dtype=torch.bool)
    is_answer[:, 0] = False
    return (
        AnswerLogProbs(values, is_answer),
        AnswerLogProbs(torch.zeros_like(values), is_answer),
    )


def by_loops(policy, behaviour, advantages, cfg, reference):
    """The objective of GRPO or PPO, token by token."""
    of_answers, n_tokens = [], []
    for row in range(B):
        terms = []
        for t in range(T):
            if policy.is_answer[row, t]:
                now, then, there = (
                    each.values[row, t].item() for each in (policy, behaviour, reference)
                )
                ratio, gain = math.exp(now - then), advantages[row, t].item()
                kept = min(max(ratio, 1 - cfg.clip), 1 + cfg.clip)
                kl = math.exp(there - now) - (there - now) - 1
                terms.append(min(ratio * gain, kept * gain) - cfg.kl_weight * kl)
        of_answers.append(sum(terms))
        n_tokens.append(len(terms))
    if cfg.by_answer:
        return sum(total / n for total, n in zip(of_answers, n_tokens, strict=True)) / B
    return sum(of_answers) / sum(n_tokens)


def test_hand_worked_case():
    # Good tokens with ratios 2, 1.1 and 0.5 gain 1.2, 1.1, 0.5; bad ones lose 2, 1.1, 0.8:
    # together −1.1 over six tokens. Stopped: the good one at 2 and the bad one at 0.5.
    policy, behaviour = of_ratios([2, 1.1, 0.5, 2, 1.1, 0.5])
    advantages = torch.tensor([[7.0, 1, 1, 1, -1, -1, -1]], dtype=torch.float64)
    found = policy_loss(policy, behaviour, advantages, PolicyConfig(clip=0.2))
    assert found.loss.item() == pytest.approx(1.1 / 6, rel=1e-12)
    assert found.gain.item() == -found.loss.item()
    assert found.is_stopped.tolist() == [[False, True, False, False, False, False, True]]
    assert found.stopped_share.item() == pytest.approx(1 / 3, rel=1e-12)
    assert found.ratios.tolist()[0] == pytest.approx([1, 2, 1.1, 0.5, 2, 1.1, 0.5], rel=1e-12)
    assert found.kl.item() == 0


@pytest.mark.parametrize("by_answer", [False, True])
@pytest.mark.parametrize("kl_weight", [0.0, 0.7])
def test_matches_loops(by_answer, kl_weight):
    behaviour = log_probs()
    policy, reference = log_probs(1, near=behaviour), log_probs(2, near=behaviour)
    cfg = PolicyConfig(clip=0.1, kl_weight=kl_weight, by_answer=by_answer)
    advantages = rand(B, T, seed=3)
    found = policy_loss(policy, behaviour, advantages, cfg, reference)
    expected = -by_loops(policy, behaviour, advantages, cfg, reference)
    assert found.loss.item() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    stopped = found.is_stopped.sum() / policy.is_answer.sum()
    assert found.stopped_share.item() == pytest.approx(stopped.item(), rel=1e-6)
    assert 0 < stopped < 1
    assert found.kl.item() > 0


def test_an_advantage_of_a_whole_answer_is_that_of_each_token():
    behaviour = log_probs()
    policy, each = log_probs(1, near=behaviour), rand(B, 1)
    whole = policy_loss(policy, behaviour, each, PolicyConfig())
    by_token = policy_loss(policy, behaviour, each.expand(B, T).clone(), PolicyConfig())
    assert torch.equal(whole.loss, by_token.loss)


def test_the_first_step_is_the_plain_policy_gradient():
    policy, advantages = log_probs(), rand(B, T)
    policy.values.requires_grad_()
    policy_loss(policy, policy.detach(), advantages, PolicyConfig()).loss.backward()
    expected = -(advantages / policy.n_tokens.sum()).where(policy.is_answer, 0.0)
    torch.testing.assert_close(policy.values.grad, expected, **TIGHT)


def test_no_gradient_reaches_a_token_that_is_stopped():
    behaviour = log_probs()
    policy = log_probs(1, near=behaviour)
    policy.values.requires_grad_()
    found = policy_loss(policy, behaviour, rand(B, T, seed=3), PolicyConfig(clip=0.1))
    found.loss.backward()
    moved = policy.values.grad != 0
    assert found.is_stopped.any()
    assert torch.equal(moved, policy.is_answer & ~found.is_stopped)


def test_only_the_policy_is_moved():
    behaviour, reference = log_probs(), log_probs(2)
    policy, advantages = log_probs(1), rand(B, T).requires_grad_()
    for each in (policy, behaviour, reference):
        each.values.requires_grad_()
    cfg = PolicyConfig(kl_weight=0.1)
    policy_loss(policy, behaviour, advantages, cfg, reference).loss.backward()
    assert policy.values.grad is not None
    assert behaviour.values.grad is reference.values.grad is advantages.grad is None


def test_without_a_bound_nothing_is_stopped():
    behaviour = log_probs()
    policy = log_probs(1, near=behaviour, by=2.0)
    found = policy_loss(policy, behaviour, rand(B, T), PolicyConfig(clip=math.inf))
    assert not found.is_stopped.any()


def test_what_scores_above_its_group_becomes_more_probable():
    model, batch = decoder(), chat_batch()
    behaviour = answer_log_probs(model(batch.token_ids).logits, batch).detach()
    scores = torch.tensor([[3.0, 1.0, 1.0]], dtype=torch.float64)
    advantages = compare_within_groups(scores).values.T
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        now = answer_log_probs(model(batch.token_ids).logits, batch)
        cfg = PolicyConfig(kl_weight=0.01, by_answer=True)
        found = policy_loss(now, behaviour, advantages, cfg, reference=behaviour)
        optimizer.zero_grad()
        found.loss.backward()
        optimizer.step()
    after = answer_log_probs(model(batch.token_ids).logits, batch).totals
    assert ((after > behaviour.totals) == (scores[0] > 2)).all()
    assert found.kl.item() > 0


def test_other_tokens_are_refused():
    one = log_probs()
    with pytest.raises(ValueError, match="the policy and the one that wrote"):
        policy_loss(one, AnswerLogProbs(one.values, ~one.is_answer), rand(B, T), PolicyConfig())


def test_a_leash_needs_something_to_be_tied_to():
    one = log_probs()
    with pytest.raises(ValueError, match=r"kl_weight=0.1 needs a reference"):
        policy_loss(one, one, rand(B, T), PolicyConfig(kl_weight=0.1))


@pytest.mark.parametrize("setting", [{"clip": 0.0}, {"clip": math.nan}, {"kl_weight": -0.1}])
def test_settings_are_checked(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PolicyConfig(**setting)
