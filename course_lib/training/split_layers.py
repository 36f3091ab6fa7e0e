"""One layer on several devices: matrices cut so that each device computes a part of every token.

Shoeybi et al. 2019, "Megatron-LM" (arXiv:1909.08053), section 3. The first matrix of a pair is cut
by columns, the second by rows; the parts meet in one sum. Here the shares are computed one after
the other in this process. On real devices the sum is an all-reduce.

Axes: B batch, T positions, D width, F feed-forward width, H heads, Dh width of a head.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.attention import scaled_dot_product_attention
from course_lib.masks import causal_mask


def feed_forward_shares(
    x: Float[Tensor, "B T D"],
    W_in: Float[Tensor, "D F"],
    W_out: Float[Tensor, "F D"],
    n_devices: int,
    activation: Callable[[Tensor], Tensor],
) -> list[Float[Tensor, "B T D"]]:
    """Return what each device adds to the output of a feed-forward layer without biases.

    A device has some hidden units, with the columns that lead to them and the rows that leave
    them. The activation looks at each unit alone, so nothing has to be exchanged before the sum.

    Args:
        x: What all devices have.
        W_in: The first matrix.
        W_out: The second one.
        n_devices: How many shares.
        activation: Works number by number.

    Raises:
        ValueError: The hidden units cannot be shared out evenly.
    """
    shares = zip(_cut(W_in, 1, n_devices), _cut(W_out, 0, n_devices), strict=True)
    return [activation(x @ columns) @ rows for columns, rows in shares]


def attention_shares(
    x: Float[Tensor, "B T D"],
    weights: Sequence[Float[Tensor, "D HDh"]],
    W_out: Float[Tensor, "HDh D"],
    n_heads: int,
    n_devices: int,
) -> list[Float[Tensor, "B T D"]]:
    """Return what each device adds to the output of causal self-attention: that of its own heads.

    Args:
        x: What all devices have.
        weights: The matrices of queries, keys and values, heads side by side in the columns.
        W_out: The matrix that brings the heads together.
        n_heads: Number of heads (H) of all devices together.
        n_devices: How many shares.

    Raises:
        ValueError: The heads cannot be shared out evenly.
    """
    if n_heads % n_devices:
        raise ValueError(f"{n_heads} heads cannot be shared out evenly to {n_devices} devices")
    cut = [_cut(matrix, 1, n_devices) for matrix in (*weights, W_out.T)]
    mask = causal_mask(x.shape[1], x.shape[1])
    shares = []
    for W_q, W_k, W_v, W_back in zip(*cut, strict=True):
        q, k, v = (
            (x @ matrix).unflatten(-1, (n_heads // n_devices, -1)).transpose(1, 2)  # B H/n T Dh
            for matrix in (W_q, W_k, W_v)
        )
        heads = scaled_dot_product_attention(q, k, v, mask).values
        shares.append(heads.transpose(1, 2).flatten(2) @ W_back.T)
    return shares


def _cut(matrix: Tensor, dim: int, n_devices: int) -> tuple[Tensor, ...]:
    if n_devices < 1 or matrix.shape[dim] % n_devices:
        raise ValueError(f"{matrix.shape[dim]} cannot be shared out evenly to {n_devices} devices")
    return torch.chunk(matrix, n_devices, dim=dim)
