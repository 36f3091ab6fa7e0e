"""The RoPE dial's sentences."""

from course_lib.figures.rope_numbers import rope_numbers
from course_lib.figures.rope_words import (
    degrees,
    largest_share,
    places_in_words,
    rope_in_words,
)

ALIKE = [1.0, 0.0, 1.0, 0.0]


def test_places_are_named_by_where_the_key_stands():
    start = "The query stands at position 1,003, the key at "
    assert places_in_words(1003, 1001) == start + "1,001, 2 positions before it"
    assert places_in_words(1003, 1004) == start + "1,004, 1 position after it"
    assert places_in_words(1003, 1003) == start + "1,003, at the same place"


def test_without_a_shift_the_score_is_said_once():
    # cos 2 + cos 0.02: base 10,000 and two pairs make speeds of 1 and 0.01.
    numbers = rope_numbers(ALIKE, ALIKE, 3, 1, 10_000)
    assert rope_in_words(numbers, (3, 1), 0, numbers.score) == (
        "The query stands at position 3, the key at 1, 2 positions before it; the score is "
        "0.583653. The largest share is that of pair 2 (1.000), whose arrows stand at 1.1° to each "
        "other and go once round in 628 positions."
    )


def test_with_a_shift_both_scores_are_said():
    numbers = rope_numbers(ALIKE, ALIKE, 103, 101, 10_000)
    said = rope_in_words(numbers, (3, 1), 100, 0.5)
    assert "position 103, the key at 101, 2 positions before it" in said
    assert "; the score is 0.583653, and at 3 and 1 it is 0.500000. The" in said


def test_of_equal_shares_the_first_is_named_whatever_the_last_digit():
    for place in range(200):  # cos² + sin² is not always 1 in the last digit
        assert largest_share(rope_numbers(ALIKE, ALIKE, place, place, 10_000)) == 0


def test_a_share_below_zero_can_be_the_largest():
    numbers = rope_numbers([3.0, 0.0, 1.0, 0.0], [-3.0, 0.0, 1.0, 0.0], 0, 0, 10)
    assert largest_share(numbers) == 0
    said = rope_in_words(numbers, (0, 0), 0, numbers.score)
    assert "pair 1 (−9.000), whose arrows stand at 180.0°" in said


def test_an_angle_that_is_none_is_a_dash():
    assert degrees(None) == "–"
    assert degrees(90.04) == "90.0°"
