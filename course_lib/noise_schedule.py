"""How much of a picture is left at each time of a diffusion, and the mixture of picture and noise.

Axes: B batch; n_times the times, counted from 0, the nearly clean one.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

# Nichol and Dhariwal 2021, section 3.2: keeps the first steps from being too small to see.
OFFSET = 0.008
# The last step would otherwise leave exactly nothing, and nothing can be divided by it.
MOST_LOST = 0.999


def cosine_alpha_bar(n_times: int) -> Float[Tensor, " {n_times}"]:
    """Return which share of the variance is the picture's at each time, along a squared cosine.

    Implements Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17, with the bound on what one
    step may lose of section 3.2.

    Args:
        n_times: How many times there are.

    Returns:
        The shares, falling from nearly 1 to nearly 0.

    Raises:
        ValueError: There is no time.
    """
    if n_times < 1:
        raise ValueError(f"{n_times=} must be at least 1")
    places = torch.arange(n_times + 1, dtype=torch.float64) / n_times
    wanted = torch.cos((places + OFFSET) / (1 + OFFSET) * math.pi / 2).square()
    kept_in_step = (wanted[1:] / wanted[:-1]).clamp(min=1 - MOST_LOST)
    return kept_in_step.cumprod(0).float()


class NoiseSchedule:
    """The factors of picture and noise at each time.

    Attributes:
        signal: Factor of the picture.
        spread: Factor of the noise; the squares of both sum to 1.
    """

    def __init__(self, alpha_bar: Float[Tensor, " n_times"]) -> None:
        self.signal = alpha_bar.sqrt()
        self.spread = torch.sqrt(1 - alpha_bar)

    def __len__(self) -> int:
        """Return the number of times."""
        return len(self.signal)

    def spoil(
        self,
        images: Float[Tensor, "B channels height width"],
        times: Int[Tensor, " B"],
        noise: Float[Tensor, "B channels height width"],
    ) -> Float[Tensor, "B channels height width"]:
        """Mix each image with noise, as far as its own time says.

        Implements Ho et al. 2020 (arXiv:2006.11239), equation 4.
        """
        factors = torch.stack([self.signal, self.spread])[:, times, None, None, None]
        return factors[0] * images + factors[1] * noise

    def clean(
        self, spoilt: Float[Tensor, "*axes"], time: int, noise: Float[Tensor, "*axes"]
    ) -> Float[Tensor, "*axes"]:
        """Take noise that is known, or guessed, out of images that are all at one time."""
        return (spoilt - self.spread[time] * noise) / self.signal[time]
