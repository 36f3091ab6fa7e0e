import math

import pytest

from autograder.exercises.ch08_reasoning_and_agents.bm25 import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    docs = [["red", "ball"], ["red", "red", "red", "kite"], []]
    # N = 3, average length 2. red: n = 2, idf = ln(1 + 1.5/2.5) = ln 1.6. Once in the first
    # document, of average length: 1 · 2/(1 + 1) = 1. Three times in the second, whose length is
    # twice the average: 3 · 2/(3 + 1 · (0.5 + 0.5 · 2)) = 6/4.5.
    expected = [math.log(1.6), math.log(1.6) * 6 / 4.5, 0.0]
    assert answer.function(["red"], docs, 1.0, 0.5) == pytest.approx(expected, rel=1e-12)


def test_whole_numbers_among_the_scores_are_no_mistake():
    def zero_as_an_int(query, docs, k1, b):
        return [score or 0 for score in right(query, docs, k1, b)]

    assert failed_items(exercise, zero_as_an_int) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda *given: tuple(right(*given)),
        lambda *given: [str(score) for score in right(*given)],
        lambda *given: right(*given)[::-1],
        lambda *given: [bool(score) for score in right(*given)],
    ],
    ids=["tuple", "texts", "reversed", "found or not"],
)
def test_another_result_fails(wrong):
    assert failed_items(exercise, wrong)


def test_a_changed_query_is_noticed():
    def eats_the_query(query, docs, k1, b):
        scores = right(query, docs, k1, b)
        query.clear()
        return scores

    assert failed_items(exercise, eats_the_query) == ["every word of the query"]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("query_as_a_set", ["every word of the query"]),
        ("fails_on_nothing", ["documents with nothing in them"]),
        (
            "average_of_the_filled",
            ["how long the document is", "documents with nothing in them"],
        ),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
