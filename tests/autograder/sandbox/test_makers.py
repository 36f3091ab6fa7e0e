import pytest
import torch
from torch import nn

from autograder.sandbox.makers import make, make_with_recipe, snapshot
from autograder.sandbox.wire import Made, Opaque, decode, encode


def test_a_generator_comes_from_its_seed():
    drawn = torch.rand(3, generator=make(Made("generator", {"seed": 7})))
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(7)))


def test_recipes_are_found_in_lists_tuples_dicts_and_arguments():
    recipe = Made(
        "course_lib.recurrent.RNN",
        {"d_in": 2, "d_model": 3, "generator": Made("generator", {"seed": 1})},
    )
    made = make([(recipe, 5), {"again": recipe}, "generator"])
    first, second = made[0][0], made[1]["again"]
    assert type(made[0]) is tuple
    assert made[0][1] == 5
    assert made[2] == "generator"
    assert first is not second
    assert torch.equal(first.W_h, second.W_h)


@pytest.mark.parametrize("maker", ["os.system", "builtins.eval", "course_library.x", ""])
def test_nothing_else_is_made(maker):
    with pytest.raises(ValueError, match="a recipe names"):
        make(Made(maker))


def test_a_model_that_carries_its_recipe_crosses_as_it():
    model = make_with_recipe("course_lib.layers.LayerNorm", d_model=3)
    assert model(torch.ones(3)).shape == (3,)
    back = decode(encode((model, 1)))
    assert back == (Made("course_lib.layers.LayerNorm", {"d_model": 3}), 1)
    assert torch.equal(make(back[0]).gain, model.gain)


def test_other_models_cross_by_name_alone_whatever_they_say():
    model = nn.Linear(2, 3)
    model.recipe = "course_lib.layers.LayerNorm"
    assert decode(encode(model)) == Opaque("Linear")


class TestSnapshot:
    @staticmethod
    def model():
        return nn.Sequential(nn.Linear(2, 3), nn.Dropout())

    def test_other_values_are_their_own(self):
        value = [1, "a"]
        assert snapshot(value) is value

    def test_a_model_is_its_weights_modes_and_hooks(self):
        found = snapshot(self.model())
        assert set(found) == {"weights", "modes", "hooks"}
        assert set(found["weights"]) == {"0.weight", "0.bias"}

    @pytest.mark.parametrize(
        "change",
        [
            lambda model: model.eval(),
            lambda model: model[0].register_forward_hook(print),
            lambda model: model[0].register_forward_pre_hook(print),
            lambda model: model[1].register_full_backward_hook(print),
        ],
        ids=["mode", "hook", "hook before", "hook behind"],
    )
    def test_each_change_shows(self, change):
        model = self.model()
        before = snapshot(model)
        change(model)
        after = snapshot(model)
        assert any(before[part] != after[part] for part in ("modes", "hooks"))
