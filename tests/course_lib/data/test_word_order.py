from itertools import islice

import torch

from course_lib.data import word_order
from course_lib.data.word_order import NAMES, VOCABULARY, all_questions, batches, reverse


def words(row):
    return [VOCABULARY[number] for number in row]


def test_each_question_is_answered_from_the_order():
    every = all_questions()
    n_names = len(NAMES)
    assert every.token_ids.shape == (2 * n_names * (n_names - 1), 4)
    assert len(set(map(tuple, every.token_ids.tolist()))) == len(every.targets)
    for row, target in zip(every.token_ids.tolist(), every.targets.tolist(), strict=True):
        first, verb, second, question = words(row)
        assert first != second
        assert verb == "bites"
        assert VOCABULARY[target] == {"biter?": first, "bitten?": second}[question]


def test_words_are_all_different():
    assert len(set(VOCABULARY)) == len(VOCABULARY) == len(NAMES) + 3


def test_reversed_sentences_ask_the_same_and_have_the_other_answer():
    every = all_questions()
    answers = dict(zip(map(tuple, every.token_ids.tolist()), every.targets.tolist(), strict=True))
    turned = map(tuple, reverse(every.token_ids).tolist())
    for row, other in zip(every.token_ids.tolist(), turned, strict=True):
        assert sorted(row) == sorted(other)
        assert row[3] == other[3]
        assert {answers[tuple(row)], answers[other]} == {row[0], row[2]}


def test_batches_go_on_repeat_with_the_seed_and_keep_answers_with_questions():
    every = all_questions()
    answers = dict(zip(map(tuple, every.token_ids.tolist()), every.targets.tolist(), strict=True))
    first, second = islice(batches(50, torch.Generator().manual_seed(0)), 2)
    again = next(batches(50, torch.Generator().manual_seed(0)))
    assert torch.equal(first.token_ids, again.token_ids)
    assert not torch.equal(first.token_ids, second.token_ids)
    for row, target in zip(first.token_ids.tolist(), first.targets.tolist(), strict=True):
        assert answers[tuple(row)] == target


def test_the_module_says_what_it_holds():
    assert "dog bites man" in word_order.__doc__
