"""The numbers that a GPT learns, as a dict of tensors, and the keys and values that it keeps.

Axes: V vocabulary, D width of the residual stream, F width of the feed-forward layers, H heads of
width Dh, B texts.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Params = dict[str, Tensor]
"""Every parameter by its name: `embedding`, `final_norm`, and `0.W_q` for `W_q` of block 0."""

Past = list[tuple[Tensor, Tensor]]
"""Keys and values of all tokens so far (each B H T Dh), a pair for each block."""

State = dict[str, tuple[Tensor, Tensor, int]]
"""What AdamW remembers of each parameter: two running means and the number of updates."""

NORM_EPS = 1e-5
"""Added to the mean square in every normalisation, as in LLaMA."""

MAX_NORM = 1.0
"""Longest gradient that a step follows, all parameters taken as one vector."""

ADAMW = (0.9, 0.98, 1e-8, 0.01)
"""beta_1, beta_2, eps and weight decay of every step."""

# What a block adds to the stream begins small, so that the embeddings are not drowned there:
# Radford et al. 2019 do the same, with another factor.
RESIDUAL_SCALE = 0.1


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of a GPT.

    Attributes:
        vocab_size: Number of different tokens (V).
        d_model: Width of the residual stream (D).
        n_heads: Heads of each block (H).
        n_layers: Blocks.
        d_ff: Width of the feed-forward layers between their projections (F).
    """

    vocab_size: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.n_heads, self.n_layers, self.d_ff) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % (2 * self.n_heads) or self.d_model < 1:
            raise ValueError(
                f"each of {self.n_heads} heads needs an even share of {self.d_model=}: components "
                "turn in pairs"
            )


def new_params(sizes: Sizes, generator: torch.Generator) -> Params:
    """Draw the parameters of an untrained GPT.

    Args:
        sizes: Sizes of the GPT.
        generator: Where the randomness comes from.

    Returns:
        Embeddings of length about 1, which serve as the output's weights too, matrices that keep
        the size of what they are given, and gains of 1.
    """

    def matrix(n_in: int, n_out: int, scale: float = 1.0) -> Tensor:
        return torch.randn(n_in, n_out, generator=generator) * (scale * n_in**-0.5)

    D, F = sizes.d_model, sizes.d_ff
    embedding = torch.randn(sizes.vocab_size, D, generator=generator) * D**-0.5
    params = {"embedding": embedding, "final_norm": torch.ones(D)}
    for layer in range(sizes.n_layers):
        block = {
            "attention_norm": torch.ones(D),
            **{name: matrix(D, D) for name in ("W_q", "W_k", "W_v")},
            "W_o": matrix(D, D, RESIDUAL_SCALE),
            "feed_forward_norm": torch.ones(D),
            "W_gate": matrix(D, F),
            "W_up": matrix(D, F),
            "W_down": matrix(F, D, RESIDUAL_SCALE),
        }
        params |= {f"{layer}.{name}": tensor for name, tensor in block.items()}
    return params


def params_from_seed(seed: int, **sizes: int) -> Params:
    """Draw the parameters of an untrained GPT; the same numbers give the same parameters.

    Args:
        seed: Where the randomness comes from.
        **sizes: The fields of `Sizes`.
    """
    return new_params(Sizes(**sizes), torch.Generator().manual_seed(seed))


def params_of_block(params: Params, layer: int) -> Params:
    """Give the parameters of one block under their short names, `W_q` for `0.W_q`.

    Raises:
        ValueError: There is no such block.
    """
    start = f"{layer}."
    own = {name[len(start) :]: one for name, one in params.items() if name.startswith(start)}
    if not own:
        raise ValueError(f"there is no block {layer}; there are {count_blocks(params)}")
    return own


def count_blocks(params: Params) -> int:
    """Count the blocks whose parameters these are."""
    return len({name.partition(".")[0] for name in params if "." in name})


def nothing_yet(params: Params, batch_size: int, n_heads: int) -> Past:
    """Make what is kept before the first token was read: no key and no value in any block."""
    embedding: Float[Tensor, "V D"] = params["embedding"]
    d_head = embedding.shape[1] // n_heads
    empty = embedding.detach().new_zeros(batch_size, n_heads, 0, d_head)
    return [(empty, empty) for _ in range(count_blocks(params))]


def new_state(params: Params) -> State:
    """Make AdamW's memory before the first update."""
    return {name: (torch.zeros_like(one), torch.zeros_like(one), 0) for name, one in params.items()}


def count_numbers(params: Params) -> int:
    """Count the numbers that are learned."""
    return sum(one.numel() for one in params.values())
