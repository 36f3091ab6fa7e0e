import pytest

from autograder.errors import CourseError
from autograder.files import Course
from autograder.learner import solutions
from autograder.learner.outline import find_exercise
from autograder.learner.progress import ExerciseProgress
from autograder.learner.solutions import is_open, solution_of
from autograder.learner.state import State

EMBED, WRITTEN = find_exercise("embed"), find_exercise("ch02/written")


def test_opens_at_once_after_full_marks():
    assert is_open(EMBED, ExerciseProgress(State.RIGHT, full_marks=True)) is True
    assert is_open(EMBED, ExerciseProgress(State.WRONG, full_marks=True)) is True


def test_asks_after_both_hints():
    assert is_open(EMBED, ExerciseProgress(hints=2)) is False


@pytest.mark.parametrize("hints", [0, 1])
def test_is_closed_before_that_even_where_the_visible_tests_pass(hints):
    told = rf"`course check ch02 --full`.*seen {hints} of 2 \(`course hint ch02/embed`\)"
    with pytest.raises(CourseError, match=told):
        is_open(EMBED, ExerciseProgress(State.PASSES, hints=hints))


def test_a_model_answer_asks_once_there_is_an_answer():
    assert is_open(WRITTEN, ExerciseProgress(State.WRITTEN)) is False
    with pytest.raises(CourseError, match=r"when you have written your own.*`course check ch02`"):
        is_open(WRITTEN, ExerciseProgress())


def test_a_bundle_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr(solutions, "COURSE", Course(tmp_path))
    with pytest.raises(CourseError, match="no solutions in this bundle"):
        is_open(EMBED, ExerciseProgress(State.RIGHT, full_marks=True))


def test_a_solution_is_the_whole_cell_without_marks():
    text = solution_of(EMBED)
    assert text.startswith("def embed(")
    assert "SOLUTION" not in text
    assert "NotImplementedError" not in text
    names = {}
    exec("import torch\nfrom torch import Tensor\nfrom jaxtyping import Float, Int\n" + text, names)
    import torch

    table = torch.arange(6.0).reshape(3, 2)
    one_hot, vectors = names["embed"](torch.tensor([2, 0]), table)
    assert vectors.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert one_hot.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_the_model_answer_is_text():
    text = solution_of(WRITTEN)
    assert len(text) > 100
    assert "SOLUTION" not in text
