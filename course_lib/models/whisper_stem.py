"""What Whisper does to a spectrogram before its first block: it halves the frames and numbers them.

Radford et al. 2022 (arXiv:2212.04356), section 2.2.

Axes: B batch, Ts positions of the sound, D width of the residual stream.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.activations import gelu_exact
from course_lib.positions import LONGEST

# How wide the convolutions are, in frames; the padding keeps as many frames as there were.
KERNEL_SIZE = 3
PADDING = KERNEL_SIZE // 2
FRAMES_PER_POSITION = 2

# With a single pair of sine and cosine there would be no ratio between wavelengths.
MIN_WIDTH = 4


class WhisperStem(nn.Module):
    """Own two convolutions and the vectors of the positions, which are not learned."""

    def __init__(self, *, n_mels: int, n_positions: int, d_model: int) -> None:
        super().__init__()
        self.features_shape = (n_mels, FRAMES_PER_POSITION * n_positions)
        self.mix_mels = nn.Conv1d(n_mels, d_model, KERNEL_SIZE, padding=PADDING)
        self.halve_frames = nn.Conv1d(
            d_model, d_model, KERNEL_SIZE, stride=FRAMES_PER_POSITION, padding=PADDING
        )
        self.positions = nn.Parameter(
            whisper_sinusoidal_table(n_positions, d_model).to(torch.get_default_dtype()),
            requires_grad=False,
        )

    def forward(self, features: Float[Tensor, "B mels frames"]) -> Float[Tensor, "B Ts D"]:
        """Begin the encoder's residual stream.

        Raises:
            ValueError: The sound has not the length or the bands that there are weights for.
        """
        if features.shape[1:] != self.features_shape:
            raise ValueError(
                f"the spectrograms have shape {tuple(features.shape[1:])}, "
                f"not {self.features_shape}"
            )
        x = gelu_exact(self.mix_mels(features))  # B D frames
        x = gelu_exact(self.halve_frames(x))  # B D Ts
        return x.mT + self.positions


def whisper_sinusoidal_table(
    n_positions: int, d_model: int
) -> Float[Tensor, "{n_positions} {d_model}"]:
    """Write each position as the hands of D/2 clocks, all sines first and then all cosines.

    The positions of Vaswani et al. 2017 (arXiv:1706.03762), section 3.5, but for the order of the
    components and for the slowest clock, which is slower than the fastest by all of LONGEST.

    Args:
        n_positions: How many positions, from 0.
        d_model: Width of a row.

    Returns:
        One row per position, in double precision.

    Raises:
        ValueError: The width is odd, or too small for two clocks.
    """
    if d_model % 2 or d_model < MIN_WIDTH:
        raise ValueError(f"the width must be even and at least {MIN_WIDTH}, got {d_model}")
    positions = torch.arange(n_positions, dtype=torch.float64)
    exponents = torch.linspace(0, 1, d_model // 2, dtype=torch.float64)
    angles = positions[:, None] / LONGEST**exponents  # Ts D/2
    return torch.cat([angles.sin(), angles.cos()], dim=1)  # Ts D
