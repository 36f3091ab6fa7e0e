import math
from dataclasses import replace

import pytest
import torch

from course_lib.training.adamw import AdamWConfig, Moments, adamw_update

CFG = AdamWConfig(learning_rate=0.1, beta_1=0.9, beta_2=0.99, eps=1e-8, weight_decay=0.02)


def rand(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def by_hand(param, grads, cfg):
    """One number after another, in plain Python."""
    mean = square = 0.0
    for n, grad in enumerate(grads, start=1):
        mean = cfg.beta_1 * mean + (1 - cfg.beta_1) * grad
        square = cfg.beta_2 * square + (1 - cfg.beta_2) * grad**2
        param -= cfg.learning_rate * cfg.weight_decay * param
        root = math.sqrt(square / (1 - cfg.beta_2**n))
        param -= cfg.learning_rate * (mean / (1 - cfg.beta_1**n)) / (root + cfg.eps)
    return param


class TestAdamWUpdate:
    def test_hand_worked_case(self):
        # The first step goes by the sign of the gradient: 3/√9 = 1, whatever its size. The decay
        # takes 0.1 · 0.02 of 5. So 5 − 0.01 − 0.1 = 4.89, and −4/√16 = −1 gives 4.99 + 0.1.
        param = torch.tensor([5.0, 5.0], dtype=torch.float64)
        grad = torch.tensor([3.0, -4.0], dtype=torch.float64)
        cfg = replace(CFG, eps=0.0)
        moved, moments = adamw_update(param, grad, Moments.none_yet(param), cfg)
        torch.testing.assert_close(
            moved, torch.tensor([4.89, 5.09], dtype=torch.float64), rtol=1e-12, atol=1e-12
        )
        assert moments.n_updates == 1
        assert moments.mean.tolist() == pytest.approx([0.3, -0.4])
        assert moments.square.tolist() == pytest.approx([0.09, 0.16])

    def test_matches_torch_over_many_updates(self):
        param = rand(3, 5, seed=0)
        theirs = torch.nn.Parameter(param.clone())
        optimizer = torch.optim.AdamW(
            [theirs], lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.02
        )
        moments = Moments.none_yet(param)
        for step in range(7):
            grad = rand(3, 5, seed=step + 1) * 10.0 ** (step - 4)
            param, moments = adamw_update(param, grad, moments, CFG)
            theirs.grad = grad.clone()
            optimizer.step()
            torch.testing.assert_close(param, theirs.detach(), rtol=1e-12, atol=1e-12)

    def test_matches_plain_python(self):
        grads = [0.5, -2.0, 1e-3, 0.0, 4.0]
        param = torch.tensor(1.7, dtype=torch.float64)
        moments = Moments.none_yet(param)
        for grad in grads:
            param, moments = adamw_update(
                param, torch.tensor(grad, dtype=torch.float64), moments, CFG
            )
        assert param.item() == pytest.approx(by_hand(1.7, grads, CFG), rel=1e-12)

    def test_the_size_of_gradients_does_not_matter_but_eps_does(self):
        param, grad = rand(4, seed=0), rand(4, seed=1)
        steps = {
            (scale, eps): adamw_update(
                param, scale * grad, Moments.none_yet(param), replace(CFG, eps=eps)
            )[0]
            for scale in (1.0, 1000.0)
            for eps in (0.0, 1.0)
        }
        torch.testing.assert_close(steps[1.0, 0.0], steps[1000.0, 0.0], rtol=1e-12, atol=1e-12)
        assert (steps[1.0, 1.0] - steps[1000.0, 1.0]).abs().min() > 1e-3

    def test_the_decay_does_not_pass_through_the_moments(self):
        param = rand(4, seed=0)
        moved, moments = adamw_update(param, torch.zeros_like(param), Moments.none_yet(param), CFG)
        torch.testing.assert_close(moved, param * (1 - 0.1 * 0.02), rtol=1e-12, atol=1e-12)
        assert not moments.mean.any()

    def test_leaves_its_arguments_alone(self):
        param, grad = rand(4, seed=0), rand(4, seed=1)
        moments = Moments.none_yet(param)
        adamw_update(param, grad, moments, CFG)
        assert torch.equal(param, rand(4, seed=0))
        assert torch.equal(grad, rand(4, seed=1))
        assert not moments.mean.any()
        assert moments.n_updates == 0

    def test_shapes_that_differ_are_refused(self):
        param = rand(4, seed=0)
        with pytest.raises(ValueError, match=r"shape \(4,\) has a gradient of \(1,\)"):
            adamw_update.__wrapped__(param, param[:1], Moments.none_yet(param), CFG)


def test_without_memory_it_goes_by_the_sign():
    param, grad = rand(4, seed=0), rand(4, seed=1)
    cfg = replace(CFG, beta_1=0.0, beta_2=0.0, eps=0.0, weight_decay=0.0)
    moments = Moments.none_yet(param).after(rand(4, seed=2), cfg)
    moved, _ = adamw_update(param, grad, moments, cfg)
    torch.testing.assert_close(moved, param - 0.1 * grad.sign(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", -0.1),
        ("eps", -1e-8),
        ("weight_decay", math.nan),
        ("beta_1", 1.0),
        ("beta_2", -0.1),
    ],
)
def test_settings_that_make_no_sense_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be at least 0.*{value}"):
        replace(CFG, **{field: value})
