"""Diffusion, step by step: the noisy canvas, and beside it what the model takes the image for.

The figure holds what a trained model guessed at each step; its module works the canvas out from
that, in the reader's browser, and `DiffusionSteps.numbers` computes the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.diffusion_numbers import DiffusionNumbers, written
from course_lib.figures.diffusion_words import diffusion_in_words
from course_lib.generation.denoising import paint
from course_lib.models.diffusion_transformer import DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar

# What a chapter's cell needs.
__all__ = ["DiffusionSteps", "Paintings", "Preset", "paintings_of"]

STATE = ("digit", "guidance", "step")
MAX_CHARACTERS = 56_000  # of all guesses: what keeps the figure under 60 KB
DECIMALS = 4  # of the noise and the factors: finer than a pixel's level
START = (
    "Move the step from 1 to the last. On the left is what the model sees, on the right what it "
    "takes the image for. At which step would you bet on the digit?"
)


@dataclass(frozen=True)
class Paintings:
    """How a model painted every class with every guidance, from the same noise.

    Attributes:
        start: The pixels of the first canvas.
        signal: Factor of the picture at each step.
        spread: Factor of the noise.
        guesses: By class, guidance and step, the guess as `written` writes it.
    """

    start: Sequence[float]
    signal: Sequence[float]
    spread: Sequence[float]
    guesses: Sequence[Sequence[Sequence[str]]]


def paintings_of(
    model: DiffusionTransformer, guidances: Sequence[float], *, n_steps: int = 25, seed: int = 0
) -> Paintings:
    """Let a model paint all its classes, each from the same noise.

    Args:
        model: Paints images of one channel.
        guidances: How much to exaggerate the wish.
        n_steps: How many times the model is asked.
        seed: Of the noise.
    """
    cfg = model.cfg
    labels = torch.arange(cfg.n_classes)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, 1, cfg.image_size, cfg.image_size, generator=generator)
    schedule = NoiseSchedule(cosine_alpha_bar(cfg.n_times))
    canvases = noise.expand(cfg.n_classes, -1, -1, -1)
    steps = [
        list(paint(model, schedule, canvases, labels, guidance=guidance, n_steps=n_steps))
        for guidance in guidances
    ]
    times = [step.time for step in steps[0]]
    return Paintings(
        start=_rounded(noise.flatten()),
        signal=_rounded(schedule.signal[times]),
        spread=_rounded(schedule.spread[times]),
        guesses=[
            [[written(step.guess[label].flatten().tolist()) for step in run] for run in steps]
            for label in labels.tolist()
        ],
    )


def _rounded(numbers: Float[Tensor, " _"]) -> list[float]:
    return [round(number, DECIMALS) for number in numbers.tolist()]


class DiffusionSteps(Figure):
    """Two images, a slider for the step, and a choice of digit and guidance.

    Attributes:
        labels: What can be painted.
        guidances: How much the wish can be exaggerated.
        start: The pixels of the first canvas.
        signal: Factor of the picture at each step.
        spread: Factor of the noise.
        guesses: By class and guidance, the guesses of all steps, one after the other.
        digit: Index of what is painted.
        guidance: Index of the guidance.
        step: The step shown, counted from 1.
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    guidances = traitlets.List(traitlets.Float()).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    signal = traitlets.List(traitlets.Float()).tag(sync=True)
    spread = traitlets.List(traitlets.Float()).tag(sync=True)
    guesses = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    digit = traitlets.Int(0, min=0).tag(sync=True)
    guidance = traitlets.Int(0, min=0).tag(sync=True)
    step = traitlets.Int(1, min=1).tag(sync=True)

    def __init__(
        self,
        paintings: Paintings,
        labels: Sequence[str],
        guidances: Sequence[float],
        *,
        digit: int = 0,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "A digit out of noise, step by step",
        description: str = (
            "Two images of eight by eight pixels: the noisy canvas, and what the model takes the "
            "clean image for. A slider goes from pure noise to the painting."
        ),
    ) -> None:
        """Check the paintings and pack them for the page.

        Args:
            paintings: What the model painted.
            labels: The name of each class.
            guidances: Each guidance.
            digit: Index of what is painted at the start.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: The paintings do not fit each other or the names, or are too many.
        """
        _check(paintings, labels, guidances)
        super().__init__(
            labels=list(labels),
            guidances=list(guidances),
            start=list(paintings.start),
            signal=list(paintings.signal),
            spread=list(paintings.spread),
            guesses=[["".join(steps) for steps in of_class] for of_class in paintings.guesses],
            digit=digit,
            title=title,
            description=description,
        )
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("digit", "guidance", "step")
    def _check_place(self, proposal: traitlets.Bunch) -> int:
        name = proposal.trait.name
        last = {
            "digit": len(self.labels) - 1,
            "guidance": len(self.guidances) - 1,
            "step": len(self.signal),
        }[name]
        if proposal.value > last:
            raise traitlets.TraitError(f"there is no {name} {proposal.value}; the last is {last}")
        return proposal.value

    def numbers(self) -> DiffusionNumbers:
        """Return the painting that the reader has chosen."""
        text, size = self.guesses[self.digit][self.guidance], len(self.start)
        guesses = [text[at : at + size] for at in range(0, len(text), size)]
        return DiffusionNumbers(self.start, guesses, self.signal, self.spread)

    def summary(self) -> str:
        """Say what the figure shows now."""
        return diffusion_in_words(
            self.numbers(),
            self.labels[self.digit],
            self.guidances[self.guidance],
            self.step - 1,
        )

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"


def _check(paintings: Paintings, labels: Sequence[str], guidances: Sequence[float]) -> None:
    n_steps, n_pixels = len(paintings.signal), len(paintings.start)
    if not labels or not guidances or not n_steps or len(paintings.spread) != n_steps:
        raise ValueError("the figure needs a class, a guidance, and two factors for every step")
    shape = [[len(steps) for steps in of_class] for of_class in paintings.guesses]
    if shape != [[n_steps] * len(guidances)] * len(labels):
        raise ValueError(
            f"{len(labels)} classes and {len(guidances)} guidances need {n_steps} guesses each"
        )
    lengths = {len(guess) for of in paintings.guesses for steps in of for guess in steps}
    if lengths != {n_pixels}:
        raise ValueError(f"guesses have {sorted(lengths)} pixels, the canvas has {n_pixels}")
    if (size := len(labels) * len(guidances) * n_steps * n_pixels) > MAX_CHARACTERS:
        raise ValueError(f"{size} pixels are too many for a page: at most {MAX_CHARACTERS}")
