import pytest

from autograder.exercises.ch02_self_attention.bpe_encode import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda text, merges: list(text.encode("latin-1", "replace")), "text becomes bytes"),
        (lambda text, merges: right(text, merges)[::-1], "a merge joins from the left"),
        (lambda text, merges: right(text, merges[:1]), "what a merge made is merged again"),
        (lambda text, merges: tuple(right(text, merges)), "text becomes bytes"),
        (lambda text, merges: [float(i) for i in right(text, merges)], "text becomes bytes"),
        (lambda text, merges: [i + (i > 255) for i in right(text, merges)], "a merge joins"),
    ],
    ids=["latin-1", "reversed", "first merge only", "tuple", "floats", "ids from 257"],
)
def test_another_mistake_fails(wrong, lost):
    assert any(name.startswith(lost) for name in failed_items(exercise, wrong))


def test_an_endless_loop_costs_the_items_that_meet_it():
    def loops_on_merges(text, merges):
        while merges and len(text) > 1:
            pass
        return list(text.encode())

    exercise_with_less_time = type(exercise)(
        **{name: getattr(exercise, name) for name in ("name", "points", "exports", "hints")},
        time_limit_s=0.2,
    )
    exercise_with_less_time.items = exercise.items
    verdict = judge_function(exercise_with_less_time, loops_on_merges)
    assert [item.passed for item in verdict.items] == [True, False, False, False, False]
