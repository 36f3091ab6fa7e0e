import pytest
import torch
from torch import nn

from course_lib.training.moving_average import MovingAverage


def test_by_hand():
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 10.0)
    average = MovingAverage(model, keep=0.75)
    nn.init.constant_(model.weight, 20.0)
    average.update(model)  # 0.75 · 10 + 0.25 · 20
    assert average.model.weight.item() == pytest.approx(12.5)
    assert model.weight.item() == 20
    assert not average.model.training


@pytest.mark.parametrize("keep", [-0.1, 1.0])
def test_what_is_no_share_is_refused(keep):
    with pytest.raises(ValueError, match=f"keep={keep}"):
        MovingAverage(nn.Linear(2, 3), keep)


def test_nothing_kept_is_the_model_itself():
    model = nn.Linear(2, 3)
    average = MovingAverage(model, keep=0.0)
    nn.init.ones_(model.weight)
    average.update(model)
    assert torch.equal(average.model.weight, model.weight)
