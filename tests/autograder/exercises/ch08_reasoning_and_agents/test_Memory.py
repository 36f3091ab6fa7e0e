# ruff: noqa: N999 - named as the exercise is
import pytest
import torch

from autograder.exercises.cells import cells_of
from autograder.exercises.ch08_reasoning_and_agents.Memory import exercise
from autograder.judge.visible_tests import run_visible_tests, without_hidden_tests
from autograder.sandbox.agent import Agent
from autograder.source import read_chapter, student_notebook
from autograder.visible import VisibleTestError

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names

Right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    memory = answer.function()
    assert memory.retrieve(torch.tensor([1.0, 0.0]), 0.0, 3) == []
    memory.add("the key is under the mat", torch.tensor([3.0, 0.0]), 8.0, 0.0)
    memory.add("the cat slept", torch.tensor([0.0, 1.0]), 1.0, 100.0)
    memory.add("the lock is new", torch.tensor([1.0, 1.0]), 4.5, 50.0)
    # Cosines 1, 0, 0.707. Recency 0.366, 1, 0.605, normalised 0, 1, 0.377. Importance 1, 0, 0.5.
    # Sums 2, 1, 1.584.
    found = memory.retrieve(torch.tensor([2.0, 0.0]), 100.0, 2)
    assert found == ["the key is under the mat", "the lock is new"]


@pytest.fixture(scope="module")
def cells():
    notebook = read_chapter("ch08_reasoning_and_agents")
    return cells_of(exercise, notebook, student_notebook(notebook))


@pytest.fixture
def shared_list(cells):
    """What an answer defines whose memories are kept by the class."""
    own = "self.kept: list[tuple[str, Tensor, float, float]] = []"
    assert cells.solution.count(own) == 1
    kept_by_class = "type(self).kept = getattr(type(self), 'kept', [])"
    return cells.run(cells.solution.replace(own, kept_by_class))


def test_a_list_that_all_memories_share_is_named_in_the_notebook(cells, shared_list):
    with pytest.raises(VisibleTestError, match="all of them keep theirs in one list"):
        exec(without_hidden_tests(cells.tests), shared_list)


def test_a_list_that_all_memories_share_is_named_by_the_judge(cells, shared_list):
    seen = run_visible_tests(cells.tests, exercise, Agent(shared_list).answer, cells.given)
    assert not seen.passed
    assert "all of them keep theirs in one list" in seen.message


def test_a_default_list_is_named_when_it_is_graded():
    (one_list,) = (one for one in exercise.misconceptions if one.name == "OneListForAll")

    class KeepsInADefault(one_list.function):
        def __init__(self, kept=[]):  # noqa: B006 - the mistake that is meant
            self.kept = kept

    verdict = judge_function(exercise, KeepsInADefault)
    assert verdict.points == 0
    assert "all of them keep theirs in one list" in verdict.items[0].message


def test_what_retrieve_gives_is_a_list_of_texts():
    class GivesPairs(Right):
        def retrieve(self, vector, time, k):
            return [(text, 1.0) for text in super().retrieve(vector, time, k)]

    class GivesATuple(Right):
        def retrieve(self, vector, time, k):
            return tuple(super().retrieve(vector, time, k))

    assert len(failed_items(exercise, GivesPairs)) == len(exercise.items)
    assert len(failed_items(exercise, GivesATuple)) == len(exercise.items)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("OlderOnTies", ["equals, few memories, and asking twice"]),
        ("FailsWhenEmpty", ["equals, few memories, and asking twice"]),
        ("LinearRecency", ["the sum of all three"]),
        ("ReadingRefreshes", []),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert set(items) <= set(failed)
    assert "recency and importance" not in failed
