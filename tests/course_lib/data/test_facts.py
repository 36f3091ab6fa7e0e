from collections import Counter

import pytest
import torch

from course_lib.data.facts import (
    PADDING,
    PEOPLE,
    RELATIONS,
    TIMES_TOLD,
    VOCABULARY,
    Fact,
    encode,
    make_world,
    tell,
)


def world(seed=0, **settings):
    return make_world(torch.Generator().manual_seed(seed), **settings)


def test_hand_worked_sentence():
    fact = Fact("sarah", "lives in the", "castle", n_told=3)
    assert fact.words == ("sarah", "lives", "in", "the", "castle", ".")
    assert fact.words[fact.answer_at] == "castle"


def test_every_person_has_every_relation_once():
    pairs = [(fact.person, fact.relation) for fact in world()]
    assert len(pairs) == len(set(pairs)) == len(PEOPLE) * len(RELATIONS)
    assert all(fact.value in RELATIONS[fact.relation] for fact in world())
    assert all(fact.words[fact.answer_at] == fact.value for fact in world())


def test_values_and_times_are_drawn_evenly():
    facts = [fact for seed in range(40) for fact in world(seed)]
    times = Counter(fact.n_told for fact in facts)
    assert set(times) == set(TIMES_TOLD)
    expected = len(facts) / len(TIMES_TOLD)
    # Six standard deviations of a binomial count.
    assert all(abs(n - expected) < 6 * expected**0.5 for n in times.values())
    instruments = Counter(fact.value for fact in facts if fact.relation == "plays the")
    n_values = len(RELATIONS["plays the"])
    expected = 40 * len(PEOPLE) / n_values
    assert len(instruments) == n_values
    assert all(abs(n - expected) < 6 * expected**0.5 for n in instruments.values())


def test_the_world_follows_the_seed():
    assert world(3) == world(3)
    assert world(3) != world(4)


def test_other_times():
    assert {fact.n_told for fact in world(times_told=(0, 5))} == {0, 5}


@pytest.mark.parametrize("times_told", [(), (1, -1)])
def test_times_that_are_none(times_told):
    with pytest.raises(ValueError, match="0 times or more"):
        world(times_told=times_told)


def test_each_fact_is_told_as_often_as_it_says():
    facts = world(times_told=(0, 1, 3))
    text = tell(facts, torch.Generator().manual_seed(1))
    assert Counter(text) == Counter({fact: fact.n_told for fact in facts if fact.n_told})
    again = tell(facts, torch.Generator().manual_seed(1))
    other = tell(facts, torch.Generator().manual_seed(2))
    assert text == again
    assert text != other


def test_no_word_begins_two_things_at_once():
    """What completes a relation never depends on the relation's length: it is always one word."""
    assert all(len(value.split()) == 1 for values in RELATIONS.values() for value in values)
    assert all(len(set(values)) == len(values) for values in RELATIONS.values())


def test_sentences_become_tokens():
    facts = world()[:7]
    token_ids = encode(facts)
    assert token_ids.shape == (7, max(len(fact.words) for fact in facts))
    for row, fact in zip(token_ids.tolist(), facts, strict=True):
        n_words = len(fact.words)
        assert tuple(VOCABULARY[i] for i in row[:n_words]) == fact.words
        assert set(row[n_words:]) <= {PADDING}
