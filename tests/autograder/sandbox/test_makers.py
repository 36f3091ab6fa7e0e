from dataclasses import dataclass

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


def test_a_function_that_carries_its_recipe_crosses_as_it():
    maker = "course_lib.generation.choices.pick_at_random"
    pick = make_with_recipe(maker, seed=3)
    back = decode(encode([pick, {"sample": pick}]))
    assert back == [Made(maker, {"seed": 3}), {"sample": Made(maker, {"seed": 3})}]
    logits = torch.zeros(50)
    assert [make(back[0])(logits) for _ in range(3)] == [pick(logits)] * 3


@pytest.mark.parametrize("says", [None, "course_lib.layers.LayerNorm", 3])
def test_other_functions_cross_by_name_alone_whatever_they_say(says):
    def function():
        return 1

    if says is not None:
        function.recipe = says
    assert decode(encode(function)) == Opaque("function")


class TestGenerators:
    def test_one_that_has_drawn_nothing_crosses_as_its_seed(self):
        generator = torch.Generator().manual_seed(2**40 + 1)
        back = decode(encode((generator, 1)))
        assert back == (Made("generator", {"seed": 2**40 + 1}), 1)
        same = make(back)[0]
        assert torch.equal(torch.rand(3, generator=same), torch.rand(3, generator=generator))

    def test_one_that_is_used_already_crosses_by_name_alone(self):
        generator = torch.Generator().manual_seed(1)
        torch.rand(1, generator=generator)
        assert decode(encode(generator)) == Opaque("Generator")


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

    def test_a_generator_may_be_used_up(self):
        generator = torch.Generator().manual_seed(1)
        before = encode(snapshot(generator))
        torch.rand(1, generator=generator)
        assert encode(snapshot(generator)) == before

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


def test_a_frozen_dataclass_that_carries_its_recipe_crosses_as_it():
    parts = make_with_recipe("course_lib.own_gpt.stand_ins.parts_for", name="gpt")
    back = decode(encode((parts, 2)))
    assert back == (Made("course_lib.own_gpt.stand_ins.parts_for", {"name": "gpt"}), 2)
    with pytest.raises(ValueError, match=r"parts\.gpt is not there yet"):
        make(back[0]).gpt()


def test_a_dataclass_without_a_recipe_crosses_by_its_fields():
    @dataclass(frozen=True, slots=True)
    class Pair:
        one: int

    assert decode(encode(Pair(3))).one == 3
