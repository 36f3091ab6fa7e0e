import pytest

from course_lib.data.tale_kinds import KINDS, SMALL, kind_of
from course_lib.data.tale_tokens import TOKENS


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sarah", "name"),
        ("she", "pronoun"),
        ("his", "pronoun"),
        ("it", "pronoun"),
        ("gave", "verb"),
        ("bat", "noun"),
        ("harbour", "noun"),
        ("tired", "adjective"),
        ("red", "adjective"),
        (".", "punctuation"),
        ("<end>", "punctuation"),
        ("because", SMALL),
    ],
)
def test_some_words(word, kind):
    assert kind_of(word) == kind


def test_no_word_has_two_kinds_and_all_stand_in_tales():
    words = [word for kind in KINDS.values() for word in set(kind)]
    assert len(words) == len(set(words))
    assert set(words) <= set(TOKENS)


def test_few_words_are_small():
    small = {word for word in TOKENS if kind_of(word) == SMALL}
    assert small == {
        *("a", "alone", "and", "at", "because", "for", "in", "no"),
        *("on", "once", "some", "the", "to", "with", "yes"),
    }


def test_a_strange_word():
    with pytest.raises(ValueError, match="no tale has the word 'zebra'"):
        kind_of("zebra")
