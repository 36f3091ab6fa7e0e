from itertools import islice
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course_lib.data.needles import NeedleTask, answer_loss

B, T = 40, 14
TASK = NeedleTask(n_symbols=9, n_fillers=5, n_facts=3)


def draw(seed=0, place=None, task=TASK, context_len=T):
    return task.batch(B, context_len, torch.Generator().manual_seed(seed), place)


def test_every_asked_key_stands_once_in_the_context_with_its_value_behind_it():
    batch = draw()
    assert batch.token_ids.shape == (B, T + 2 * 3)
    for row in batch.token_ids.tolist():
        context, asked = row[:T], row[T:]
        for key, value in zip(asked[::2], asked[1::2], strict=True):
            assert context.count(key) == context.count(value) == 1
            assert context[context.index(key) + 1] == value
            assert context.index(key) % 2 == 0


def test_all_else_is_filler():
    tokens = draw().token_ids[:, :T]
    assert tokens.max() < TASK.vocab_size == 14
    assert ((tokens >= 9).sum(dim=1) == T - 2 * 3).all()


def test_a_place_is_where_the_one_asked_fact_begins():
    for place in (0, 6, 12):
        batch = draw(place=place)
        assert batch.token_ids.shape == (B, T + 2)
        assert torch.equal(batch.token_ids[:, place], batch.token_ids[:, T])
        assert torch.equal(batch.token_ids[:, place + 1], batch.answers[:, 0])
        assert ((batch.token_ids[:, :T] < 9).sum(dim=1) == 2 * 3).all()


def test_facts_stand_everywhere_equally_often():
    starts = torch.cat([draw(seed).token_ids[:, :T:2] < 9 for seed in range(50)]).double()
    assert (starts.mean(dim=0) - 3 / 7).abs().max() < 0.06  # 2,000 contexts: sd 0.011


def test_the_same_seed_draws_the_same():
    assert torch.equal(draw(3).token_ids, draw(3).token_ids)
    assert not torch.equal(draw(3).token_ids, draw(4).token_ids)


def test_batches_have_lengths_up_to_the_longest():
    batches = islice(TASK.batches(2, 12, torch.Generator().manual_seed(0)), 60)
    assert {batch.context_len for batch in batches} == {6, 8, 10, 12}


def test_the_loss_is_that_of_the_answers_alone():
    batch = draw()
    logits = torch.randn(B, T + 5, 14, generator=torch.Generator().manual_seed(1))

    class Said(nn.Module):
        def forward(self, token_ids):
            assert torch.equal(token_ids, batch.token_ids[:, :-1])
            return SimpleNamespace(logits=logits)

    loss = answer_loss(Said(), batch)
    log_probs = logits.log_softmax(dim=-1)
    by_hand = [
        -log_probs[row, T + 2 * n, batch.token_ids[row, T + 2 * n + 1]]
        for row in range(B)
        for n in range(3)
    ]
    torch.testing.assert_close(loss, torch.stack(by_hand).mean())


@pytest.mark.parametrize(("context_len", "place"), [(13, None), (4, None)])
def test_what_does_not_fit_is_refused(context_len, place):
    with pytest.raises(ValueError, match=f"3 facts do not fit into {context_len} tokens"):
        draw(context_len=context_len, place=place)


@pytest.mark.parametrize("place", [-2, 3, 14])
def test_an_impossible_place_is_refused(place):
    with pytest.raises(ValueError, match=f"no fact can begin at {place} in a context of 14"):
        draw(place=place)


@pytest.mark.parametrize(
    "sizes", [{"n_facts": 0}, {"n_facts": 5, "n_symbols": 9}, {"n_fillers": 0}]
)
def test_impossible_tasks_are_refused(sizes):
    with pytest.raises(ValueError, match="facts need two symbols each"):
        NeedleTask(**sizes)
