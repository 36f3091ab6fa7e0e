import math
from dataclasses import replace

import pytest
import torch

from course_lib.data import tale_tokens, tinytales
from course_lib.own_gpt.parameters import params_from_seed
from course_lib.own_gpt.stand_ins import reference_parts
from course_lib.own_gpt.tales import (
    END,
    PAD,
    WORDS,
    batches_of_tales,
    decode,
    encode,
    floor_of_tales,
    nats_per_word,
    rows_of,
)


def tales(n_tales):
    generator = torch.Generator().manual_seed(3)
    return [tinytales.sample_story(generator) for _ in range(n_tales)]


def test_words_go_there_and_back():
    (tale,) = tales(1)
    token_ids = encode(tale.words)
    assert [WORDS[token] for token in token_ids] == list(tale.words)
    assert decode([*token_ids, END, 5]) == decode([PAD, *token_ids]) == tale.text
    assert PAD not in token_ids
    assert WORDS[END] == "<end>"


def test_a_word_of_no_tale_is_refused():
    with pytest.raises(ValueError, match="no tale has the word 'zebra'"):
        encode("once zebra")


def test_a_row_is_a_tale_its_end_and_padding():
    two = sorted(tales(6), key=lambda tale: len(tale.words))[::5]
    rows = rows_of(two)
    short = len(two[0].words)
    assert rows.shape == (2, len(two[1].words) + 1)
    assert rows[0, short] == END
    assert (rows[0, short + 1 :] == PAD).all()
    assert rows[1, -1] == END


def test_batches_hold_tales_of_like_length_in_random_order():
    batches = batches_of_tales(4, 10, torch.Generator().manual_seed(1))
    again = batches_of_tales(4, 10, torch.Generator().manual_seed(1))
    assert len(batches) == 10
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))
    lengths = [rows.shape[1] for rows in batches]
    assert lengths != sorted(lengths)
    padded = sum((rows == PAD).sum().item() for rows in batches)
    assert padded < 0.1 * sum(rows.numel() for rows in batches)


def test_the_floor_is_the_grammars():
    assert floor_of_tales(30) == tinytales.floor(tale_tokens.held_out_tales(30)).nats_per_word


def test_a_model_that_knows_nothing_guesses_among_all_words():
    params = params_from_seed(0, vocab_size=len(WORDS), d_model=4, n_heads=1, n_layers=1, d_ff=4)
    blank = {name: 0 * one for name, one in params.items()}
    got = nats_per_word(blank, 1, reference_parts(), 60)
    assert got == pytest.approx(math.log(len(WORDS)), rel=1e-5)


def test_every_word_but_the_first_counts_once_and_the_end_once():
    # A model that gives one token all of the mass, as it were: its scores do not hang on the text.
    params = params_from_seed(0, vocab_size=len(WORDS), d_model=4, n_heads=1, n_layers=1, d_ff=4)

    def gpt(token_ids, params, past, n_heads, parts):
        scores = torch.zeros(*token_ids.shape, len(WORDS))
        scores[..., END] = 3.0
        return scores, past

    parts = replace(reference_parts(), gpt=gpt)
    held_out = tale_tokens.held_out_tales(7)
    n_words = sum(len(tale.words) for tale in held_out)
    mass = math.log(len(WORDS) - 1 + math.exp(3.0))
    want = (n_words * mass - 3.0 * len(held_out)) / n_words
    assert nats_per_word(params, 1, parts, 7) == pytest.approx(want, rel=1e-5)
