import pytest

from autograder.exercises.ch01_why_attention.lstm_step import exercise

from ..at_work import assert_right, assert_wrong_and_named, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def test_a_list_of_the_right_two_is_told_to_be_a_tuple():
    def as_a_list(*inputs):
        return list(exercise.alternatives[0].function(*inputs))

    verdict = judge_function(exercise, as_a_list)
    told = {item.message for item in verdict.items}
    assert verdict.points == 0
    assert told == {"you return a list; return a tuple: `return h, c`"}


def test_one_thing_alone_is_told_to_be_two():
    def cell_alone(*inputs):
        return exercise.alternatives[0].function(*inputs)[1]

    told = judge_function(exercise, cell_alone).items[0].message
    assert told == "give the new state as two things: `return h, c`"
