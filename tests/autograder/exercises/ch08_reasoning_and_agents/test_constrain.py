import pytest
import torch

from autograder.exercises.ch08_reasoning_and_agents.constrain import exercise
from autograder.exercises.ch08_reasoning_and_agents.constrain_checks import _allowed, _drawn
from autograder.exercises.draw import Draw
from course_lib.generation.character_automaton import CharacterAutomaton

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names

YES_OR_NO = CharacterAutomaton(
    vocabulary=["y", "ye", "yo", "es", "no", "ma", "n"],
    transitions={
        0: {"y": 1, "n": 2, "m": 5},
        1: {"e": 3},
        2: {"o": 4},
        3: {"s": 4},
        4: {},
        5: {"a": 5},
    },
    accepting=[4],
    eos=6,
)
right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
@pytest.mark.parametrize(
    ("state", "tokens"), [(0, ["y", "ye", "no"]), (1, ["es"]), (4, ["n"]), (5, []), (3, [])]
)
def test_the_example_worked_by_hand(answer, state, tokens):
    logits = torch.arange(7.0)
    found = answer.function(logits, state, YES_OR_NO)
    kept = [YES_OR_NO.vocabulary[i] for i in range(7) if found[i] > -torch.inf]
    assert kept == tokens
    assert (found == logits).sum() == len(tokens)


def test_whatever_is_drawn_leaves_a_way_to_the_end():
    for seed in range(20):
        automaton = _drawn(Draw(seed))
        for state in automaton.transitions:
            allowed = _allowed(automaton, state)
            for token in allowed.nonzero().flatten().tolist():
                if token != automaton.eos:
                    here = state
                    for letter in automaton.vocabulary[token]:
                        here = automaton.transitions[here][letter]
                    # By single letters, which are tokens: from there something is allowed too.
                    assert _allowed(automaton, here).any()


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda *given: right(*given).clamp(min=-1e9), 4),
        (lambda *given: right(*given) > -torch.inf, 4),
        (lambda *given: right(*given).log_softmax(dim=0), 4),
        (lambda *given: right(*given).float(), 1),
        (lambda *given: right(*given).detach(), 1),
    ],
    ids=["a large number", "a mask", "normalised", "float32", "cut off"],
)
def test_another_result_fails(wrong, lost):
    assert len(failed_items(exercise, wrong)) == lost


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("dead_ends_allowed", ["no dead ends", "all else stays"]),
        ("input_overwritten", ["all else stays"]),
        ("eos_read_as_text", ["the end of the text"]),
        ("any_way_on_will_do", ["no dead ends", "all else stays"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert set(items) <= set(failed_items(exercise, answer.function))


def test_reading_the_text_of_the_end_too_costs_that_item_alone():
    (answer,) = (one for one in exercise.misconceptions if one.name == "eos_read_as_text_too")
    for seed in range(1, 8):
        failed = [
            one for one in judge_function(exercise, answer.function, seed).items if not one.passed
        ]
        assert [one.name for one in failed] == ["the end of the text"]
        # Shown whole, so that it can be typed and run again.
        assert failed[0].example.call.endswith("}))")
        assert "CharacterAutomaton(eos=" in failed[0].example.call
