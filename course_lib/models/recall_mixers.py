"""Readers that differ in nothing but how their layers let positions mix.

A layer normalises, looks one position back (a convolution of width 2, so that a value can be found
by the key before it), mixes, and adds the result to the stream. Mixing is softmax attention, linear
attention, or a selective scan with a gate.

Axes: B batch, T positions, D width of the stream, H heads, N numbers of state a channel.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention import merge_heads, scaled_dot_product_attention, split_heads
from course_lib.layers import LayerNorm
from course_lib.linear_attention import mix_by_products, positive_features
from course_lib.masks import causal_mask
from course_lib.state_space import states_in_turn

Mixer = Literal["attention", "linear", "scan"]


class AttentionMixer(nn.Module):
    """Mix by softmax, or by products; `n_heads` tables of the head's width squared."""

    def __init__(self, d_model: int, n_heads: int, *, is_linear: bool) -> None:
        super().__init__()
        self.n_heads, self.is_linear = n_heads, is_linear
        self.to_qkv = nn.Linear(d_model, 3 * d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Let each position look at itself and those before it."""
        q, k, v = (split_heads(part, self.n_heads) for part in self.to_qkv(x).chunk(3, dim=-1))
        if self.is_linear:
            mixed = mix_by_products(positive_features(q), positive_features(k), v)
        else:
            mask = causal_mask(x.shape[1], x.shape[1])
            mixed = scaled_dot_product_attention(q, k, v, mask).values
        return self.to_out(merge_heads(mixed))


class ScanMixer(nn.Module):
    """Mix by a selective state space with a gate.

    Implements Gu and Dao 2023 (arXiv:2312.00752), algorithm 2 and the gate of figure 3, without
    the widening of the stream and with a convolution of width 2 outside. The rates begin spread out
    below 1 and the steps near 1, where the paper has rates from 1 up and steps below 0.1: what is
    fed is then large enough to be learnt from within some hundred batches.
    """

    def __init__(self, d_model: int, n_states: int) -> None:
        super().__init__()
        self.n_states = n_states
        self.to_parts = nn.Linear(d_model, 2 * d_model, bias=False)
        self.to_B_and_C = nn.Linear(d_model, 2 * n_states, bias=False)
        self.to_delta = nn.Linear(d_model, d_model)
        rates = torch.logspace(-3, -1, n_states)  # what was heard is half gone in 10 to 1,000 steps
        self.log_rates = nn.Parameter(rates.log().repeat(d_model, 1))
        self.skip = nn.Parameter(torch.ones(d_model))
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Feed each channel's state, let it fade, and read it behind the gate."""
        heard, gate = self.to_parts(x).chunk(2, dim=-1)  # B T D
        into, out_of = self.to_B_and_C(x).chunk(2, dim=-1)  # B T N
        delta = F.softplus(self.to_delta(x))  # B T D
        factors = torch.exp(-delta[..., None] * self.log_rates.exp())  # B T D N
        addends = (delta * heard)[..., None] * into[:, :, None]
        states = states_in_turn(factors.transpose(0, 1), addends.transpose(0, 1))  # T B D N
        read = torch.einsum("tbdn,btn->btd", states, out_of)
        return self.to_out((read + self.skip * heard) * F.silu(gate))


class MixingLayer(nn.Module):
    """Normalise, look one position back, mix, and add to the stream."""

    def __init__(self, d_model: int, mixer: nn.Module) -> None:
        super().__init__()
        self.norm = LayerNorm(d_model)
        self.own = nn.Parameter(torch.ones(d_model))
        self.before = nn.Parameter(torch.ones(d_model))
        self.mixer = mixer

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Return the stream after the layer."""
        normed = self.norm(x)
        before = F.pad(normed[:, :-1], (0, 0, 1, 0))
        return x + self.mixer(self.own * normed + self.before * before)


class MixingReader(nn.Module):
    """Read a sequence through some layers, and answer at its last position."""

    def __init__(
        self,
        mixers: tuple[Mixer, ...],
        *,
        vocab_size: int,
        n_answers: int,
        d_model: int,
        n_states: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(vocab_size, d_model))
        self.layers = nn.ModuleList(
            MixingLayer(d_model, build_mixer(mixer, d_model, n_states)) for mixer in mixers
        )
        self.norm = LayerNorm(d_model)
        self.to_answer = nn.Linear(d_model, n_answers)
        _draw(self, d_model, generator)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        """Score each answer."""
        x = F.embedding(token_ids, self.table)  # B T D
        for layer in self.layers:
            x = layer(x)
        return self.to_answer(self.norm(x[:, -1]))


def build_mixer(mixer: Mixer, d_model: int, n_states: int) -> nn.Module:
    """Build one way of mixing.

    Args:
        mixer: Which one. Softmax attention has one head.
        d_model: Width of the stream.
        n_states: Numbers of state a channel: heads of that width for linear attention, so that its
            tables hold `d_model` times as many, as the state of a scan does.

    Raises:
        ValueError: The stream has no heads of that width.
    """
    match mixer:
        case "attention":
            return AttentionMixer(d_model, 1, is_linear=False)
        case "linear":
            if d_model % n_states:
                raise ValueError(f"{d_model=} is not a multiple of {n_states=}")
            return AttentionMixer(d_model, d_model // n_states, is_linear=True)
        case "scan":
            return ScanMixer(d_model, n_states)


def _draw(reader: MixingReader, d_model: int, generator: torch.Generator) -> None:
    """Draw every matrix but the rates of fading; every step begins about 0.7 long."""
    for name, parameter in reader.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif name.endswith("weight") or name == "table":
            nn.init.normal_(parameter, std=d_model**-0.5, generator=generator)
