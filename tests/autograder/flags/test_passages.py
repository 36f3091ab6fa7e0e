"""The thresholds are measured here, on the answers that the course has and on plain ones."""

import ast
import itertools

import pytest

from autograder.flags.passages import (
    ALIKE,
    MIN_PASSAGES,
    WORDS,
    passages,
    passages_of,
    similarity,
)
from tests.autograder.flags.made_up import PLAIN, disguised
from tests.sample_class.workshop import Workshop

PLAIN_TEXT = """
def scaled(q: "Tensor", k, *, factor: float = 2.0) -> "Tensor":
    \"\"\"Scale the product.\"\"\"
    total: float = 0.0
    for row in q:
        total += torch.dot(row, k)
    return total * factor
"""
SAME = """
import torch

# A comment.
@cached
def shrunk(a, b, *, by=2.0):
    s = 0.0
    for part in a: s += (torch.dot(part, b))
    return (s
            * by)
"""


@pytest.fixture(scope="module")
def right_answers():
    """Passages of every right answer of chapter 2, by exercise and who wrote it; and the texts."""
    shop = Workshop.of("ch02")
    texts = {}
    for exercise in shop.exercises:
        ways = {way.name: way.as_cell(exercise.exports) for way in exercise.alternatives}
        plain = {
            who: texts[exercise.name] for who, texts in PLAIN.items() if exercise.name in texts
        }
        texts[exercise.name] = {"solution": shop.solutions[exercise.name], **ways, **plain}
    return texts


def test_names_comments_layout_docstrings_and_annotations_do_not_count():
    assert passages_of(PLAIN_TEXT) == passages_of(SAME) != frozenset()


@pytest.mark.parametrize(
    ("old", "new"),
    [("total *", "total /"), ("2.0", "3.0"), ("torch.dot", "torch.mul"), ("row, k", "row, *k")],
)
def test_what_is_computed_counts(old, new):
    assert old in PLAIN_TEXT
    assert passages_of(PLAIN_TEXT) != passages_of(PLAIN_TEXT.replace(old, new))


def test_a_passage_is_some_words_in_a_row():
    # Assign name BinOp name Add 1: six words, two passages of five.
    found = passages(ast.parse("x = y + 1"))
    assert found == {
        ("Assign", "name", "BinOp", "y", "Add"),
        ("name", "BinOp", "y", "Add", "1"),
    }
    assert {len(one) for one in found} == {WORDS}


def test_similarity_is_the_share_in_common():
    one, other = (frozenset((str(n),) for n in numbers) for numbers in (range(4), range(1, 6)))
    assert similarity(one, other) == 3 / 6
    assert similarity(one, one) == 1.0
    assert similarity(one, frozenset()) == similarity(frozenset(), frozenset()) == 0.0


def test_what_is_no_python_and_what_is_deep_has_no_trouble():
    assert passages_of("def") == frozenset()
    deep = ast.parse("x = " + "+".join(["1"] * 900))
    assert passages(deep)


def test_independent_answers_stay_well_below_and_copies_well_above_the_line(right_answers):
    independent, copied = [], []
    for texts in right_answers.values():
        held = {who: passages_of(text) for who, text in texts.items()}
        held = {who: found for who, found in held.items() if len(found) >= MIN_PASSAGES}
        independent += [similarity(*pair) for pair in itertools.combinations(held.values(), 2)]
        copied += [similarity(held[who], passages_of(disguised(texts[who]))) for who in held]
    assert len(independent) > 60
    assert len(copied) > 30
    assert max(independent) < 0.52 < ALIKE < 0.82 < min(copied)


def test_short_answers_tell_nothing(right_answers):
    """A copy of one that moves a line is no more similar than answers written independently."""
    texts = right_answers["softmax_jacobian"]
    short = {who: text for who, text in texts.items() if len(passages_of(text)) < MIN_PASSAGES}
    assert "solution" in short
    copied = [similarity(passages_of(t), passages_of(disguised(t))) for t in short.values()]
    assert min(copied) < 0.52
