import pytest
import torch

from course_lib.training.answer_log_probs import AnswerLogProbs, answer_log_probs
from course_lib.training.chat_template import ChatBatch, Turn
from tests.course_lib.training.chats import TEMPLATE, TIGHT, V, chat_batch, decoder, log_probs, rand

B, T = 3, 18


def by_loops(logits, batch):
    """Each token of an answer on its own, by its share in the sum of exponentials."""
    values = torch.zeros(B, T, dtype=torch.float64)
    for row in range(B):
        for t in range(1, T):
            if batch.is_answer[row, t]:
                shares = logits[row, t - 1].exp()
                values[row, t] = (shares[batch.token_ids[row, t]] / shares.sum()).log()
    return values


def test_hand_worked_case():
    # Two tokens, 0 and 1. After the first position their logits differ by log 3: token 1 has 3/4.
    batch = ChatBatch(torch.tensor([[0, 1]]), torch.tensor([[False, True]]))
    logits = torch.tensor([[[0.0, 3.0], [7.0, 7.0]]], dtype=torch.float64)
    logits[0, 0] = torch.tensor([1.0, 3.0]).double().log()
    found = answer_log_probs(logits, batch)
    expected = torch.tensor([[0.0, 0.75]]).double()
    expected[0, 1].log_()
    torch.testing.assert_close(found.values, expected, **TIGHT)


def test_matches_loops():
    batch, logits = chat_batch(), rand(B, T, V)
    found = answer_log_probs(logits, batch)
    torch.testing.assert_close(found.values, by_loops(logits, batch), **TIGHT)
    torch.testing.assert_close(found.totals, by_loops(logits, batch).sum(dim=1), **TIGHT)
    assert found.n_tokens.tolist() == [4, 5, 2]


def test_probabilities_of_all_continuations_sum_to_one():
    # All answers of one token, without an end.
    batch = TEMPLATE.batch(
        [[Turn("user", (1,)), Turn("assistant", (token,), is_ended=False)] for token in range(V)]
    )
    found = answer_log_probs(decoder()(batch.token_ids).logits, batch)
    torch.testing.assert_close(found.totals.exp().sum().item(), 1.0, **TIGHT)


def test_only_what_stands_before_an_answer_matters_and_large_logits_do_no_harm():
    batch, logits = chat_batch(), rand(B, T, V)
    before = answer_log_probs(logits, batch).values
    is_next = batch.is_answer.roll(-1, dims=1)
    logits[~is_next] = 1e300
    logits = logits + 1e3
    torch.testing.assert_close(answer_log_probs(logits, batch).values, before, rtol=0, atol=1e-12)


def test_means_by_token_and_by_answer():
    # 1 2 3 | 5 in answers of three tokens and one: by token 11/4, by answer (2 + 5)/2.
    is_answer = torch.tensor([[False, True, True, True], [False, False, False, True]])
    found = AnswerLogProbs(torch.zeros(2, 4).double(), is_answer)
    by_token = torch.tensor([[99.0, 1, 2, 3], [99, 99, 99, 5]]).double()
    assert found.mean(by_token, by_answer=False).item() == 2.75
    assert found.mean(by_token, by_answer=True).item() == 3.5


def test_gradients_flow_until_they_are_cut():
    batch, logits = chat_batch(), rand(B, T, V).requires_grad_()
    found = answer_log_probs(logits, batch)
    assert found.values.requires_grad
    assert not found.detach().values.requires_grad
    found.totals.sum().backward()
    touched = logits.grad.abs().sum(dim=-1) > 0
    assert torch.equal(touched[:, :-1], batch.is_answer[:, 1:])


def test_what_is_not_an_answer_may_be_anything():
    found = log_probs()
    spoilt = torch.full_like(found.values, torch.nan).where(~found.is_answer, found.values)
    assert found.mean(spoilt, by_answer=True) == found.mean(found.values, by_answer=True)


def test_an_answer_at_the_very_beginning_is_refused():
    batch = ChatBatch(torch.tensor([[0, 1]]), torch.tensor([[True, True]]))
    with pytest.raises(ValueError, match="begins with the first token"):
        answer_log_probs(torch.zeros(1, 2, 3), batch)


def test_a_conversation_without_an_answer_is_refused():
    batch = TEMPLATE.batch(
        [[Turn("user", (1,)), Turn("assistant", (2,))], [Turn("user", (1, 2, 3, 4))]]
    )
    with pytest.raises(ValueError, match="conversation 1 has no answer"):
        answer_log_probs(torch.zeros(*batch.token_ids.shape, V), batch)
