import math

import pytest
import torch
from torch import nn

from course_lib.checkpoints.mini_gpt import CONFIG
from course_lib.data import tinytales
from course_lib.data.tale_tokens import (
    END,
    START,
    TOKENS,
    decode,
    encode,
    held_out_tales,
    make_batch,
    tale_batches,
    tale_loss,
    total_nats,
)
from course_lib.decoder import Decoder, DecoderOutput


def test_every_word_has_a_token_and_the_end_has_the_last():
    assert TOKENS[:-1] == tinytales.VOCABULARY
    assert len(TOKENS) == END + 1 == len(set(TOKENS))


def test_words_become_tokens_and_back():
    text = "once sarah and her friend john were in the park ."
    token_ids = encode(text)
    assert [TOKENS[token] for token in token_ids] == text.split()
    assert encode(text.split()) == token_ids
    assert decode(token_ids) == text


def test_what_stands_behind_the_end_is_not_written():
    assert decode([*encode("the cat"), END, *encode("sat")]) == "the cat"
    assert decode([END]) == ""


def test_a_word_that_no_tale_has():
    with pytest.raises(ValueError, match="'unicorn'"):
        encode("the unicorn sat")


def test_a_batch_ends_each_tale_and_fills_up():
    tales = held_out_tales(5)
    batch = make_batch(tales)
    assert batch.shape == (5, max(len(tale.words) for tale in tales) + 1)
    for row, tale in zip(batch.tolist(), tales, strict=True):
        assert decode(row) == tale.text
        assert set(row[len(tale.words) :]) == {END}


def test_every_tale_begins_with_the_start():
    assert {tale.words[0] for tale in held_out_tales(20)} == {START}


def test_tales_of_the_test_are_always_the_same_and_batches_follow_the_seed():
    assert [tale.words for tale in held_out_tales(3)] == [t.words for t in held_out_tales(5)][:3]
    first, second = (next(tale_batches(3, torch.Generator().manual_seed(4))) for _ in range(2))
    other = next(tale_batches(3, torch.Generator().manual_seed(5)))
    assert torch.equal(first, second)
    assert first.shape != other.shape or not torch.equal(first, other)


def test_sorted_batches_hold_the_same_tales_and_little_filling():
    def draw(n_sorted):
        batches = tale_batches(3, torch.Generator().manual_seed(6), n_sorted)
        return [next(batches) for _ in range(8)]

    plain, like = draw(1), draw(8)
    told, told_sorted = (
        sorted(decode(row) for batch in batches for row in batch.tolist())
        for batches in (plain, like)
    )
    assert told == told_sorted
    assert sum(batch.numel() for batch in like) < 0.95 * sum(batch.numel() for batch in plain)
    lengths = [batch.shape[1] for batch in like]
    assert lengths != sorted(lengths)


class Knower(nn.Module):
    """Knows the grammar: gives each next token the probability that it has."""

    def forward(self, token_ids):
        logits = torch.full((*token_ids.shape, len(TOKENS)), -math.inf, dtype=torch.float64)
        for row, tokens in enumerate(token_ids.tolist()):
            for t in range(len(tokens)):
                if tokens[t] == END:
                    logits[row, t, 0] = 0.0  # what is said behind the end must not count
                    continue
                options = tinytales.continuations([TOKENS[i] for i in tokens[: t + 1]])
                for word, p in options.items():
                    logits[row, t, TOKENS.index(word)] = math.log(p)
                if not options:
                    logits[row, t, END] = 0.0
        return DecoderOutput(logits, ())


def test_the_loss_of_who_knows_the_grammar_is_the_floor():
    tales = held_out_tales(4)
    assert len({len(tale.words) for tale in tales}) > 1
    loss = tale_loss(Knower(), make_batch(tales)).item()
    assert loss == pytest.approx(tinytales.floor(tales).nats_per_word, abs=1e-12)


def test_the_loss_is_the_mean_over_the_words_and_one_end():
    tales = held_out_tales(3)
    model = Decoder(CONFIG, torch.Generator().manual_seed(3), spread=0.1).double()
    nats, n_targets = 0.0, 0
    with torch.no_grad():
        for tale in tales:
            row = make_batch([tale])[0]
            log_p = model(row[None]).logits[0].log_softmax(dim=-1)
            nats -= sum(log_p[t, row[t + 1]].item() for t in range(len(tale.words)))
            n_targets += len(tale.words)
        loss = tale_loss(model, make_batch(tales)).item()
    assert loss == pytest.approx(nats / n_targets, abs=1e-10)


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_what_all_words_cost_does_not_depend_on_how_many_tales_are_read_at_once(batch_size):
    tales = held_out_tales(5)
    model = Decoder(CONFIG, torch.Generator().manual_seed(3), spread=0.1).double()
    each = [tale_loss(model, make_batch([tale])).item() * len(tale.words) for tale in tales]
    assert total_nats(model, tales, batch_size) == pytest.approx(sum(each), rel=1e-12)


def test_tales_of_another_seed_are_others():
    assert held_out_tales(3, seed=5)[0].words != held_out_tales(3)[0].words
