import pytest
import torch

from course_lib.device import choose_device


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "expected"),
    [
        (True, True, "cuda"),
        (True, False, "cuda"),
        (False, True, "mps"),
        (False, False, "cpu"),
    ],
)
def test_the_fastest_device_that_is_there(monkeypatch, has_cuda, has_mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    assert choose_device() == torch.device(expected)


def test_tensors_can_be_made_on_the_device_of_this_machine():
    device = choose_device()
    assert torch.ones(3, device=device).sum().item() == 3.0
