import pytest

from autograder.exercises.ch08_reasoning_and_agents.self_consistency import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_examples_worked_by_hand(answer):
    vote = answer.function
    assert vote([85, 75, None, 85]) == 85
    assert vote([75, 85, 85, 75]) == 75
    # 85 has 0.25 + 0.25, 75 has 0.75.
    assert vote([85, 75, None, 85], [0.25, 0.75, 5.0, 0.25]) == 75
    assert vote([None, None]) is None
    assert vote([]) is None


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda answers, weights=None: str(right(answers, weights)), 4),
        (lambda answers, weights=None: [right(answers, weights)], 4),
        (lambda answers, weights=None: answers[0] if answers else None, 3),
    ],
    ids=["as a text", "in a list", "the first"],
)
def test_another_mistake_fails(wrong, lost):
    assert len(failed_items(exercise, wrong)) >= lost


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("last_seen_on_ties", ["among equals, the one seen first", "weighted votes"]),
        ("weights_ignored", ["weighted votes"]),
        ("weights_slipped", ["weighted votes"]),
        ("zero_taken_for_none", ["the answer given most often"]),
        ("nobody_answers_fails", ["a line of thought without an answer", "weighted votes"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
