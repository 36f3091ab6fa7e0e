import pytest
import torch

from course_lib.training.chat_template import ChatTemplate, Turn, template_after
from tests.course_lib.training.chats import TEMPLATE, chat_batch, conversations


def test_hand_worked_case():
    # user 1 2 end, assistant 3 4 5 end; the answer is what follows the assistant's token.
    batch = TEMPLATE.batch([[Turn("user", (1, 2)), Turn("assistant", (3, 4, 5))]])
    assert batch.token_ids.tolist() == [[11, 1, 2, 13, 12, 3, 4, 5, 13]]
    assert batch.is_answer.int().tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 1]]


def test_conversations_of_different_length_are_padded_at_the_right():
    batch = chat_batch()
    assert batch.token_ids.tolist() == [
        [11, 1, 2, 13, 12, 3, 4, 5, 13, 14, 14, 14, 14, 14, 14, 14, 14, 14],
        [10, 9, 13, 11, 6, 13, 12, 7, 13, 11, 8, 1, 0, 13, 12, 2, 3, 13],
        [11, 5, 13, 12, 4, 9, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14],
    ]
    # 3 + end; 1 + end and 2 + end; 2 without an end.
    assert batch.is_answer.sum(dim=1).tolist() == [4, 5, 2]
    assert batch.token_ids[batch.is_answer].tolist() == [3, 4, 5, 13, 7, 13, 2, 3, 13, 4, 9]


def test_a_prompt_and_an_answer_make_the_conversation():
    first = conversations()[0]
    prompt = TEMPLATE.prompt(first[:1])
    whole = TEMPLATE.batch([first])
    assert torch.equal(whole.token_ids[0, : len(prompt)], prompt)
    assert not whole.is_answer[0, : len(prompt)].any()
    assert whole.is_answer[0, len(prompt) :].all()


def test_another_role_may_answer():
    template = ChatTemplate(role_ids={"a": 3, "b": 5}, end_id=0, pad_id=9, answering="a")
    batch = template.batch([[Turn("a", (7,)), Turn("b", (8,))]])
    assert batch.token_ids.tolist() == [[3, 7, 0, 5, 8, 0]]
    assert batch.is_answer.int().tolist() == [[0, 1, 1, 0, 0, 0]]
    assert template.n_special == 4


def test_special_tokens_follow_the_vocabulary():
    template = template_after(7, ("asks", "answers"))
    assert dict(template.role_ids) == {"asks": 7, "answers": 8}
    assert (template.end_id, template.pad_id, template.answering) == (9, 10, "answers")
    assert 7 + template.n_special == 11


def test_a_batch_moves_as_a_whole():
    moved = chat_batch().to("meta")
    assert moved.token_ids.device.type == moved.is_answer.device.type == "meta"


@pytest.mark.parametrize("ids", [(1, 2, 2), (1, 1, 2), (-1, 1, 2), (1, 2, 1)])
def test_special_tokens_must_differ(ids):
    opening, end_id, pad_id = ids
    with pytest.raises(ValueError, match=rf"different numbers from 0 on, got \[{opening}, "):
        ChatTemplate(role_ids={"user": opening}, end_id=end_id, pad_id=pad_id, answering="user")


def test_the_one_that_answers_needs_a_role():
    with pytest.raises(ValueError, match="no role 'assistant'; there are user"):
        ChatTemplate(role_ids={"user": 1}, end_id=2, pad_id=3)


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="no role 'tool'; there are system, user, assistant"):
        TEMPLATE.batch([[Turn("tool", (1,))]])


def test_nothing_follows_a_turn_that_was_cut_off():
    turns = [Turn("user", (1,), is_ended=False), Turn("assistant", (2,))]
    with pytest.raises(ValueError, match="'assistant' follows one that did not end"):
        TEMPLATE.batch([turns])
    with pytest.raises(ValueError, match="'assistant' follows one that did not end"):
        TEMPLATE.prompt(turns[:1])


def test_no_conversation_is_refused():
    with pytest.raises(ValueError, match="no conversation"):
        TEMPLATE.batch([])
