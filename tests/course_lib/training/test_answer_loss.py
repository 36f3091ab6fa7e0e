import pytest
import torch
import torch.nn.functional as F

from course_lib.training.answer_loss import answer_loss, measure_answers
from course_lib.training.chat_template import ChatBatch
from course_lib.training.loop import train
from tests.course_lib.training.chats import TIGHT, V, chat_batch, decoder, rand

B, T = 3, 18
IGNORED = -100


def test_hand_worked_case():
    # Answers of two tokens with probabilities 1/2 and 1/4, and of one with 1/8, in a vocabulary
    # of two: together (1 + 2 + 3)/3 bits, on their own 1.5 and 3 bits.
    batch = ChatBatch(
        torch.tensor([[0, 1, 0], [0, 1, 1]]),
        torch.tensor([[False, True, True], [False, False, True]]),
    )
    shares = torch.tensor([[[1, 1], [1, 3], [1, 1]], [[1, 1], [7, 1], [1, 1]]], dtype=torch.float64)
    found = measure_answers(shares.log(), batch)
    bit = torch.tensor(2.0, dtype=torch.float64).log()
    torch.testing.assert_close(found.mean, 2 * bit, **TIGHT)
    torch.testing.assert_close(found.by_answer, torch.stack([1.5 * bit, 3 * bit]), **TIGHT)
    assert found.n_tokens.tolist() == [2, 1]


def test_matches_torch_with_other_tokens_ignored():
    batch, logits = chat_batch(), rand(B, T, V)
    targets = batch.token_ids.where(batch.is_answer, IGNORED)[:, 1:]
    found = measure_answers(logits, batch)
    expected = F.cross_entropy(logits[:, :-1].flatten(0, 1), targets.flatten())
    torch.testing.assert_close(found.mean, expected, **TIGHT)
    each = torch.stack([F.cross_entropy(logits[row, :-1], targets[row]) for row in range(B)])
    torch.testing.assert_close(found.by_answer, each, **TIGHT)


def test_padding_and_questions_do_not_matter():
    batch, logits = chat_batch(), rand(B, T, V)
    other = ChatBatch(
        batch.token_ids.where(batch.is_answer, (batch.token_ids + 1) % V), batch.is_answer
    )
    assert torch.equal(measure_answers(logits, batch).mean, measure_answers(logits, other).mean)
    longer = ChatBatch(F.pad(batch.token_ids, (0, 2)), F.pad(batch.is_answer, (0, 2)))
    padded = measure_answers(F.pad(logits, (0, 0, 0, 2)), longer).mean
    torch.testing.assert_close(padded, measure_answers(logits, batch).mean, **TIGHT)


def test_a_decoder_learns_the_answers_by_heart():
    model, batch = decoder(), chat_batch()
    start = answer_loss(model, batch)
    torch.testing.assert_close(
        start, measure_answers(model(batch.token_ids).logits, batch).mean, **TIGHT
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    history = train(model, iter(lambda: batch, None), answer_loss, optimizer, n_steps=60)
    assert history[0] == start.item()
    assert history[-1] < 0.1 * history[0]


def test_errors_of_the_log_probabilities_are_passed_on():
    with pytest.raises(ValueError, match="conversation 0 has no answer"):
        measure_answers(
            torch.zeros(1, 2, 3), ChatBatch(torch.zeros(1, 2).long(), torch.zeros(1, 2).bool())
        )
