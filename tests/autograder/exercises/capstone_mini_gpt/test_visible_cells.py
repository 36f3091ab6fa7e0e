"""What the visible tests say to mistakes that a learner's trial of the capstone found."""

import importlib
from functools import cache

import pytest

from autograder.exercises.cells import cells_of
from autograder.judge.visible_tests import without_hidden_tests
from autograder.source import read_chapter, student_notebook
from autograder.visible import VisibleTestError

# Exercise, what stands in its solution, what a learner wrote, and words that they must be told.
MISTAKES = [
    (
        "gpt_block",
        "torch.arange(n_past, n_past + n_new",
        "torch.arange(n_new",
        "keys that are kept",
    ),
    ("gpt_block", "[past[1], v]", "[past[1], parts.apply_rope(v, places)]", "the values that are"),
    ("gpt_block", '"feed_forward_norm"', '"attention_norm"', "which sees itself alone"),
    ("gpt_block", " / math.sqrt(k.shape[3])", "", "five tokens: the stream"),
    ("gpt", "params_of_block(params, layer)", "params_of_block(params, 0)", "block 1 keeps"),
    ("gpt", "in enumerate(past)", "in enumerate(past[:n_heads])", "how many pairs"),
    ("update", "parts.clip_by_global_norm(grads, MAX_NORM)", "grads", "were not shortened"),
    ("train_step", "loss.item()", "loss.detach()", "'Tensor', expected 'float'"),
    ("train_step", ", PAD)", ")", "the padding was counted"),
    ("answer_log_p", "(log_p * is_answer[:, 1:])", "log_p", "the question was counted, too"),
    ("answer_log_p", ".sum(dim=-1)", ".sum(dim=-1).detach()", "whether gradients can flow"),
    ("align_step", "lr, beta = hyper", "beta, lr = hyper", "beta is the second number"),
    ("align_step", "reference, n_heads", "params, n_heads", "the reference plays no part"),
    ("align_step", "*policy, *start", "*policy[::-1], *start[::-1]", "are exchanged"),
    ("generate_cached", "logits, past =", "logits, _ =", "drawn by lot"),
    ("generate_cached", "token == end", "end and token == end", "it went on behind the end"),
]


@cache
def cells_of_exercise(name):
    notebook = read_chapter("capstone_mini_gpt")
    exercise = importlib.import_module(f"autograder.exercises.capstone_mini_gpt.{name}").exercise
    return cells_of(exercise, notebook, student_notebook(notebook))


def told(name, answer):
    """Run an answer and the visible tests, and give what the learner is told."""
    cells = cells_of_exercise(name)
    try:
        exec(without_hidden_tests(cells.tests), cells.run(answer))
    except VisibleTestError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", sorted({name for name, *_ in MISTAKES}))
def test_the_solution_passes(name):
    assert told(name, cells_of_exercise(name).solution) == ""


@pytest.mark.parametrize(("name", "right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_told_by_its_place_or_its_name(name, right, wrong, words):
    solution = cells_of_exercise(name).solution
    assert solution.count(right) == 1
    assert words in told(name, solution.replace(right, wrong))
