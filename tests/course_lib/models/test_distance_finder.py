from dataclasses import replace

import pytest
import torch

from course_lib.data.point_distances import Measurements, measure_clouds
from course_lib.models.distance_finder import (
    MIXINGS,
    DistanceFinder,
    FinderConfig,
    squared_error,
    train_finder,
)

B, N = 2, 5
SMALL = FinderConfig(d_pair=6, n_layers=2, n_points=N, n_steps=4, batch_size=3, n_warmup=1)


def make(mixing="triangle"):
    cfg = replace(SMALL, mixing=mixing)
    return DistanceFinder(cfg, torch.Generator().manual_seed(0)).double()


def draw():
    made = measure_clouds(B, N, torch.Generator().manual_seed(1))
    return Measurements(made.distances.double(), made.measured.double(), made.is_measured)


@pytest.mark.parametrize("mixing", MIXINGS)
class TestDistanceFinder:
    def test_both_orders_of_a_pair_get_the_same(self, mixing):
        found = make(mixing)(draw())
        assert found.shape == (B, N, N)
        assert torch.equal(found, found.mT)

    def test_points_in_another_order_give_the_same_distances(self, mixing):
        model, known = make(mixing), draw()
        order = torch.tensor([3, 0, 4, 1, 2])
        turned = Measurements(
            *(
                part[:, order][:, :, order]
                for part in (known.distances, known.measured, known.is_measured)
            )
        )
        expected = model(known)[:, order][:, :, order]
        torch.testing.assert_close(model(turned), expected, rtol=1e-12, atol=1e-12)

    def test_the_truth_is_not_read(self, mixing):
        model, known = make(mixing), draw()
        blind = replace(known, distances=torch.full_like(known.distances, torch.nan))
        assert torch.equal(model(known), model(blind))


def test_pairs_of_which_nothing_is_known_speak_from_the_second_block_on():
    model, known, heard = make(), draw(), []
    for block in model.blocks:
        block.register_forward_pre_hook(lambda block, arguments: heard.append(arguments[1]))
    model(known)
    assert torch.equal(heard[0], ~known.is_hidden)
    assert heard[1] is None


def test_a_cloud_of_which_nothing_is_known_has_finite_gradients():
    model = make().float()
    nothing = measure_clouds(B, N, torch.Generator().manual_seed(2), share=0.0)
    loss = squared_error(model, nothing)
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    assert all(gradient is None or gradient.abs().max() < 1e3 for gradient in gradients)


def test_all_mixings_have_the_same_parameters():
    shapes = [
        {name: part.shape for name, part in make(mixing).state_dict().items()} for mixing in MIXINGS
    ]
    assert all(one == shapes[0] for one in shapes)


def test_the_error_by_hand():
    """Three points, a model that says 1 everywhere: (0 + 0.25 + 0.25 + …), twice each, over 6."""
    distances = torch.tensor([[[0.0, 1.0, 1.5], [1.0, 0.0, 0.5], [1.5, 0.5, 0.0]]])
    is_measured = torch.tensor([[[False, True, False], [True, False, False], [False] * 3]])
    known = Measurements(distances, distances.masked_fill(~is_measured, 0), is_measured)

    class Ones(torch.nn.Module):
        def forward(self, known):
            return torch.ones_like(known.distances)

    assert squared_error(Ones(), known).item() == pytest.approx((0 + 0.25 + 0.25) * 2 / 6)


def test_training_lowers_the_error_and_repeats_itself():
    losses = []
    cfg = replace(SMALL, n_steps=60, n_warmup=5)
    model = train_finder(cfg, 0, on_step=lambda step, loss: losses.append(loss))
    assert sum(losses[-10:]) < sum(losses[:10]) / 2
    assert not model.training
    again = train_finder(cfg, 0)
    assert all(
        torch.equal(one, other)
        for one, other in zip(model.parameters(), again.parameters(), strict=True)
    )


def test_an_unknown_mixing():
    with pytest.raises(ValueError, match="there is no mixing 'guess'"):
        FinderConfig(mixing="guess")
