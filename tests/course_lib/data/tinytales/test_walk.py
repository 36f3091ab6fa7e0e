import math
from collections import Counter

import pytest
import torch

from course_lib.data.tinytales.walk import Reading, TaleError, Telling, Walk

OPTIONS = {"red": 1.0, "green": 2.0, "blue": 5.0}


def telling(seed=0):
    return Telling(torch.Generator().manual_seed(seed))


class TestTelling:
    def test_says_each_word_as_often_as_its_weight(self):
        # 8,000 draws: the standard error of a share is at most 0.0056; five of them are allowed.
        walk = telling()
        counts = Counter(walk.choose(OPTIONS) for _ in range(8000))
        for word, weight in OPTIONS.items():
            assert counts[word] / 8000 == pytest.approx(weight / 8, abs=0.028)

    def test_keeps_the_words_and_their_log_probabilities(self):
        walk = telling()
        walk.say("the")
        chosen = walk.choose(OPTIONS)
        assert walk.words == ["the", chosen]
        assert walk.log_probs == [0.0, math.log(OPTIONS[chosen] / 8)]

    def test_the_same_seed_tells_the_same(self):
        first, second, third = telling(1), telling(1), telling(2)
        rows = [[walk.choose(OPTIONS) for _ in range(200)] for walk in (first, second, third)]
        assert rows[0] == rows[1]
        assert rows[0] != rows[2]

    def test_draws_nothing_where_one_word_is_possible(self):
        walk = telling()
        before = walk._generator.get_state()
        walk.say("the")
        walk.choose({"cat": 3.0})
        assert torch.equal(walk._generator.get_state(), before)


class TestReading:
    def test_takes_the_words_that_are_given(self):
        walk = Reading(["the", "green"])
        walk.say("the")
        assert walk.choose(OPTIONS) == "green"
        assert walk.log_probs == [0.0, math.log(2 / 8)]

    def test_names_a_word_that_cannot_stand_there(self):
        walk = Reading(["the", "pink"])
        walk.say("the")
        with pytest.raises(TaleError, match=r"word 1 \('pink'\) cannot stand here") as caught:
            walk.choose(OPTIONS)
        assert (caught.value.position, caught.value.word) == (1, "pink")
        assert caught.value.options == {"red": 1 / 8, "green": 2 / 8, "blue": 5 / 8}
        assert "expected 'blue' or 'green' or 'red'" in str(caught.value)

    def test_names_what_should_follow_where_the_words_break_off(self):
        with pytest.raises(TaleError, match="breaks off after 0 words: expected 'the'"):
            Reading([]).say("the")


def test_words_after_the_end_are_named():
    assert str(TaleError(7, "and", {})) == "the tale is over after 7 words, but 'and' follows"


def test_a_bare_walk_says_nothing():
    with pytest.raises(NotImplementedError, match="told or read"):
        Walk().say("the")
