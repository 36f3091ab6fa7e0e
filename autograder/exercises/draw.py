"""A seeded source of inputs for checks.

The same seed gives the same inputs on every machine (numpy's PCG64). A check is run once with
inputs large enough for every mistake to show, and, when it fails, again with `small` ones that a
person can read: the example in the feedback is never the input that was graded.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from autograder.sandbox.wire import Made

T = TypeVar("T")

LARGE_SIZES = (3, 9)
SMALL_SIZES = (2, 4)


class Draw:
    """Draws sizes, tensors, masks and ids.

    Attributes:
        small: True when the inputs are for a person to read.
    """

    def __init__(self, seed: int, small: bool = False) -> None:
        self.small = small
        self._random = np.random.default_rng(seed)

    def sizes(self, count: int) -> list[int]:
        """Draw sizes that all differ, so that a swapped axis cannot pass."""
        low, high = SMALL_SIZES if self.small else LARGE_SIZES
        candidates = np.arange(low, max(high, low + count - 1) + 1)
        return self._random.choice(candidates, count, replace=False).tolist()

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return int(self._random.integers(low, high, endpoint=True))

    def normal(self, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw normal numbers of a standard deviation; rounded to tenths when small."""
        numbers = self._random.standard_normal(shape) * scale
        return torch.tensor(np.round(numbers, 1) if self.small else numbers, dtype=dtype)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draw a tensor of whole numbers (int64) from `low` to `high`, both included."""
        return torch.tensor(self._random.integers(low, high, shape, endpoint=True))

    def mask(self, *shape: int) -> Tensor:
        """Draw a mask that hides and shows something in each row of two or more."""
        ranks = self._random.random(shape).argsort(-1)
        n_shown = self._random.integers(1, max(2, shape[-1]), (*shape[:-1], 1))
        return torch.tensor(ranks < n_shown)

    def mask_with_extremes(self, n_queries: int, n_keys: int) -> Tensor:
        """Draw a mask with a query that may look at nothing, and one that may look at everything.

        Without the latter each could see a single key, and no score would matter.
        """
        mask = self.mask(n_queries, n_keys)
        nothing, everything = self.order(n_queries)[:2]
        mask[nothing], mask[everything] = False, True
        return mask

    def probabilities(self, count: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw positive shares that sum to one."""
        parts = self._random.integers(1, 9, count, endpoint=True).astype(np.float64)
        if not self.small:
            parts += self._random.random(count)
        return torch.tensor(parts / parts.sum(), dtype=dtype)

    def generator(self) -> Made:
        """Draw a recipe for a `torch.Generator`; `autograder.sandbox.makers.make` makes one."""
        return Made("generator", {"seed": self.integer(0, 2**31 - 1)})

    def choice(self, options: Sequence[T]) -> T:
        """Draw one of the options."""
        return options[int(self._random.integers(len(options)))]

    def order(self, count: int) -> Tensor:
        """Draw an order of `count` things that is not the one they stand in."""
        order = np.arange(count)
        while count > 1 and (order == np.arange(count)).all():
            order = self._random.permutation(count)
        return torch.tensor(order)
