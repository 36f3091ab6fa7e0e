from itertools import pairwise

import pytest

from autograder.exercises.ch02_self_attention.most_frequent_pair import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


def test_changing_the_ids_fails():
    def destructive(token_ids):
        pair = right(token_ids)
        token_ids.clear()
        return pair

    assert failed_items(exercise, destructive) == ["the pair that stands most often"]


@pytest.mark.parametrize("wrap", [list, str, lambda pair: pair and (float(pair[0]), pair[1])])
def test_anything_but_a_tuple_of_ints_fails(wrap):
    assert (
        judge_function(exercise, lambda ids: wrap(right(ids)) if len(ids) > 1 else None).points < 2
    )


def test_pairs_without_their_order_fail():
    def unordered(token_ids):
        pairs = [tuple(sorted(pair)) for pair in pairwise(token_ids)]
        return min(pairs, key=lambda pair: (-pairs.count(pair), pair), default=None)

    assert judge_function(exercise, unordered).points < exercise.points
