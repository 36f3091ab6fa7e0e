import random
from collections import Counter

import pytest

from autograder.exercises.ch07_inference_engineering.page_table import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


class Contents:
    """A pool that really holds what was written, and copies it as the table says."""

    def __init__(self, n_pages, page_size):
        self.slots = [[None] * page_size for _ in range(n_pages)]

    def write(self, table, seq, what):
        before = table.pages(seq)
        page, slot = table.append(seq)
        if len(table.pages(seq)) == len(before) and before[-1] != page:
            self.slots[page] = list(self.slots[before[-1]])
        self.slots[page][slot] = what

    def read(self, pages, length):
        return [one for page in pages for one in self.slots[page]][:length]


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_texts_in_pages_are_what_was_written(answer):
    dice = random.Random(3)
    table, contents = answer.function(12, 3), Contents(12, 3)
    texts, n_full = {}, 0
    for step in range(600):
        seq = dice.choice(list(texts)) if texts else None
        deed = dice.choices(["append", "alloc", "fork", "free"], [12, 1, 2, 2])[0]
        if deed == "alloc" or seq is None:
            texts[table.alloc()] = []
        elif deed == "fork":
            texts[table.fork(seq)] = list(texts[seq])
        elif deed == "free":
            table.free(seq)
            del texts[seq]
        else:
            try:
                contents.write(table, seq, step)
                texts[seq].append(step)
            except MemoryError:
                n_full += 1
                assert table.n_free == 0
        for one, text in texts.items():
            assert contents.read(table.pages(one), len(text)) == text
        users = Counter(page for one in texts for page in table.pages(one))
        assert table.n_free == 12 - len(users)
    assert n_full > 10


def test_another_error_than_a_memory_error_loses_points():
    class Raises(exercise.alternatives[0].function):
        def append(self, seq):
            try:
                return super().append(seq)
            except MemoryError:
                raise IndexError from None

    assert failed_items(exercise, Raises) == ["no free page"]


def test_a_list_is_no_place():
    class Lists(exercise.alternatives[0].function):
        def append(self, seq):
            return list(super().append(seq))

    assert len(failed_items(exercise, Lists)) == len(exercise.items)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("PagesLeak", ["free gives back what nobody uses", "no free page"]),
        ("ForkWritesThrough", ["a shared page is copied before it is written to"]),
        ("CopiesAFullPage", ["a fork shares all pages"]),
        ("FailsHalfway", ["no free page"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[: len(items)] == items
