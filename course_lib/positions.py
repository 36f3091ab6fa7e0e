"""Where a token stands, told by a vector that is added to its embedding: computed or learned.

Axes: B batch, T positions, D width of the residual stream.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

# Spread of the vectors before training: small beside 1, as in GPT-2's and BERT's code.
INITIAL_SPREAD = 0.02

# The longest wavelength is 2π times this: Vaswani et al. 2017, section 3.5.
LONGEST = 10_000.0


def token_positions(
    n_seen: int,
    n_new: int,
    n_padding: Int[Tensor, " B"] | None = None,
    device: torch.device | None = None,
) -> Int[Tensor, "*B {n_new}"]:
    """Number the positions that follow those seen, the first token of a sequence with 0.

    Args:
        n_seen: How many positions came before, padding among them.
        n_new: How many positions to number.
        n_padding: How many positions at the left of each sequence are padding. Nobody looks at
            them, and they get position 0 too. None: no sequence is padded.
        device: Where to make the numbers.

    Returns:
        The numbers, for each sequence apart when there is padding.
    """
    positions = torch.arange(n_seen, n_seen + n_new, device=device)
    if n_padding is None:
        return positions
    return (positions - n_padding[:, None]).clamp(min=0)  # B T


def sinusoidal_table(
    n_positions: int, d_model: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "{n_positions} {d_model}"]:
    """Write each position as the hands of D/2 clocks, each slower than the one before.

    Implements Vaswani et al. 2017 (arXiv:1706.03762), section 3.5: component 2i is the sine of
    the position over LONGEST^(2i/D), component 2i + 1 its cosine.

    Args:
        n_positions: How many positions, from 0.
        d_model: Width of a row, an even number.
        dtype: Of the table. The angles are always computed in double precision.

    Returns:
        One row per position.

    Raises:
        ValueError: The width is odd.
    """
    if d_model % 2:
        raise ValueError(f"sines and cosines come in pairs, so the width cannot be {d_model}")
    positions = torch.arange(n_positions, dtype=torch.float64)
    exponents = torch.arange(0, d_model, 2, dtype=torch.float64) / d_model  # D/2
    angles = positions[:, None] / LONGEST**exponents  # T D/2
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).to(dtype)  # T D


class LearnedPositions(nn.Module):
    """Own one vector per position; none is known past the last."""

    def __init__(self, max_seq_len: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(max_seq_len, d_model) * INITIAL_SPREAD)

    def forward(
        self, n_seen: int, n_new: int, n_padding: Int[Tensor, " B"] | None = None
    ) -> Float[Tensor, "*B {n_new} D"]:
        """Look up the vectors of the positions that follow those seen; see `token_positions`.

        Raises:
            ValueError: There are more positions than vectors.
        """
        max_seq_len = self.table.shape[0]
        if n_seen + n_new > max_seq_len:
            raise ValueError(f"{n_seen + n_new} positions, but vectors for {max_seq_len} only")
        return self.table[token_positions(n_seen, n_new, n_padding, self.table.device)]
