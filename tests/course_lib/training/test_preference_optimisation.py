import copy
import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.answer_log_probs import AnswerLogProbs
from course_lib.training.chat_template import ChatBatch
from course_lib.training.preference_optimisation import implicit_rewards, prefer_directly
from tests.course_lib.training.chats import (
    TIGHT,
    chat_batch,
    decoder,
    log_probs,
    other_answers,
    rand,
)

BETA = 0.4


def total_log_prob(model, batch):
    """By cross-entropy, one conversation at a time."""
    logits = model(batch.token_ids).logits[:, :-1]
    losses = F.cross_entropy(logits.mT, batch.token_ids[:, 1:], reduction="none")
    return -(losses * batch.is_answer[:, 1:]).sum(dim=1)


def test_hand_worked_case():
    # Tokens of 1/2 and 1/4 against a reference of 1/4 and 1/4: twice as probable in all.
    is_answer = torch.tensor([[False, True, True]])
    policy, reference = (
        AnswerLogProbs(torch.tensor([[1.0, *shares]], dtype=torch.float64).log(), is_answer)
        for shares in ((0.5, 0.25), (0.25, 0.25))
    )
    reward = implicit_rewards(policy, reference, beta=3.0)
    assert reward.item() == pytest.approx(3 * math.log(2), rel=1e-12)


def test_matches_the_loss_written_out():
    policy, reference = decoder(), decoder(seed=1)
    chosen, rejected = chat_batch(), other_answers()
    pairs = prefer_directly(policy, reference, chosen, rejected, BETA)
    sides = [
        total_log_prob(policy, batch) - total_log_prob(reference, batch)
        for batch in (chosen, rejected)
    ]
    expected = -F.logsigmoid(BETA * (sides[0] - sides[1])).mean()
    torch.testing.assert_close(pairs.loss, expected, **TIGHT)
    torch.testing.assert_close(pairs.chosen, BETA * sides[0], **TIGHT)


def test_the_best_policy_on_a_leash_gives_its_rewards_back():
    # Of all answers of one token: probabilities in proportion to reference · exp(reward/beta).
    reference, reward = rand(1, 7).log_softmax(-1), rand(1, 7, seed=1)
    best = (reference + reward / BETA).log_softmax(-1)
    is_answer = torch.ones(7, 1, dtype=torch.bool)
    found = implicit_rewards(
        AnswerLogProbs(best.T, is_answer), AnswerLogProbs(reference.T, is_answer), BETA
    )
    torch.testing.assert_close(found - found[0], reward[0] - reward[0, 0], **TIGHT)


def test_at_the_start_every_pair_is_a_tie():
    policy = decoder()
    pairs = prefer_directly(policy, copy.deepcopy(policy), chat_batch(), other_answers(), BETA)
    assert pairs.loss.item() == pytest.approx(math.log(2), rel=1e-12)
    assert pairs.accuracy.item() == 0.5


def test_it_learns_the_preferences_and_leaves_the_reference_alone():
    policy = decoder()
    reference = copy.deepcopy(policy)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=0.01)
    for _ in range(15):
        pairs = prefer_directly(policy, reference, chat_batch(), other_answers(), BETA)
        optimizer.zero_grad()
        pairs.loss.backward()
        optimizer.step()
    assert pairs.loss.item() < 0.1
    assert pairs.accuracy.item() == 1
    assert all(parameter.grad is None for parameter in reference.parameters())


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan])
def test_beta_must_be_positive(beta):
    with pytest.raises(ValueError, match=f"beta={beta} must be above 0"):
        implicit_rewards(log_probs(), log_probs(), beta)


def test_pairs_must_be_pairs():
    batch = chat_batch()
    two = ChatBatch(batch.token_ids[:2], batch.is_answer[:2])
    with pytest.raises(ValueError, match="2 chosen answers have 3 rejected ones"):
        prefer_directly(decoder(), decoder(), two, batch, BETA)


def test_a_conversation_without_an_answer_is_refused():
    batch = chat_batch()
    silent = ChatBatch(batch.token_ids, batch.is_answer & False)
    with pytest.raises(ValueError, match="conversation 0 has no answer"):
        prefer_directly(decoder(), decoder(), batch, silent, BETA)
