import copy

import pytest
import torch

from course_lib.training.chat_template import ChatBatch, Turn
from course_lib.training.reward_model import RewardModel, score_pairs
from tests.course_lib.training.chats import (
    TEMPLATE,
    TIGHT,
    chat_batch,
    decoder,
    other_answers,
    rand,
)


def reward_model(seed=0):
    return RewardModel(decoder(), torch.Generator().manual_seed(seed))


def test_the_score_is_a_projection_of_the_vector_before_the_logits():
    model, batch = reward_model(), chat_batch()
    seen = []
    body = copy.deepcopy(model.body)
    body.final_norm.register_forward_hook(lambda module, inputs, output: seen.append(output))
    body(batch.token_ids)
    expected = seen[0] @ model.to_score.weight[0]
    torch.testing.assert_close(model.by_position(batch.token_ids), expected, **TIGHT)


def test_a_conversation_is_scored_at_the_end_of_its_last_answer():
    model, batch = reward_model(), chat_batch()
    by_position = model.by_position(batch.token_ids)
    # Row by row: the end of the first answer, of the second one, and the last token said.
    expected = torch.stack([by_position[0, 8], by_position[1, 17], by_position[2, 5]])
    assert torch.equal(model(batch), expected)


def test_padding_does_not_matter():
    model, batch = reward_model(), chat_batch()
    alone = ChatBatch(batch.token_ids[:1, :9], batch.is_answer[:1, :9])
    torch.testing.assert_close(model(alone), model(batch)[:1], **TIGHT)


def test_it_is_made_again_by_the_same_seed_and_begins_near_a_standard_normal():
    one, other, another = reward_model(3), reward_model(3), reward_model(4)
    assert torch.equal(one.to_score.weight, other.to_score.weight)
    assert not torch.equal(one.to_score.weight, another.to_score.weight)
    assert one.to_score.weight.dtype == torch.float64
    scores = torch.cat([reward_model(seed)(chat_batch()).detach() for seed in range(40)])
    assert 0.6 < scores.std().item() < 1.5


def test_scores_can_be_centred():
    model, batch = reward_model(), chat_batch()
    before = score_pairs(model, batch, other_answers())
    model.centre_on(batch)
    assert abs(model(batch).mean().item()) < 1e-12
    after = score_pairs(model, batch, other_answers())
    torch.testing.assert_close(after.margins, before.margins, **TIGHT)


def test_it_learns_which_answers_are_preferred():
    model = reward_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    losses = []
    for _ in range(25):
        pairs = score_pairs(model, chat_batch(), other_answers())
        losses.append(pairs.loss.item())
        optimizer.zero_grad()
        pairs.loss.backward()
        optimizer.step()
    assert losses[-1] < 0.1 * losses[0]
    assert score_pairs(model, chat_batch(), other_answers()).accuracy.item() == 1


def test_a_conversation_without_an_answer_is_refused():
    with pytest.raises(ValueError, match="conversation 0 has no answer"):
        reward_model()(TEMPLATE.batch([[Turn("user", (1,))]]))


def test_pairs_must_be_pairs():
    batch = chat_batch()
    two = ChatBatch(batch.token_ids[:2], batch.is_answer[:2])
    with pytest.raises(ValueError, match="3 chosen answers have 2 rejected ones"):
        score_pairs(reward_model(), batch, two)


def test_any_model_may_give_the_scores():
    scores = iter([rand(3), rand(3, seed=1)])
    pairs = score_pairs(lambda batch: next(scores), chat_batch(), other_answers())
    torch.testing.assert_close(pairs.chosen, rand(3), **TIGHT)
    torch.testing.assert_close(pairs.rejected, rand(3, seed=1), **TIGHT)
