import math

import pytest
import torch

from course_lib.agents.note_store import Note, NoteStore, hashed_vector, share_found


def store(*notes):
    made = NoteStore(hashed_vector())
    for note in notes:
        made.add(note)
    return made


PLAIN = Note("the cat sleeps in the basket")
SECRET = Note("the cat's basket hides gold", frozenset({"anna", "john"}), source="diary")
OTHER = Note("trains leave at noon")


class TestSearch:
    def test_what_is_alike_comes_first(self):
        found = store(OTHER, PLAIN, SECRET).search("who sleeps in a basket", 9)
        assert found == [PLAIN, SECRET]  # nothing in common: not found

    def test_of_equals_the_newer(self):
        older, newer = Note("anna lives in oslo"), Note("anna lives in rome")
        assert store(older, newer).search("where lives anna", 1) == [newer]

    def test_no_more_than_asked_for(self):
        assert len(store(PLAIN, SECRET).search("basket", 1)) == 1
        assert store().search("basket", 3) == []

    @pytest.mark.parametrize(
        ("reader", "found"),
        [("anna", {PLAIN, SECRET}), ("mallory", {PLAIN}), (None, {PLAIN, SECRET})],
    )
    def test_only_what_the_reader_may_read(self, reader, found):
        assert set(store(PLAIN, SECRET).search("basket", 9, reader)) == found

    def test_what_is_forbidden_does_not_even_take_a_place(self):
        notes = store(SECRET, SECRET, PLAIN)
        assert notes.search("basket gold", 1, "mallory") == [PLAIN]
        assert store(SECRET).search("basket", 1, "mallory") == []

    def test_the_keeper_sees_all(self):
        assert store(PLAIN, SECRET).notes == (PLAIN, SECRET)


class TestVectors:
    def test_by_hand(self):
        # Two words, one of them twice: weights log 3 and log 2, in two different places.
        vector = hashed_vector(512)("basket gold gold")
        numbers = sorted(abs(value) for value in vector[vector != 0].tolist())
        length = math.hypot(math.log(3), math.log(2))
        assert numbers == pytest.approx([math.log(2) / length, math.log(3) / length], abs=1e-12)

    def test_it_has_length_one_and_is_the_same_everywhere(self):
        embed = hashed_vector(64)
        assert embed("a cat in a basket").norm().item() == pytest.approx(1, abs=1e-12)
        assert torch.equal(embed("Cats sleep"), hashed_vector(64)("cats SLEEP"))
        assert not embed("the of and").any()

    def test_words_are_nearly_at_right_angles(self):
        embed = hashed_vector(512)
        words = [f"word{n}x" for n in range(40)]
        vectors = torch.stack([embed(word) for word in words])
        products = (vectors @ vectors.T).fill_diagonal_(0)
        assert (products != 0).sum() <= 8

    def test_no_dimensions(self):
        with pytest.raises(ValueError, match="not 0"):
            hashed_vector(0)


def test_share_found_by_hand():
    assert share_found([[PLAIN, OTHER], [OTHER], []], [PLAIN.text, PLAIN.text, "x"]) == 1 / 3
    with pytest.raises(ValueError, match="got 0 and 0"):
        share_found([], [])
    with pytest.raises(ValueError, match="got 1 and 2"):
        share_found([[PLAIN]], ["a", "b"])
