from collections import Counter

from course_lib.data.tinytales import lexicon

KINDS = {
    name: words
    for name in dir(lexicon)
    if name.isupper() and isinstance(words := getattr(lexicon, name), tuple)
}


def test_no_kind_holds_a_word_twice():
    # A word twice in one choice would be two ways to say the same.
    for name, words in KINDS.items():
        assert max(Counter(words).values()) == 1, name


def test_every_word_is_one_lower_case_token():
    for word in lexicon.WORDS:
        assert word.isalpha(), word
        assert word.islower(), word


def test_names_are_of_two_genders_and_none_of_both():
    assert len(lexicon.GIRLS) == len(lexicon.BOYS) > 10
    assert not set(lexicon.GIRLS) & set(lexicon.BOYS)
    assert {lexicon.PRONOUN[name] for name in lexicon.GIRLS} == {"she"}
    assert {lexicon.POSSESSIVE[name] for name in lexicon.BOYS} == {"his"}


def test_every_object_has_exactly_one_use():
    assert len(lexicon.OBJECTS) == len(set(lexicon.OBJECTS))


def test_a_state_fits_an_animal_or_a_thing_but_not_both():
    # Otherwise "it" in "because it was STATE" would have two antecedents.
    assert not lexicon.ANIMAL_STATES.keys() & lexicon.THING_STATES.keys()
    assert not set(lexicon.GIVER_REASONS) & set(lexicon.RECEIVER_REASONS)


def test_an_article_is_never_wrong():
    # Objects and adjectives follow "a", never "an".
    assert not [word for word in lexicon.ADJECTIVES if word[0] in "aeiou"]


def test_one_word_has_two_meanings():
    assert "bat" in lexicon.ANIMALS
    assert "bat" in lexicon.OBJECTS
