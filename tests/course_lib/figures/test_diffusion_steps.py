from dataclasses import replace

import pytest
import torch
import traitlets

from course_lib.figures.diffusion_numbers import read
from course_lib.figures.diffusion_steps import (
    MAX_CHARACTERS,
    DiffusionSteps,
    Paintings,
    Preset,
    paintings_of,
)
from course_lib.generation.denoising import paint
from course_lib.models.diffusion_transformer import DiffusionConfig, DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar

HAND = Paintings(
    start=[0.5, -0.5, 0.0, 1.0],
    signal=[0.28, 0.6, 0.8],
    spread=[0.96, 0.8, 0.6],
    guesses=[
        [["AAAA", "AAgg", "AA//"], ["gggg", "//gg", "////"]],
        [["ABCD", "EFGH", "IJKL"], ["abcd", "efgh", "ijkl"]],
    ],
)
NAMES, STRENGTHS = ["0", "1"], [1.0, 2.5]


def test_it_computes_what_its_traits_say():
    figure = DiffusionSteps(HAND, NAMES, STRENGTHS)
    assert figure.numbers().guesses == ["AAAA", "AAgg", "AA//"]
    figure.digit, figure.guidance, figure.step = 1, 1, 2
    assert figure.numbers().guesses == ["abcd", "efgh", "ijkl"]
    assert figure.summary().startswith("Step 2 of 3, painting a 1 with guidance 2.5: 36.0")
    assert figure.text_alternative().endswith(figure.summary())


def test_presets_set_and_restore():
    figure = DiffusionSteps(HAND, NAMES, STRENGTHS, presets=[Preset("End", "See.", {"step": 3})])
    start, end = figure.presets
    assert start["values"] == {"digit": 0, "guidance": 0, "step": 1}
    assert end["values"] == {"digit": 0, "guidance": 0, "step": 3}


@pytest.mark.parametrize("place", [("digit", 2), ("guidance", 2), ("step", 4), ("step", 0)])
def test_what_is_not_there_cannot_be_chosen(place):
    name, value = place
    with pytest.raises(traitlets.TraitError):
        setattr(DiffusionSteps(HAND, NAMES, STRENGTHS), name, value)


@pytest.mark.parametrize(
    ("paintings", "names", "sentence"),
    [
        (HAND, ["0"], "1 classes and 2 guidances need 3 guesses"),
        (HAND, [], "needs a class"),
        (replace(HAND, spread=[0.9]), NAMES, "two factors for every step"),
        (replace(HAND, start=[0.5]), NAMES, r"\[4\] pixels, the canvas has 1"),
    ],
)
def test_what_does_not_fit_is_refused(paintings, names, sentence):
    with pytest.raises(ValueError, match=sentence):
        DiffusionSteps(paintings, names, STRENGTHS)


def test_too_much_for_a_page_is_refused():
    side = MAX_CHARACTERS // 3 + 1
    large = Paintings([0.0] * side, HAND.signal, HAND.spread, [[["A" * side] * 3]])
    with pytest.raises(ValueError, match="too many for a page"):
        DiffusionSteps(large, ["0"], [1.0])


def test_paintings_are_those_of_the_sampler():
    cfg = DiffusionConfig(
        image_size=4, patch_size=2, n_channels=1, n_classes=3, n_times=20,
        d_model=8, n_heads=2, n_layers=1, d_ff=12,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    model = DiffusionTransformer(cfg, generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    found = paintings_of(model, [1.0, 3.0], n_steps=5, seed=4)
    noise = torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(4))
    assert found.start == pytest.approx(noise.flatten().tolist(), abs=1e-4)
    schedule = NoiseSchedule(cosine_alpha_bar(20))
    label = torch.tensor([2])
    steps = list(paint(model, schedule, noise, label, guidance=3.0, n_steps=5))
    figure = DiffusionSteps(found, ["a", "b", "c"], [1.0, 3.0])
    figure.digit, figure.guidance = 2, 1
    canvases = figure.numbers().canvases
    for step, canvas, guess in zip(steps, canvases, found.guesses[2][1], strict=True):
        due = step.guess.flatten().tolist()
        assert read(guess) == pytest.approx(due, abs=0.02)  # half a level, and rounding
        assert canvas == pytest.approx(step.canvas.flatten().tolist(), abs=0.05)
