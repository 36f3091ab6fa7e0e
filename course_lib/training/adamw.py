"""AdamW, written out: what torch's fused optimiser does to each number.

Training loops take `torch.optim.AdamW`, which does the same in fewer passes over memory.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class AdamWConfig:
    """How far and how steadily AdamW moves.

    Attributes:
        learning_rate: Length of a step along a gradient that never changes.
        beta_1: Share of the mean of gradients that is kept at each update.
        beta_2: Share of the mean of squared gradients that is kept at each update.
        eps: Added to the root of that mean, against division by 0.
        weight_decay: Share of each parameter that is taken away, times the learning rate.
    """

    learning_rate: float
    beta_1: float
    beta_2: float
    eps: float
    weight_decay: float

    def __post_init__(self) -> None:
        for name in ("learning_rate", "eps", "weight_decay"):
            if not (value := getattr(self, name)) >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        for name in ("beta_1", "beta_2"):
            if not 0 <= (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be at least 0 and less than 1, got {value}")


@dataclass(frozen=True)
class Moments:
    """What AdamW remembers of the gradients of one parameter.

    Attributes:
        mean: Running mean of the gradients, still pulled towards its start at 0.
        square: Running mean of their squares, pulled towards 0 too.
        n_updates: How many gradients went in.
    """

    mean: Float[Tensor, "*shape"]
    square: Float[Tensor, "*shape"]
    n_updates: int

    @classmethod
    def none_yet(cls, param: Float[Tensor, "*shape"]) -> "Moments":
        """Begin with no gradient seen."""
        return cls(torch.zeros_like(param), torch.zeros_like(param), 0)

    def after(self, grad: Float[Tensor, "*shape"], cfg: AdamWConfig) -> "Moments":
        """Take in one gradient."""
        return Moments(
            self.mean.lerp(grad, 1 - cfg.beta_1),
            self.square.lerp(grad.square(), 1 - cfg.beta_2),
            self.n_updates + 1,
        )

    def step(self, cfg: AdamWConfig) -> Float[Tensor, "*shape"]:
        """Give the step before the learning rate: the mean in units of its usual size.

        Both means began at 0 and are too small by a known factor, which is taken out.
        """
        mean = self.mean / (1 - cfg.beta_1**self.n_updates)
        square = self.square / (1 - cfg.beta_2**self.n_updates)
        return mean / (square.sqrt() + cfg.eps)


def adamw_update(
    param: Float[Tensor, "*shape"],
    grad: Float[Tensor, "*shape"],
    moments: Moments,
    cfg: AdamWConfig,
) -> tuple[Float[Tensor, "*shape"], Moments]:
    """Move a parameter once.

    Implements Loshchilov and Hutter 2019 (arXiv:1711.05101), algorithm 2, with the decay times the
    learning rate as in `torch.optim.AdamW`; the moments are those of Kingma and Ba 2015
    (arXiv:1412.6980), algorithm 1.

    Args:
        param: The numbers that are learned.
        grad: Gradient of the loss by them.
        moments: What was remembered so far.
        cfg: How far to move.

    Returns:
        The parameter and the moments afterwards. The arguments are left as they are.

    Raises:
        ValueError: Parameter and gradient differ in shape.
    """
    if param.shape != grad.shape:
        raise ValueError(
            f"a parameter of shape {tuple(param.shape)} has a gradient of {tuple(grad.shape)}"
        )
    moments = moments.after(grad, cfg)
    shrunk = param * (1 - cfg.learning_rate * cfg.weight_decay)
    return shrunk - cfg.learning_rate * moments.step(cfg), moments
