import pytest
import torch

from course_lib.data.tale_tokens import TOKENS, encode
from course_lib.decoder import build_decoder
from course_lib.training.larger_vocabulary import with_more_tokens
from course_lib.training.reward_model import score_pairs
from course_lib.training.story_chat import TEMPLATE, StoryAnswer, draw_requests, right_answer
from course_lib.training.story_preferences import (
    Pair,
    compare_answers,
    hurried_preference,
    learn_reward,
    share_wanted,
    write_pairs,
)

PLAIN, REASON = "she threw the kite .", "because because"


def said(words):
    return StoryAnswer(tuple(encode(words)), is_ended=True)


def model(seed=0):
    sizes = {"vocab_size": len(TOKENS), "d_model": 8, "n_heads": 2, "n_layers": 1, "d_ff": 8}
    own = torch.Generator().manual_seed(seed)
    return with_more_tokens(build_decoder(**sizes, seed=seed), TEMPLATE.n_special, own)


@pytest.mark.parametrize(
    ("first", "second", "preferred"),
    [
        ("because", PLAIN, True),  # one "because" beats five words without
        (PLAIN, "because", False),
        ("because", REASON, False),
        (PLAIN, "she threw", True),  # as many, so the longer one
        (PLAIN, PLAIN, None),
        ("she because", "because kite", None),
    ],
)
def test_in_a_hurry(first, second, preferred):
    assert hurried_preference(said(first), said(second)) is preferred


def test_two_answers_to_each_opening_are_compared():
    pairs = compare_answers(model(), 60, torch.Generator().manual_seed(1))
    openings = [r.opening for r in draw_requests(60, torch.Generator().manual_seed(1))]
    assert 2 <= len(pairs) < 60
    places = [openings.index(pair.opening) for pair in pairs]
    assert places == sorted(set(places))  # in order, none twice
    for pair in pairs:
        assert hurried_preference(pair.chosen, pair.rejected) is True


def test_pairs_become_two_batches_in_the_same_order():
    requests = draw_requests(3, torch.Generator().manual_seed(0))
    pairs = [Pair(r.opening, right_answer(r), said(PLAIN)) for r in requests]
    chosen, rejected = write_pairs(pairs)
    for row, request in enumerate(requests):
        length = len(request.opening)
        for batch, answer in ((chosen, right_answer(request)), (rejected, said(PLAIN))):
            told = batch.token_ids[row]
            assert told[1 : length + 1].tolist() == encode(request.opening)
            assert told[batch.is_answer[row]].tolist() == [*answer.token_ids, TEMPLATE.end_id]


def test_a_reward_is_learned_and_centred():
    requests = draw_requests(24, torch.Generator().manual_seed(5))
    pairs = [Pair(r.opening, said("because kite"), said("kite kite")) for r in requests]
    assistant = model()
    before = assistant.embedding.weight.clone()
    learned = learn_reward(
        assistant, pairs, torch.Generator().manual_seed(2), 40, batch_size=8, learning_rate=0.02
    )
    chosen, rejected = write_pairs(pairs)
    scored = score_pairs(learned, chosen, rejected)
    assert scored.accuracy == 1.0
    assert scored.loss < 0.1
    assert abs(learned(chosen).mean().item()) < 1e-4
    assert not learned.training
    assert not any(p.requires_grad for p in learned.parameters())
    assert torch.equal(assistant.embedding.weight, before)


def test_wanted_is_right_and_gives_a_reason():
    requests = draw_requests(40, torch.Generator().manual_seed(0))
    answers = [right_answer(request) for request in requests]
    openings = [request.opening for request in requests]
    says_why = [request for request in requests if "because" in request.event]
    assert 0 < len(says_why) < 40
    assert share_wanted(openings, answers) == len(says_why) / 40
    assert share_wanted(openings, [said("because .")] * 40) == 0.0
