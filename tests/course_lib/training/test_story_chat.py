import pytest
import torch

from course_lib.data import tinytales
from course_lib.data.tale_tokens import END, TOKENS, encode
from course_lib.decoder import build_decoder
from course_lib.training.answer_loss import answer_loss
from course_lib.training.larger_vocabulary import with_more_tokens
from course_lib.training.story_chat import (
    MAX_ANSWER,
    TEMPLATE,
    StoryAnswer,
    answer,
    chat_batches,
    draw_requests,
    right_answer,
    write_chats,
)

SAID = """once mary and her friend alice were in the hotel . mary had a blue trumpet .
alice had a green kite ."""
OPENING = tuple(SAID.split())


def said(words, is_ended=True):
    return StoryAnswer(tuple(encode(words)), is_ended)


def drawn(n=3, seed=0):
    return draw_requests(n, torch.Generator().manual_seed(seed))


def small_model():
    sizes = {"vocab_size": len(TOKENS), "d_model": 8, "n_heads": 2, "n_layers": 1, "d_ff": 8}
    return with_more_tokens(build_decoder(**sizes), TEMPLATE.n_special, torch.Generator())


def test_a_request_is_the_beginning_of_a_tale_and_its_next_sentence():
    own = torch.Generator().manual_seed(7)
    for request in drawn(5, seed=7):
        words = tinytales.sample_story(own).words
        n_said = len(request.opening) + len(request.event)
        assert (*request.opening, *request.event) == tuple(words[:n_said])
        assert request.opening.count(".") == 3
        assert request.event.count(".") == 1
        assert request.opening[-1] == request.event[-1] == "."
        assert right_answer(request).is_right(request.opening)


@pytest.mark.parametrize(
    ("words", "is_right"),
    [
        ("alice threw the kite .", True),
        ("alice threw the trumpet .", False),  # it is not hers
        ("alice threw the kite", False),  # breaks off
        ("alice threw the kite . alice threw the kite .", False),  # two sentences
        (".", False),
        ("", False),
    ],
)
def test_the_grammar_judges(words, is_right):
    assert said(words).is_right(OPENING) == is_right
    assert not said(words, is_ended=False).is_right(OPENING)


def test_tokens_that_no_tale_has():
    odd = StoryAnswer((*encode("alice threw the kite ."), TEMPLATE.role_ids["user"]), True)
    assert odd.words[-1] == "?"
    assert not odd.is_right(OPENING)
    over = StoryAnswer((END, *encode("alice threw the kite .")), True)
    assert not over.is_right(OPENING)


def test_reasons_are_counted():
    assert said("alice because because kite").n_reasons == 2
    assert said("alice threw the kite .").n_reasons == 0


def test_a_conversation_is_an_opening_and_an_answer():
    short, cut = said("alice threw the kite ."), said("alice threw", is_ended=False)
    batch = write_chats([OPENING, OPENING], [short, cut])
    row = [TEMPLATE.role_ids["user"], *encode(OPENING), TEMPLATE.end_id]
    row += [TEMPLATE.role_ids["assistant"]]
    first = [*row, *short.token_ids, TEMPLATE.end_id]
    second = [*row, *cut.token_ids]
    assert batch.token_ids[0].tolist() == first
    n_padding = len(first) - len(second)
    assert batch.token_ids[1].tolist() == second + [TEMPLATE.pad_id] * n_padding
    assert batch.is_answer.sum(dim=1).tolist() == [6, 2]
    with pytest.raises(ValueError, match="2 openings have 1 answers"):
        write_chats([OPENING, OPENING], [short])


def test_batches_hold_right_answers():
    batch = next(chat_batches(4, torch.Generator().manual_seed(3)))
    requests = drawn(4, seed=3)
    expected = write_chats([r.opening for r in requests], [right_answer(r) for r in requests])
    assert torch.equal(batch.token_ids, expected.token_ids)
    assert torch.equal(batch.is_answer, expected.is_answer)


class TestAnswering:
    def test_a_model_that_knows_one_answer_gives_it(self):
        model = small_model()
        requests = [drawn(1)[0]] * 2
        batch = write_chats([r.opening for r in requests], [right_answer(r) for r in requests])
        optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(120):
            optimizer.zero_grad()
            answer_loss(model, batch).backward()
            optimizer.step()
        given = answer(model, [r.opening for r in requests], torch.Generator(), temperature=0.0)
        assert given == [right_answer(r) for r in requests]

    def test_one_that_never_stops_is_cut_off(self):
        model = small_model()
        with torch.no_grad():  # every position says the same, and the end fits it least of all
            model.final_norm.gain.zero_()
            model.final_norm.bias.fill_(1.0)
            model.embedding.weight[TEMPLATE.end_id] = -100.0
        [given] = answer(model, [OPENING], torch.Generator().manual_seed(0))
        assert len(given.token_ids) == MAX_ANSWER
        assert not given.is_ended

    def test_the_generator_draws(self):
        model, openings = small_model(), [request.opening for request in drawn(3)]

        def with_seed(seed):
            return answer(model, openings, torch.Generator().manual_seed(seed))

        assert with_seed(1) == with_seed(1) != with_seed(2)
