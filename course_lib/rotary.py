"""Rotary positions: queries and keys turn with their position, so that scores know the distance.

A head's components are taken in pairs, and each pair is a point in the plane that turns by an
angle proportional to the position. Public models pair them in one of two ways:

- interleaved: neighbours (0, 1), (2, 3), … (the paper, Meta's own LLaMA code, GPT-J);
- half-split: (0, Dh/2), (1, Dh/2 + 1), … (GPT-NeoX, and LLaMA, Mistral, Qwen and Gemma as
  published on the Hugging Face hub).

Axes: B batch, H heads, T positions, Dh width of a head.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

Rotate = Callable[[Tensor], Tensor]
"""Turns queries or keys (B H T Dh) by their positions."""


def rotary_frequencies(
    d_head: int,
    base: float,
    dtype: torch.dtype = torch.float64,
    device: torch.device | None = None,
) -> Float[Tensor, " {d_head//2}"]:
    """Say how fast each pair turns.

    Implements Su et al. 2021 (arXiv:2104.09864), section 3.2.2: pair i turns by base^(−2i/Dh).

    Args:
        d_head: Width of a head, an even number.
        base: The larger, the slower the last pairs turn; 10000 in the paper.
        dtype: Of the frequencies and of their computation.
        device: Where to make them.

    Returns:
        Radians a position, fastest pair first.

    Raises:
        ValueError: The width is odd.
    """
    if d_head % 2:
        raise ValueError(f"components turn in pairs, so a head cannot be {d_head} wide")
    exponents = torch.arange(0, d_head, 2, dtype=dtype, device=device) / d_head
    return 1.0 / base**exponents


@dataclass(frozen=True, kw_only=True)
class Llama3Scaling:
    """How LLaMA 3.1 slows its pairs down to reach further than it was trained at first.

    Attributes:
        factor: By how much the slow pairs are slowed down.
        low_freq_factor: A pair that turns fewer times than this within the trained length is
            slowed down by the whole factor.
        high_freq_factor: A pair that turns more often than this within it stays as it is.
        original_max_seq_len: The trained length, in positions.
    """

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_seq_len: int

    def __post_init__(self) -> None:
        if not 0 < self.low_freq_factor < self.high_freq_factor:
            raise ValueError(
                f"{self.low_freq_factor=} must be above 0 and below {self.high_freq_factor=}"
            )


def slow_down(
    frequencies: Float[Tensor, " n_pairs"], scaling: Llama3Scaling
) -> Float[Tensor, " n_pairs"]:
    """Slow the slow pairs down and leave the fast ones, with a smooth passage between.

    As in the code published with LLaMA 3.1 (Grattafiori et al. 2024, arXiv:2407.21783).

    Args:
        frequencies: Radians a position.
        scaling: By how much, and where the passage lies.

    Returns:
        Radians a position.
    """
    n_turns = frequencies * scaling.original_max_seq_len / (2 * math.pi)
    passage = scaling.high_freq_factor - scaling.low_freq_factor
    share_kept = ((n_turns - scaling.low_freq_factor) / passage).clamp(0, 1)
    return share_kept * frequencies + (1 - share_kept) * frequencies / scaling.factor


def rotate_interleaved(
    x: Float[Tensor, "*batch T Dh"],
    cos: Float[Tensor, "*#batch #T Dh/2"],
    sin: Float[Tensor, "*#batch #T Dh/2"],
) -> Float[Tensor, "*batch T Dh"]:
    """Turn each pair of neighbouring components by its angle.

    Implements Su et al. 2021 (arXiv:2104.09864), equation 34.

    Args:
        x: Queries or keys.
        cos: Cosines of the angles, by position and pair.
        sin: Sines of the angles.

    Returns:
        The turned rows, as long as before.
    """
    a, b = x[..., 0::2], x[..., 1::2]  # *batch T Dh/2
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


def rotate_half_split(
    x: Float[Tensor, "*batch T Dh"],
    cos: Float[Tensor, "*#batch #T Dh/2"],
    sin: Float[Tensor, "*#batch #T Dh/2"],
) -> Float[Tensor, "*batch T Dh"]:
    """Turn each component of the first half together with its fellow in the second half.

    Args:
        x: Queries or keys.
        cos: Cosines of the angles, by position and pair.
        sin: Sines of the angles.

    Returns:
        The turned rows, as long as before.
    """
    a, b = x.chunk(2, dim=-1)  # *batch T Dh/2
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def interleaved_to_half_split(d_head: int) -> Int[Tensor, " {d_head}"]:
    """Say in which order to take the components of an interleaved head to have it half-split.

    With `order` the result, `rotate_half_split(x[..., order], …)` is
    `rotate_interleaved(x, …)[..., order]`. Rows of the query and key projections taken in this
    order, head by head, make one layout's weights the other's. `order.argsort()` leads back.
    """
    return torch.arange(d_head).unflatten(0, (-1, 2)).mT.flatten()


def half_split_rotation(
    positions: Int[Tensor, "*B T"],
    frequencies: Float[Tensor, " n_pairs"],
    dtype: torch.dtype,
) -> Rotate:
    """Compute the angles of some positions once, for the queries and keys of every layer.

    Args:
        positions: The positions, for each sequence apart or for all alike.
        frequencies: Radians a position. Their type is that of the angles.
        dtype: Of the queries and keys.

    Returns:
        A function that turns queries or keys.
    """
    angles = positions[..., None].to(frequencies.dtype) * frequencies  # *B T Dh/2
    angles = angles.unsqueeze(-3)  # *B 1 T Dh/2: all heads alike
    return partial(rotate_half_split, cos=angles.cos().to(dtype), sin=angles.sin().to(dtype))
