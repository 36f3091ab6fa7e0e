"""A small network that finds the distances of all pairs of points from those of some.

Like the Evoformer of AlphaFold 2 (Jumper et al. 2021, doi:10.1038/s41586-021-03819-2) it keeps a
vector for every pair, and lets pairs speak to each other by triangle updates. There is nothing
else: no sequence, and no attention.

Axes: B clouds, N points, C numbers for a pair.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.data.point_distances import Measurements, measure_clouds
from course_lib.layers import FeedForward, LayerNorm
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
from course_lib.triangle_update import SumsApart, TriangleUpdate

MIXINGS: dict[str, type[TriangleUpdate]] = {"triangle": TriangleUpdate, "apart": SumsApart}
"""How pairs speak to each other: over a common third corner, or each corner by itself."""

N_INPUTS = 3
"""The measured distance, whether there is one, and whether both points are the same."""


@dataclass(frozen=True, kw_only=True)
class FinderConfig:
    """Sizes of a finder, and how it is trained.

    Attributes:
        mixing: One of `MIXINGS`.
        d_pair: Numbers for a pair (C).
        n_layers: Blocks, each with an outgoing and an incoming update.
        n_points: Points of a cloud in training (N).
        n_steps: Number of batches.
        batch_size: Clouds in a batch.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
    """

    mixing: str = "triangle"
    d_pair: int = 16
    n_layers: int = 3
    n_points: int = 12
    n_steps: int = 500
    batch_size: int = 16
    learning_rate: float = 6e-3
    n_warmup: int = 30

    def __post_init__(self) -> None:
        if self.mixing not in MIXINGS:
            raise ValueError(f"there is no mixing {self.mixing!r}; there are {', '.join(MIXINGS)}")


class FinderBlock(nn.Module):
    """Two updates and a feed-forward layer, each added to the pairs."""

    def __init__(self, cfg: FinderConfig, generator: torch.Generator) -> None:
        super().__init__()
        update, width = MIXINGS[cfg.mixing], cfg.d_pair
        self.outgoing = update(width, width, incoming=False, generator=generator)
        self.incoming = update(width, width, incoming=True, generator=generator)
        self.norm = LayerNorm(width)
        self.feed_forward = FeedForward(width, 2 * width)
        _draw_weights(self.feed_forward, generator)

    def forward(
        self, pairs: Float[Tensor, "B N N C"], speaks: Bool[Tensor, "B N N"] | None = None
    ) -> Float[Tensor, "B N N C"]:
        """Return the pairs after the block; see `TriangleUpdate` for who speaks."""
        pairs = pairs + self.outgoing(pairs, speaks)
        pairs = pairs + self.incoming(pairs, speaks)
        return pairs + self.feed_forward(self.norm(pairs))


class DistanceFinder(nn.Module):
    """Find all distances from some."""

    def __init__(self, cfg: FinderConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.cfg = cfg
        self.to_pairs = nn.Linear(N_INPUTS, cfg.d_pair)
        self.blocks = nn.ModuleList(FinderBlock(cfg, generator) for _ in range(cfg.n_layers))
        self.final_norm = LayerNorm(cfg.d_pair)
        self.to_distance = nn.Linear(cfg.d_pair, 1)
        _draw_weights(nn.ModuleList([self.to_pairs, self.to_distance]), generator)
        # Without it unknown pairs would begin at 0, where the slope of a norm is huge.
        nn.init.normal_(self.to_pairs.bias, generator=generator)

    def forward(self, known: Measurements) -> Float[Tensor, "B N N"]:
        """Say how far apart the points of each pair are; both orders of a pair get the same.

        Args:
            known: Of which only what was measured is read.
        """
        same = torch.eye(known.measured.shape[-1]).to(known.measured).expand_as(known.measured)
        is_measured = known.is_measured.to(known.measured)
        pairs = self.to_pairs(torch.stack([known.measured, is_measured, same], dim=-1))
        for layer, block in enumerate(self.blocks):
            # Pairs of which nothing is known have nothing to say at first.
            pairs = block(pairs, ~known.is_hidden if layer == 0 else None)
        found = self.to_distance(self.final_norm(pairs)).squeeze(-1)
        return (found + found.mT) / 2


def train_finder(
    cfg: FinderConfig, seed: int, on_step: Callable[[int, float], object] | None = None
) -> DistanceFinder:
    """Train a finder on new clouds at every step, to the least squared error.

    Args:
        cfg: Sizes and training.
        seed: Of the first weights and of the clouds.
        on_step: Called after each step with the step and its loss.

    Returns:
        The network, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = DistanceFinder(cfg, generator)
    train(
        model,
        iter(lambda: measure_clouds(cfg.batch_size, cfg.n_points, generator), None),
        squared_error,
        torch.optim.AdamW(
            model.parameters(), lr=cfg.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
        ),
        n_steps=cfg.n_steps,
        schedule=linear_decay(cfg.n_steps, cfg.n_warmup),
        on_step=on_step,
    )
    return model.eval()


def squared_error(model: nn.Module, known: Measurements) -> Float[Tensor, ""]:
    """Return the mean squared error over all pairs of two different points."""
    different = known.is_measured | known.is_hidden
    return F.mse_loss(model(known)[different], known.distances[different])


def _draw_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the linear layers so that inputs of variance 1 give outputs of variance 1."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5, generator=generator)
            nn.init.zeros_(layer.bias)
