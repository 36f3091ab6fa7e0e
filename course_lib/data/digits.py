"""Real handwritten digits, 8 × 8 pixels each, in two halves that share no image.

The images are the test set of "Optical Recognition of Handwritten Digits" by E. Alpaydin and
C. Kaynak (1998), from the UCI Machine Learning Repository (doi:10.24432/C50P49), as scikit-learn
brings them: 1,797 images by 13 writers. Their licence is CC BY 4.0; nothing in them was changed.
`digits.npz` holds them in that order, the ink of a pixel as a whole number from 0 to 16. The halves
share writers, so that a model that was trained on one half has seen the hands of the other.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

FILE = Path(__file__).with_name("digits.npz")
N_CLASSES = 10
IMAGE_SIZE = 8
"""Height and width of an image, in pixels."""
MOST_INK = 16
"""The ink of a pixel that is wholly covered."""
N_PARTS = 2


@dataclass(frozen=True)
class Digits:
    """Images and what they show.

    Attributes:
        images: The ink of each pixel, -1 for none and 1 for most.
        labels: The digit that each image shows.
    """

    images: Float[Tensor, "B 1 8 8"]
    labels: Int[Tensor, " B"]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    def __getitem__(self, chosen: Int[Tensor, " _"] | slice) -> "Digits":
        """Return some of the images with their labels."""
        return Digits(self.images[chosen], self.labels[chosen])


def all_digits() -> Digits:
    """Return all images, in the order of their file."""
    with np.load(FILE) as arrays:
        ink = torch.from_numpy(arrays["images"].astype(np.float32))
        labels = torch.from_numpy(arrays["labels"].astype(np.int64))
    return Digits(2 * ink.unsqueeze(1) / MOST_INK - 1, labels)


def half_of_digits(part: int) -> Digits:
    """Return one half of the images; both hold as many of each digit, give or take one.

    Args:
        part: 0 or 1.

    Returns:
        The images in the order of their file.

    Raises:
        ValueError: There is no such half.
    """
    if part not in range(N_PARTS):
        raise ValueError(f"the halves are 0 and 1, not {part}")
    digits = all_digits()
    return digits[(_halves() == part).nonzero().flatten()]


@cache
def _halves() -> Int[Tensor, " B"]:
    """Give the images of each digit to the two halves in turn, in an order drawn once."""
    labels = all_digits().labels
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    places = torch.empty_like(labels)
    for digit in range(N_CLASSES):
        own = shuffled[labels[shuffled] == digit]
        places[own] = torch.arange(len(own)) % N_PARTS
    return places
