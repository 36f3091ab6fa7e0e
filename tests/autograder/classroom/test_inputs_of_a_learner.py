"""The inputs that the checks draw for a learner."""

import copy

import nbformat

from autograder.grading import submission_seed
from autograder.judge import judge_exercise
from autograder.judge.seeds import derive_seed
from autograder.sandbox.agent import Agent
from autograder.session import plan
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.autograder.small_chapter import SOLUTIONS


class TestInputs:
    """Checks call each learner's functions with inputs of their own, which follow from the seed."""

    def called_with(self, small, learner, seed, answer=SOLUTIONS["largest"]):
        notebook = copy.deepcopy(small.notebook)
        for cell in notebook.cells:
            cell.source = answer if cell.id == "ch99_largest" else cell.source
        rebuilt = transplant(small, read_submission(nbformat.writes(notebook).encode()))
        own = submission_seed(seed, learner, plan(small, rebuilt.notebook))
        seen = []

        def largest(numbers):
            seen.append(list(numbers))
            return max(numbers)

        judge_exercise(small.chapter.exercise("largest"), Agent({"largest": largest}).answer, own)
        return seen

    def test_two_learners_get_different_ones_and_one_learner_the_same_again(self, small):
        ada, bob = (self.called_with(small, name, 0) for name in ("ada", "bob"))
        assert ada
        assert ada != bob
        assert self.called_with(small, "ada", 0) == ada

    def test_another_seed_and_another_text_give_others(self, small):
        ada = self.called_with(small, "ada", 0)
        assert self.called_with(small, "ada", 1) != ada
        assert self.called_with(small, "ada", 0, "def largest(n):\n    return max(n)") != ada
        assert derive_seed(0, "ada") != derive_seed(0, "bob")
