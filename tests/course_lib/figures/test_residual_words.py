"""What the figure of the residual stream says."""

import pytest

from course_lib.figures.residual_numbers import Stage
from course_lib.figures.residual_words import (
    addition_in_words,
    outcome_in_words,
    place_in_words,
    stage_name,
)

WORDS = ["the", "cat", "sat"]


def stage(length, added, read, next_share=0.0, next_rank=0, cosine=-0.257):
    return Stage(
        length=length,
        added=added,
        cosine=cosine,
        read=tuple(read.items()),
        next_share=next_share,
        next_rank=next_rank,
    )


START = stage(1.5, 0.0, {"the": 0.9, "a": 0.1}, 0.001, 7)
MIDDLE = stage(20.25, 19.5, {"cat": 0.6, "dog": 0.3}, 0.6, 1)
END = stage(123.4, 105.0, {"cat": 0.75, "dog": 0.125}, 0.75, 1)
OTHER_END = stage(20.25, 0.0, {"dog": 0.8, "cat": 0.1}, 0.1, 2)


def test_stages_have_names():
    assert [stage_name(i) for i in range(3)] == ["the embedding", "attention 1", "feed-forward 1"]


def test_a_part_says_what_it_adds():
    assert addition_in_words(MIDDLE, is_off=False) == "adds 19.5, cosine −0.26"
    assert addition_in_words(END, is_off=False) == "adds 105, cosine −0.26"
    assert addition_in_words(OTHER_END, is_off=True) == "off: adds nothing"


def test_what_comes_out():
    assert outcome_in_words(END) == "“cat” (0.75), then “dog” (0.13)"


def test_a_word_with_all_parts_on():
    all_on = (START, MIDDLE, END)
    assert place_in_words(WORDS, 0, all_on, all_on, "") == (
        "Word 1 of 3, “the”. Its stream begins with length 1.50 and ends with 123; most is added "
        "by feed-forward 1 (105). Out comes “cat” (0.75), then “dog” (0.13); “cat” leads for good "
        "from attention 1 on. The text goes on with “cat”, which gets 0.75."
    )


def test_a_word_with_a_part_off():
    all_on, without = (START, MIDDLE, END), (START, MIDDLE, OTHER_END)
    said = place_in_words(WORDS, 0, without, all_on, "feed-forward 1")
    assert said.startswith("Word 1 of 3, “the”, without feed-forward 1. Its stream")
    assert "“dog” leads for good from feed-forward 1 on" in said
    assert said.endswith("“cat”, which gets 0.10, with all parts on 0.75.")


@pytest.mark.parametrize("off", ["", "attention 1"])
def test_behind_the_last_word_nothing_follows(off):
    last = (START, stage(2.0, 1.0, {"b": 0.5, "c": 0.2}), stage(3.0, 1.0, {"c": 0.5, "b": 0.2}))
    assert "The text goes on" not in place_in_words(WORDS, 2, last, last, off)
