"""Answers to the exercise about retrieval by words: mistakes, and other right ways."""

import math
from collections import Counter, defaultdict

import numpy as np

from autograder.exercises.ch08_reasoning_and_agents.bm25_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The `1 +` inside the logarithm is missing. Without it a word that stands in more than half of "
    "the documents gets a *negative* weight: a document loses by holding it."
)
def idf_without_one(query: list, docs: list, k1: float, b: float) -> list:
    """Take the older formula."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log((len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "The rarity is that of plain TF–IDF, ln(N/n): it is 0 for a word that stands in all documents. "
    "Here it is ln(1 + (N − n + ½)/(n + ½))."
)
def plain_idf(query: list, docs: list, k1: float, b: float) -> list:
    """Take the idf that everybody knows."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                idf = math.log(len(docs) / sum(word in other for other in docs))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "n counts how often the word stands anywhere. It is the number of *documents* that hold it, "
    "each counted once."
)
def occurrences_for_documents(query: list, docs: list, k1: float, b: float) -> list:
    """Count every occurrence."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(other.count(word) for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "The length of the document is left out, so b changes nothing. A word in a long document says "
    "less than the same word in a short one."
)
def no_length_normalisation(query: list, docs: list, k1: float, b: float) -> list:
    """Forget b."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                score += idf * tf * (k1 + 1) / (tf + k1)
        scores.append(score)
    return scores


@exercise.misconception(
    "b and 1 − b are exchanged. b = 1 means that the length counts in full, b = 0 that it does not "
    "count: 1 − b + b · length/average."
)
def b_upside_down(query: list, docs: list, k1: float, b: float) -> list:
    """Weigh the length with 1 − b."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (b + (1 - b) * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "The length of a document is taken for the number of its *different* words. It is the number "
    "of all its words, as often as they stand."
)
def distinct_words_for_length(query: list, docs: list, k1: float, b: float) -> list:
    """Measure the vocabulary."""
    lengths = [len(set(doc)) for doc in docs]
    scores = []
    for doc, length in zip(docs, lengths, strict=True):
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = length * len(docs) / sum(lengths)
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "The average length leaves out the empty documents. It is taken over *all* documents, and an "
    "empty one pulls it down."
)
def average_of_the_filled(query: list, docs: list, k1: float, b: float) -> list:
    """Leave the empty ones out of the average."""
    n_filled = sum(1 for doc in docs if doc)
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * n_filled / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "The query is taken for a set: a word that is asked twice counts once. Go through the query "
    "itself, word by word."
)
def query_as_a_set(query: list, docs: list, k1: float, b: float) -> list:
    """Forget repetitions."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in set(query):
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "Every occurrence counts as much as the first: tf · idf, without the fraction that saturates. "
    "A word that stands ten times does not make a page ten times as good."
)
def no_saturation(query: list, docs: list, k1: float, b: float) -> list:
    """Multiply tf and idf."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            n = sum(word in other for other in docs)
            score += math.log(1 + (len(docs) - n + 0.5) / (n + 0.5)) * doc.count(word)
        scores.append(score)
    return scores


@exercise.misconception(
    "The factor k1 + 1 above the line is missing: a word that stands once in a document of average "
    "length should count 1 · idf."
)
def factor_forgotten(query: list, docs: list, k1: float, b: float) -> list:
    """Leave tf alone above the line."""
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            if tf:
                n = sum(word in other for other in docs)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "You look for letters in place of words: *at* is found in *cat*. Compare whole words, as the "
    "lists hold them."
)
def letters_for_words(query: list, docs: list, k1: float, b: float) -> list:
    """Join each document to one text."""
    texts = [" ".join(doc) for doc in docs]
    scores = []
    for doc, text in zip(docs, texts, strict=True):
        score = 0.0
        for word in query:
            tf = text.count(word)
            if tf:
                n = sum(word in other for other in texts)
                idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
                long = len(doc) * len(docs) / sum(map(len, docs))
                score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long))
        scores.append(score)
    return scores


@exercise.misconception(
    "Something is divided by 0: the average length where all documents are empty, or the whole "
    "fraction for a word that is not there. A word that a document does not hold adds 0, and "
    "nothing has to be divided for it."
)
def fails_on_nothing(query: list, docs: list, k1: float, b: float) -> list:
    """Divide first, look later."""
    average = sum(map(len, docs)) / len(docs)
    scores = []
    for doc in docs:
        score = 0.0
        for word in query:
            tf = doc.count(word)
            n = sum(word in other for other in docs)
            idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
            long = len(doc) / average
            score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * long)) if tf or k1 else 0.0
        scores.append(score)
    return scores


@exercise.alternative
def with_an_index(query: list, docs: list, k1: float, b: float) -> list:
    """Ask an inverted index which documents hold a word."""
    places = defaultdict(list)
    for i, doc in enumerate(docs):
        for word, tf in Counter(doc).items():
            places[word].append((i, tf))
    n_words = sum(len(doc) for doc in docs)
    scores = [0.0 for _ in docs]
    for word in query:
        found = places.get(word, [])
        idf = math.log((len(docs) + 1) / (len(found) + 0.5))
        for i, tf in found:
            share = len(docs[i]) / (n_words / len(docs))
            scores[i] += idf * (k1 + 1) / (1 + k1 / tf * ((1 - b) + b * share))
    return scores


@exercise.alternative
def with_a_table(query: list, docs: list, k1: float, b: float) -> list:
    """Count into a table of words and documents."""
    if not query or not any(docs):
        return [0.0] * len(docs)
    tf = np.array([[doc.count(word) for word in query] for doc in docs], dtype=np.float64)
    n = (tf > 0).sum(axis=0)
    idf = np.log1p((len(docs) - n + 0.5) / (n + 0.5))
    lengths = np.array([len(doc) for doc in docs], dtype=np.float64)
    below = k1 * (1 - b + b * lengths / lengths.mean())[:, None] + tf
    parts = np.divide(tf * (k1 + 1), below, out=np.zeros_like(tf), where=tf > 0)
    return (parts @ idf).tolist()


@exercise.alternative
def in_one_expression(query: list, docs: list, k1: float, b: float) -> list:
    """Write down a sum of sums; a sum over nothing is the whole number 0."""
    length = sum(map(len, docs)) / len(docs) if docs else 0

    def part(word: str, doc: list) -> float:
        n = len([other for other in docs if word in other])
        tf = len([one for one in doc if one == word])
        idf = math.log(1.0 + (len(docs) - n + 0.5) / (n + 0.5))
        return idf * (tf * (k1 + 1.0)) / (tf + k1 * (1.0 - b + b * len(doc) / length))

    return [sum(part(word, doc) for word in query if word in doc) for doc in docs]
