import pytest

from autograder.exercises.capstone_mini_gpt.gpt import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_cell, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def test_the_model_that_is_handed_over_is_no_answer():
    def shortcut(token_ids, params, past, n_heads, parts):
        return parts.gpt(token_ids, params, past, n_heads, parts)

    assert len(failed_items(exercise, shortcut)) == len(exercise.items)


@pytest.mark.parametrize(
    "source",
    [
        "from course_lib.own_gpt.reference_model import reference_gpt as gpt",
        "from course_lib.own_gpt.stand_ins import reference_parts\n"
        "def gpt(*args):\n    return reference_parts().gpt(*args)",
        "import course_lib.own_gpt.stand_ins as s\n"
        "def gpt(a, b, c, d, e):\n    return s.parts_for('train').gpt(a, b, c, d, e)",
        "from autograder.visible import given_model\n"
        "def gpt(*args):\n"
        "    return given_model('course_lib.own_gpt.stand_ins.reference_parts').gpt(*args)",
    ],
)
def test_the_librarys_own_is_not_allowed(source):
    verdict = judge_cell(exercise, source)
    assert verdict.points == 0
    assert "not allowed" in verdict.reason


def test_parts_that_are_not_handed_on_are_missed():
    def forgetful(token_ids, params, past, n_heads, parts):
        return exercise.alternatives[0].function(
            token_ids, params, past, n_heads, SimpleParts(parts)
        )

    class SimpleParts:
        def __init__(self, parts):
            self.embed, self.rms_norm = parts.embed, parts.rms_norm
            self.gpt_block = lambda *args: parts.gpt_block(*args[:-1])

    assert len(failed_items(exercise, forgetful)) == len(exercise.items)
