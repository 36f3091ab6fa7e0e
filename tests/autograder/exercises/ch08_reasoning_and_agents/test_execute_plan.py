import pytest

from autograder.exercises.ch08_reasoning_and_agents.execute_plan import exercise
from course_lib.agents.by_hand import Done, Failed, Skipped, forbidden_run, numbered_run

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
    tasks, dependencies = ["eat", "cook", "shop", "call"], {"eat": ["cook"], "cook": ["shop"]}
    assert answer.function(tasks, dependencies, numbered_run()) == {
        "shop": Done("1:shop()"),
        "cook": Done("2:cook(shop=1:shop())"),
        "eat": Done("3:eat(cook=2:cook(shop=1:shop()))"),
        "call": Done("4:call()"),
    }
    assert answer.function(tasks, dependencies, numbered_run(["cook"])) == {
        "shop": Done("1:shop()"),
        "cook": Failed("cook broke down"),
        "eat": Skipped(),
        "call": Done("3:call()"),
    }
    with pytest.raises(ValueError, match=r"cycle|wait"):
        answer.function(tasks, dependencies | {"shop": ["eat"]}, forbidden_run())


def test_an_endless_loop_costs_the_points_of_cycles_alone():
    def hangs(tasks, dependencies, run):
        order = []
        while len(order) < len(tasks):
            for task in tasks:
                if task not in order and set(dependencies.get(task, [])) <= set(order):
                    order.append(task)
                    break
        return right(tasks, dependencies, run)

    with_less_time = type(exercise)(
        **{name: getattr(exercise, name) for name in ("name", "points", "exports", "hints")},
        time_limit_s=0.2,
    )
    with_less_time.items = exercise.items
    assert failed_items(with_less_time, hangs) == ["tasks that wait for each other"]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("cycle_found_too_late", ["tasks that wait for each other"]),
        ("cycle_followed_for_ever", ["tasks that wait for each other"]),
        ("failed_parent_ignored", ["what a failure does"]),
        ("grandchildren_run", ["what a failure does"]),
        ("wave_by_wave", ["of those that could run, the first of the list"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert set(items) <= set(failed_items(exercise, answer.function))
