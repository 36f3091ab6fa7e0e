import dataclasses

import pytest
import torch

from course_lib.analysis.head_scores import HeadScores


def test_scores_are_named_one_a_head():
    previous, first, induction = torch.tensor([0.1, 0.2]), torch.ones(2), torch.zeros(2)
    scores = HeadScores(previous, first, induction)
    assert torch.equal(scores.previous, previous)
    assert torch.equal(scores.first, first)
    assert torch.equal(scores.induction, induction)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scores.first = induction
