import pytest

from autograder.exercises.ch08_reasoning_and_agents.retrieval_metrics import exercise
from autograder.judge import judge_exercise
from autograder.sandbox.agent import Agent

from ..at_work import assert_right, assert_wrong_and_named, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    recall_at_k, reciprocal_rank = answer.function()
    ranked, relevant = ["b", "d", "a", "c"], ["a", "d", "f"]
    assert [recall_at_k(ranked, relevant, k) for k in (1, 2, 4, 9)] == [0, 1 / 3, 2 / 3, 2 / 3]
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    assert reciprocal_rank(ranked, ["f"]) == 0


def failed_items(recall_at_k, reciprocal_rank):
    functions = {"recall_at_k": recall_at_k, "reciprocal_rank": reciprocal_rank}
    verdict = judge_exercise(exercise, Agent(functions).answer, 1)
    return [item.name for item in verdict.items if not item.passed]


right_recall, right_rank = exercise.alternatives[0].function()


def test_each_function_is_judged_for_itself():
    def nothing(*given):
        return None

    items = [item.name for item in exercise.items]
    assert failed_items(nothing, right_rank) == items[:2]
    assert failed_items(right_recall, nothing) == items[2:]


def test_true_and_false_are_no_numbers():
    assert failed_items(lambda *given: bool(right_recall(*given)), right_rank)
    assert failed_items(right_recall, lambda *given: str(right_rank(*given)))
