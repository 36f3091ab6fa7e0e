import ast
import math

import pytest

from autograder.exercises.ch08_reasoning_and_agents.safe_calculate import exercise
from autograder.exercises.ch08_reasoning_and_agents.safe_calculate_checks import (
    ALWAYS_REFUSED,
    REFUSED_TOO,
    _expression,
)
from autograder.exercises.draw import Draw

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 14),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("7 / 2", 3.5),
        ("(1 - 3) / -4", 0.5),
    ],
)
def test_the_examples_worked_by_hand(answer, expression, value):
    assert answer.function(expression) == value


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
@pytest.mark.parametrize(
    "expression", [*ALWAYS_REFUSED, *REFUSED_TOO, "1e400", "(-8) ** 0.5", "1\0", "\ud800"]
)
def test_hostile_expressions_raise_value_errors_and_nothing_else(answer, expression):
    try:
        value = answer.function(expression)
    except ValueError:
        return
    pytest.fail(f"{expression!r} was computed: {value!r}")


def test_drawn_expressions_have_the_value_that_python_gives_them():
    draw = Draw(5)
    signs = set()
    for _ in range(300):
        text, value, _ = _expression(draw, 3)
        signs |= {type(node) for node in ast.walk(ast.parse(text, mode="eval"))}
        try:
            assert math.isclose(eval(text), value, rel_tol=1e-9, abs_tol=1e-9)
        except OverflowError:
            assert abs(value) > 1e300
    assert {ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub} <= signs


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda expression: str(right(expression)), "the value of an expression"),
        (lambda expression: round(right(expression)), "the value of an expression"),
        (lambda expression: right(expression.replace("**", "*")), "powers"),
        (lambda expression: right(expression.replace("/", "//")), "the value of an expression"),
    ],
    ids=["as a text", "rounded", "product for power", "whole quotients"],
)
def test_another_mistake_fails(wrong, lost):
    assert lost in failed_items(exercise, wrong)


def test_one_that_refuses_everything_gets_no_points_for_values():
    def refuses(expression):
        raise ValueError(expression)

    assert failed_items(exercise, refuses) == ["the value of an expression", "powers", "bounded"]
