"""A small decoder whose feed-forward layers are experts, and its dense twins.

Experts in place of feed-forward layers are from Fedus et al. 2022 (arXiv:2101.03961), section 2.

Axes: B batch, T positions, N positions of all sequences, E experts, D width of the residual
stream.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.decoder import Decoder, DecoderConfig
from course_lib.expert_balance import uneven_use
from course_lib.layers import GatedFeedForward
from course_lib.mixture_of_experts import (
    MixtureOfExperts,
    choose_by_probability,
    choose_experts,
)
from course_lib.training.accumulation import Batch
from course_lib.training.small_models import begin_quietly

ROUTER_SPREAD = 0.01
"""Of a router's first weights: it begins undecided. Shazeer et al. 2017 (arXiv:1701.06538) begin
with zeros and add noise."""
RESIDUAL_SCALE = 0.1
"""Factor on the first weights of what writes to the residual stream, as in the mini-GPT."""


@dataclass(frozen=True, kw_only=True)
class ExpertDecoderConfig(DecoderConfig):
    """Sizes of a decoder with gated feed-forward layers, of which there may be many.

    Attributes:
        n_experts: How many experts a layer has, each of width `d_ff`. With 1 the layer is dense,
            and has no router.
        n_chosen: How many of them each position visits.
        among_all: Whether a chosen expert counts as much as its probability among all experts, see
            `choose_by_probability`, or the chosen share it out among themselves.
    """

    n_experts: int = 1
    n_chosen: int = 1
    among_all: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.n_chosen <= self.n_experts:
            raise ValueError(f"a position cannot visit {self.n_chosen=} of {self.n_experts=}")


def dense_width(cfg: ExpertDecoderConfig, n_used: int) -> int:
    """Return the width of a dense layer with as many weights as some experts and the router.

    Rounded up, so that the dense layer has no fewer.

    Args:
        cfg: Sizes of the experts.
        n_used: How many experts. With those chosen, the dense layer costs as much for each token;
            with all, it has as many weights.
    """
    matrices_of_an_expert = 3
    return n_used * cfg.d_ff + math.ceil(cfg.n_experts / matrices_of_an_expert)


def build_expert_decoder(cfg: ExpertDecoderConfig, generator: torch.Generator) -> Decoder:
    """Build an untrained decoder of experts, or a dense one.

    Args:
        cfg: Sizes of the decoder.
        generator: Where the weights come from.
    """
    model = Decoder(cfg, generator, spread=cfg.d_model**-0.5)
    for block in model.blocks:
        block.feed_forward = _feed_forward(cfg, generator)
    begin_quietly(model, RESIDUAL_SCALE)
    return model


def active_parameters(model: nn.Module) -> int:
    """Count the parameters that one token meets: all but the experts that it does not visit."""
    total = sum(parameter.numel() for parameter in model.parameters())
    for layer in model.modules():
        if isinstance(layer, MixtureOfExperts):
            of_one = sum(parameter.numel() for parameter in layer.experts[0].parameters())
            total -= (len(layer.experts) - layer.n_chosen) * of_one
    return total


@contextmanager
def watched_routers(model: nn.Module) -> Iterator[list[Float[Tensor, "N E"]]]:
    """Collect what the routers say while the model computes.

    Yields:
        A list that each call of the model adds to: one table a layer, first layer first, with a
        row for each position of each sequence.
    """
    logits: list[Tensor] = []
    handles = [
        layer.router.register_forward_hook(lambda *called: logits.append(called[-1]))
        for layer in model.modules()
        if isinstance(layer, MixtureOfExperts)
    ]
    try:
        yield logits
    finally:
        for handle in handles:
            handle.remove()


def with_balance(
    loss: Callable[[nn.Module, Batch], Float[Tensor, ""]],
    counted: Callable[[Batch], Bool[Tensor, "B T"]],
    *,
    n_chosen: int,
    coefficient: float,
) -> Callable[[nn.Module, Batch], Float[Tensor, ""]]:
    """Add to a loss that experts are used unevenly.

    Args:
        loss: Of a model on a batch.
        counted: At which positions of a batch something stands; the others are no work.
        n_chosen: How many experts a position visits.
        coefficient: Factor on the mean of `uneven_use` over the layers.

    Returns:
        The sum, as `train` wants it.
    """

    def total(model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        with watched_routers(model) as logits:
            value = loss(model, batch)
        rows = counted(batch).flatten()
        uneven = [uneven_use(each[rows], n_chosen) for each in logits]
        return value + coefficient * torch.stack(uneven).mean()

    return total


def _feed_forward(cfg: ExpertDecoderConfig, generator: torch.Generator) -> nn.Module:
    if cfg.n_experts == 1:
        layer: nn.Module = GatedFeedForward(cfg.d_model, cfg.d_ff, F.silu)
    else:
        layer = MixtureOfExperts(
            cfg.d_model,
            cfg.d_ff,
            n_experts=cfg.n_experts,
            n_chosen=cfg.n_chosen,
            activation=F.silu,
            choose=choose_by_probability if cfg.among_all else choose_experts,
        )
    for name, parameter in layer.named_parameters():
        spread = ROUTER_SPREAD if name == "router.weight" else parameter.shape[1] ** -0.5
        nn.init.normal_(parameter, std=spread, generator=generator)
    return layer
