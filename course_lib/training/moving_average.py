"""A second set of weights that follows those in training slowly, and is calmer than they are.

Ho et al. 2020 (arXiv:2006.11239), appendix B, paint with such weights.
"""

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


class MovingAverage(Generic[Model]):
    """An exponential moving average of a model's parameters.

    Attributes:
        model: A copy of the model with the averaged parameters, in evaluation mode.
    """

    def __init__(self, model: Model, keep: float) -> None:
        """Start from the model as it is.

        Args:
            model: What is trained.
            keep: Share of the average that stays at each update, from 0 to below 1.

        Raises:
            ValueError: The share is none.
        """
        if not 0 <= keep < 1:
            raise ValueError(f"{keep=} must be at least 0 and below 1")
        self.keep = keep
        self.model = copy.deepcopy(model).eval()

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Move every parameter of the average a little towards the model's."""
        pairs = zip(self.model.parameters(), model.parameters(), strict=True)
        for averaged, current in pairs:
            averaged.lerp_(current, 1 - self.keep)
