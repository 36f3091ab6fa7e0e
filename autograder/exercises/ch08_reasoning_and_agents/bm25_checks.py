"""How well each document fits a query, by the words that they share."""

import math
from collections import Counter

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="bm25",
    points=12,
    exports=("bm25",),
    not_allowed=(),
    hints=(
        "Three loops, one in the other: over the documents, over the words of the query, and, for "
        "the rarity of a word, over the documents again. `doc.count(word)` says how often it "
        "stands in one; when that is 0, the word adds nothing.",
        "The average length counts every document, the empty ones too. You need it only for a "
        "word that was found, and then it is not 0. Iterate over `query` itself, not over a set "
        "of its words: a word that is asked twice adds twice.",
    ),
    time_limit_s=5.0,
)

# None of them stands inside another.
WORDS = (
    *("bath", "cat", "gate", "hero", "inn", "knot", "lathe", "pan"),
    *("onto", "tea", "thing", "tin", "tone", "other", "wheat", "winter"),
)
# Each of these does, in one of WORDS at least: who looks for letters finds too many.
PARTS = ("a", "at", "he", "in", "not", "on", "the", "to")


def _fits(query: list[str], docs: list[list[str]], k1: float, b: float) -> list[float]:
    """Compute what is expected, word by word."""
    counts = [Counter(doc) for doc in docs]
    scores = [0.0] * len(docs)
    for word, asked in Counter(query).items():
        found = [i for i, count in enumerate(counts) if count[word]]
        idf = math.log1p((len(docs) - len(found) + 0.5) / (len(found) + 0.5))
        for i in found:
            long = len(docs[i]) * len(docs) / sum(map(len, docs))
            tf = counts[i][word]
            scores[i] += asked * idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
    return scores


def _words(draw: Draw, count: int) -> list[str]:
    """Draw words of which none stands inside another."""
    return [WORDS[i] for i in draw.order(len(WORDS)).tolist()[:count]]


def _inside(draw: Draw, word: str) -> str:
    """Draw a word that stands inside another."""
    return draw.choice([part for part in PARTS if part in word])


def _expect_scores(
    learner: Learner, query: list[str], docs: list[list[str]], k1: float, b: float
) -> None:
    """Judge a call, whole numbers among the scores or not: a sum of nothing is the int 0."""
    got = learner.bm25(query, docs, k1, b)
    if type(got) is not list or any(type(one) not in (int, float) for one in got):
        raise CheckError("the result is not a list of numbers, one a document", got)
    expect_close([float(one) for one in got], _fits(query, docs, k1, b))


@exercise.item(
    "how rare a word is",
    points=3,
    sentence="idf = ln(1 + (N − n + ½)/(n + ½)), n being the number of *documents* that hold the "
    "word: never negative, even for a word that stands in all of them.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_docs = 4 if draw.small else draw.integer(6, 8)
    common, middle, *filling = _words(draw, 2 + n_docs)
    rare = _inside(draw, common)
    # All are equally long, and hold a word once; only its rarity differs.
    docs = [[common, filling[i]] for i in range(n_docs)]
    docs[0][1] = rare
    for doc in docs[1 : n_docs // 2 + 1]:
        doc[1] = middle
    for word in (common, middle, rare):
        _expect_scores(learner, [word], docs, 1.5, 0.0)


@exercise.item(
    "how often it stands there",
    points=3,
    sentence="A word that stands tf times in a document counts tf · (k1 + 1)/(tf + k1 · …): more "
    "for each, but ever less, and never more than k1 + 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    word, other, *_ = _words(draw, 2)
    n_most = 3 if draw.small else draw.integer(5, 7)
    times = [0, 1, *draw.order(n_most).add(1).tolist()]
    docs = [[word] * tf + [other] * (n_most - tf) for tf in times]
    for k1 in (draw.choice([1.2, 1.6, 2.0]), 0.5, 0.0):
        _expect_scores(learner, [word], docs, k1, 0.0)


@exercise.item(
    "how long the document is",
    points=3,
    sentence="Length enters as 1 − b + b · length/average: `length` counts all words of the "
    "document, and the average is taken over all documents, the empty ones too.",
)
def _(learner: Learner, draw: Draw) -> None:
    word, other, *filling = _words(draw, 5)
    lengths = [2, 3, 5, 0] if draw.small else [2, 5, 9, 14, 0]
    docs = []
    for i in draw.order(len(lengths)).tolist():
        doc = [word, other, *(draw.choice(filling) for _ in range(lengths[i]))][: lengths[i]]
        docs.append(doc)
    for b in (0.9, 0.75, 0.3):
        _expect_scores(learner, [word], docs, draw.choice([1.2, 1.7]), b)


@exercise.item(
    "every word of the query",
    points=2,
    sentence="The words of the query add up; one that is asked twice counts twice, and one that no "
    "document holds adds nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    first, second, *others = _words(draw, 6)
    unknown = _inside(draw, second)
    n_docs = 3 if draw.small else 6
    docs = [[draw.choice(others) for _ in range(2 + i)] for i in range(n_docs)]
    # Neither stands in half of the documents, where ln(N/n) is the rarity asked for too.
    one_of_each, twice_the_second, *_ = draw.order(n_docs).tolist()
    docs[one_of_each][:2] = [first, second]
    docs[twice_the_second][:2] = [second, second]
    for query in ([first, second], [first, second, first], [unknown, second], [unknown], []):
        _expect_scores(learner, query, docs, 1.3, 0.6)
    expect_unchanged(learner)


@exercise.item(
    "documents with nothing in them",
    points=1,
    sentence="An empty document scores 0, whatever k1 and b are and even where all are empty; for "
    "no documents the list is empty.",
)
def _(learner: Learner, draw: Draw) -> None:
    word, other, *_ = _words(draw, 2)
    for docs in ([[word], [], [word, other, other]], [[], []], []):
        for k1, b in ((1.5, 1.0), (0.0, 0.5)):
            _expect_scores(learner, [word, other], docs, k1, b)
