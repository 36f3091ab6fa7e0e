from dataclasses import fields, make_dataclass

import pytest

from autograder.exercises.ch03_heads_and_positions.head_scores import exercise

from ..at_work import assert_right, assert_wrong_and_named, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


# In a learner's notebook nothing checks types; in these tests the library's own class would.
HeadScores = make_dataclass("HeadScores", ["previous", "first", "induction"])


def lists_in_the_fields(weights, period):
    right = exercise.alternatives[0].function(weights, period)
    return HeadScores(*(getattr(right, field.name).tolist() for field in fields(right)))


def test_a_list_in_a_field_is_told_with_the_fields_name():
    told = {item.name: item.message for item in judge_function(exercise, lists_in_the_fields).items}
    assert told["previous token"] == "previous is a list, expected a tensor"
    assert told["first token"] == "first is a list, expected a tensor"
    assert told["induction"] == "induction is a list, expected a tensor"
    assert told["where no position counts"] == "induction is a list, expected a tensor"


def test_one_list_costs_its_own_points_alone():
    def first_as_a_list(weights, period):
        right = exercise.alternatives[0].function(weights, period)
        return HeadScores(right.previous, right.first.tolist(), right.induction)

    passed = [item.name for item in judge_function(exercise, first_as_a_list).items if item.passed]
    assert passed == ["previous token"]


def test_nothing_returned_is_told_as_such():
    items = judge_function(exercise, lambda weights, period: None).items
    assert items[0].message == "the result is None, expected a HeadScores"
