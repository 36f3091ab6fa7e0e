import pytest
import torch

from course_lib.own_gpt.reasons import BECAUSE, compare_reasons, count_reasons, draw_openings
from course_lib.own_gpt.tales import PAD, WORDS, decode, encode


def text_of(words):
    return torch.tensor([encode(words)])


def test_openings_are_first_sentences():
    openings = draw_openings(5, torch.Generator().manual_seed(0))
    texts = [decode(one[0].tolist()) for one in openings]
    assert len(set(texts)) > 1
    for text in texts:
        assert text.startswith("once ")
        assert text.endswith(" .")
        assert text.count(".") == 1


def test_reasons_are_counted():
    assert count_reasons(text_of("the cat sat because it was tired because it was soft")) == 2
    assert WORDS[BECAUSE] == "because"


def test_the_text_with_more_reasons_is_preferred():
    opening = text_of("once")
    written = iter(["sat", "sat because", "because", "because because sat", "it", "sat it"])

    def write(given):
        return torch.cat([given, text_of(next(written))], dim=1)

    chosen, rejected = compare_reasons([opening] * 3, write)
    # The third pair gives no reasons at all, and is left out.
    assert [decode(row) for row in chosen[0].tolist()] == [
        "once sat because",
        "once because because sat",
    ]
    assert [decode(row) for row in rejected[0].tolist()] == ["once sat", "once because"]
    assert chosen[0][0, -1] == PAD
    assert chosen[1].tolist() == [[False, True, True, False], [False, True, True, True]]
    assert rejected[1].tolist() == [[False, True], [False, True]]


def test_pairs_that_are_all_alike_are_refused():
    with pytest.raises(ValueError, match="no two texts differ in their reasons"):
        compare_reasons([text_of("once")], lambda opening: opening)
