import itertools
import re

import pytest
import torch

from course_lib.data.toy_translation import (
    ADJECTIVES,
    GIVING,
    NAMES,
    NOUNS,
    SEEING,
    SOURCE_TOKENS,
    TARGET_TOKENS,
    is_held_out,
    sample_sentence,
    translate,
)


def sentences(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [sample_sentence(generator) for _ in range(n)]


@pytest.mark.parametrize(
    ("sentence", "translation"),
    [
        ("john gave the red ball to mary", "john mary bola ruga dorel"),
        ("john gave the red book to mary", "john mary libro rugo dorel"),
        ("mary sold the hat to ben", "mary ben kapelo vendrel"),
        ("lucy found the small key", "lucy klefo piko trovas"),
        ("tom lost the cup", "tom tasa perdas"),
    ],
)
def test_hand_worked(sentence, translation):
    assert translate(sentence.split()) == translation.split()


def test_against_a_second_translator():
    """Word by word with a pattern, in place of places in the sentence."""
    pattern = re.compile(r"(\w+) (\w+) the (?:(\w+) )?(\w+?)(?: to (\w+))?$")
    for sentence in sentences(300):
        giver, verb, adjective, noun, receiver = pattern.match(" ".join(sentence)).groups()
        thing, ending = NOUNS[noun]
        words = [giver, receiver, thing, adjective and ADJECTIVES[adjective] + ending]
        words.append({**GIVING, **SEEING}[verb])
        assert translate(sentence) == [word for word in words if word]


def test_every_sentence_is_made_of_the_tokens():
    drawn = sentences(400)
    assert {word for line in drawn for word in line} == set(SOURCE_TOKENS) - {"<pad>"}
    said = {word for line in drawn for word in translate(line)}
    assert said <= set(TARGET_TOKENS) - {"<start>", "<end>"}
    assert len(set(SOURCE_TOKENS)) == len(SOURCE_TOKENS)
    assert len(set(TARGET_TOKENS)) == len(TARGET_TOKENS)


def test_nobody_gives_to_oneself_and_half_of_the_objects_are_described():
    drawn = sentences(600)
    assert all(line[0] != line[-1] for line in drawn)
    share = sum(any(word in ADJECTIVES for word in line) for line in drawn) / len(drawn)
    assert 0.4 < share < 0.6  # five standard errors of 0.02
    giving = sum("to" in line for line in drawn) / len(drawn)
    assert abs(giving - len(GIVING) / (len(GIVING) + len(SEEING))) < 0.1


def test_the_same_seed_draws_the_same_sentences():
    assert sentences(20, seed=4) == sentences(20, seed=4) != sentences(20, seed=5)


def test_one_pair_in_five_is_held_out_and_every_word_is_seen():
    pairs = itertools.product(ADJECTIVES, NOUNS)
    apart = [pair for pair in pairs if is_held_out(["tom", "lost", "the", *pair])]
    assert len(apart) == len(ADJECTIVES) * len(NOUNS) / 5
    for adjective in ADJECTIVES:
        assert 0 < sum(pair[0] == adjective for pair in apart) < len(NOUNS)
    for noun in NOUNS:
        assert sum(pair[1] == noun for pair in apart) < len(ADJECTIVES)


def test_a_sentence_without_an_adjective_is_never_held_out():
    assert not any(is_held_out(["tom", "lost", "the", noun]) for noun in NOUNS)
    assert not is_held_out(["tom"])


@pytest.mark.parametrize(
    "words",
    [
        "",
        "john",
        "john gave the ball",
        "john found the ball to mary",
        "john gave the ball to",
        "john gave the ball to nobody",
        "john gave a ball to mary",
        "john gave the red blue ball to mary",
        "john gave the ball red to mary",
        "john ate the ball",
        "nobody found the ball",
        "john found the red",
        "john found the ball mary",
    ],
)
def test_what_is_no_sentence_is_refused(words):
    with pytest.raises(ValueError, match="is no sentence of the toy language"):
        translate(words.split())


def test_names_stay_as_they_are():
    assert translate(["anna", "hid", "the", "bell"])[0] == "anna"
    assert set(NAMES) <= set(TARGET_TOKENS)
