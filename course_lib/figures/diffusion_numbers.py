"""What the figure of diffusion computes: the canvas at each step, from the guesses of the model.

A guess is a string, one character a pixel: the place of the character in `ALPHABET` is the ink,
from 0 for none to the last for most. From one canvas and the guess, the next canvas follows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""What 64 levels of ink are written with."""

LAST_LEVEL = len(ALPHABET) - 1


def written(pixels: Sequence[float]) -> str:
    """Write pixels from -1 to 1, one character each; what lies outside is brought to the end."""
    levels = [round((min(1.0, max(-1.0, pixel)) + 1) / 2 * LAST_LEVEL) for pixel in pixels]
    return "".join(ALPHABET[level] for level in levels)


def read(guess: str) -> list[float]:
    """Return the pixels that were written."""
    return [2 * ALPHABET.index(letter) / LAST_LEVEL - 1 for letter in guess]


@dataclass(frozen=True)
class DiffusionNumbers:
    """One painting.

    Attributes:
        start: The pixels of the canvas at the first step.
        guesses: What the model takes the image for at each step, as it is written.
        signal: Factor of the picture at each step.
        spread: Factor of the noise.
    """

    start: Sequence[float]
    guesses: Sequence[str]
    signal: Sequence[float]
    spread: Sequence[float]

    @cached_property
    def pixels(self) -> list[list[float]]:
        """The guesses, step by step."""
        return [read(guess) for guess in self.guesses]

    @cached_property
    def canvases(self) -> list[list[float]]:
        """What the model sees at each step."""
        canvas = list(self.start)
        found = [canvas]
        for step, guess in enumerate(self.pixels[:-1]):
            ratio = self.spread[step + 1] / self.spread[step]
            picture = self.signal[step + 1] - ratio * self.signal[step]
            canvas = [picture * g + ratio * c for g, c in zip(guess, canvas, strict=True)]
            found.append(canvas)
        return found

    def share(self, step: int) -> float:
        """Return the picture's share of the variance at a step."""
        return self.signal[step] ** 2

    def apart(self, step: int) -> float:
        """Return how far a guess is from the last one: the root of the mean square, a pixel."""
        pairs = zip(self.pixels[step], self.pixels[-1], strict=True)
        squares = [(one - other) ** 2 for one, other in pairs]
        return math.sqrt(math.fsum(squares) / len(squares))
