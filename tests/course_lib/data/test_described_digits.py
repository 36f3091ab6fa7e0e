import re

import pytest
import torch

from course_lib.data.described_digits import (
    DIGIT_WORDS,
    END,
    HELD_OUT,
    LOOK_WORDS,
    LOOKS,
    MAX_PHRASE_TOKENS,
    NO_INK,
    OTHER_PHRASINGS,
    PADDING,
    PHRASE_TOKENS,
    PHRASINGS,
    SEEN,
    THINGS,
    Thing,
    change_look,
    change_looks,
    describe,
    encode_phrases,
)


def random_images(n_images, side=5):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n_images, 1, side, side, generator=generator, dtype=torch.float64)


class TestThings:
    def test_every_digit_has_every_look(self):
        assert len(THINGS) == len(set(THINGS)) == 40
        assert sorted(THINGS) == [Thing(digit, look) for digit in range(10) for look in range(4)]

    def test_what_is_held_out_is_not_seen_but_its_digit_and_its_look_are(self):
        assert set(SEEN) | set(HELD_OUT) == set(THINGS)
        assert not set(SEEN) & set(HELD_OUT)
        for held in HELD_OUT:
            others = set(THINGS) - {held}
            assert {thing for thing in others if thing.digit == held.digit} <= set(SEEN)
            assert sum(thing.look == held.look for thing in SEEN) == 8

    @pytest.mark.parametrize(("digit", "look"), [(-1, 0), (10, 0), (3, -1), (3, 4)])
    def test_other_things_are_refused(self, digit, look):
        with pytest.raises(ValueError, match=f"no such thing as .*{digit}.*{look}"):
            Thing(digit, look)


class TestChangeLook:
    @pytest.mark.parametrize(
        ("look", "expected"),
        [
            (0, [[1, 2, -1], [3, 4, -1], [-1, -1, 0]]),
            (1, [[-1, -2, 1], [-3, -4, 1], [1, 1, 0]]),
            (2, [[-1, -1, 0], [2, 4, -1], [1, 3, -1]]),  # the right column comes on top
            (3, [[4, 4, -1], [4, 4, 0], [-1, 0, 0]]),  # as dark as what is below and right of it
        ],
    )
    def test_by_hand(self, look, expected):
        image = torch.tensor([[1.0, 2, -1], [3, 4, -1], [-1, -1, 0]])[None, None]
        assert change_look(image, look)[0, 0].tolist() == expected

    def test_thick_against_loops(self):
        images = random_images(2, side=4)
        got = change_look(images, LOOKS.index("thick"))
        for batch in range(2):
            for row in range(4):
                for column in range(4):
                    near = images[batch, 0, row : row + 2, column : column + 2].flatten().tolist()
                    assert got[batch, 0, row, column] == max([*near, NO_INK])

    def test_a_stroke_at_the_edge_does_not_come_in_from_outside(self):
        blank = torch.full((1, 1, 3, 3), NO_INK)
        assert torch.equal(change_look(blank, 3), blank)

    @pytest.mark.parametrize("look", [-1, 4])
    def test_other_looks_are_refused(self, look):
        with pytest.raises(ValueError, match=f"no look {look}; there are 4"):
            change_look(random_images(1), look)

    def test_each_image_gets_its_own_look(self):
        images = random_images(7)
        before = images.clone()
        looks = torch.tensor([3, 0, 2, 1, 2, 3, 0])
        got = change_looks(images, looks)
        for place, look in enumerate(looks.tolist()):
            assert torch.equal(got[place], change_look(images[place : place + 1], look)[0])
        assert torch.equal(images, before)


class TestPhrases:
    def test_by_hand(self):
        assert describe(Thing(2, 1), "a {look} {digit}") == "a inverted two"
        assert (
            describe(Thing(7, 3), "handwritten {digit} , {look}", 1) == "handwritten seven , bold"
        )

    def test_no_word_stands_for_two_things(self):
        words = [word for words in LOOK_WORDS for word in words] + list(DIGIT_WORDS)
        assert len(set(words)) == len(words) == 2 * len(LOOKS) + 10

    def test_the_unread_phrasings_are_others_made_of_words_that_are_read(self):
        assert not set(PHRASINGS) & set(OTHER_PHRASINGS)
        read = {word for phrasing in PHRASINGS for word in phrasing.split()}
        assert {word for phrasing in OTHER_PHRASINGS for word in phrasing.split()} <= read

    def test_every_phrase_can_be_written_as_tokens_and_read_back(self):
        phrases = [
            describe(thing, phrasing, synonym)
            for thing in THINGS
            for phrasing in (*PHRASINGS, *OTHER_PHRASINGS)
            for synonym in (0, 1)
        ]
        for row, phrase in zip(encode_phrases(phrases).tolist(), phrases, strict=True):
            end = row.index(END)
            assert " ".join(PHRASE_TOKENS[token] for token in row[:end]) == phrase
            assert set(row[end + 1 :]) <= {PADDING}
            assert len(row) == MAX_PHRASE_TOKENS

    def test_an_unknown_word_is_named(self):
        with pytest.raises(ValueError, match=re.escape("'a green two': green")):
            encode_phrases(["a plain two", "a green two"])

    def test_the_end_needs_a_place(self):
        longest = " ".join(["a"] * (MAX_PHRASE_TOKENS - 1))
        assert encode_phrases([longest])[0, -1] == END
        with pytest.raises(ValueError, match="has 12 words, the end needs a place"):
            encode_phrases([f"{longest} a"])
