import pytest
import torch

from autograder.exercises.capstone_mini_gpt.generate_cached import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer, SEEDS)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer, SEEDS)


def answer(name):
    (found,) = (one for one in exercise.misconceptions if one.name == name)
    return found.function


def test_reading_everything_again_costs_the_count_and_nothing_else():
    failed = failed_items(exercise, answer("all_of_it_again"))
    assert failed == ["every token is read once"]


def test_a_text_without_its_prompt_is_none():
    def new_alone(prompt, *given):
        return exercise.alternatives[0].function(prompt, *given)[:, prompt.shape[1] :]

    assert len(failed_items(exercise, new_alone)) == len(exercise.items)


def test_whole_numbers_of_another_kind_are_told():
    def short(*given):
        return exercise.alternatives[0].function(*given).to(torch.int32)

    assert "every token is read once" in failed_items(exercise, short)
