"""Handwritten digits that look one way or another, and phrases that say what they are.

A *thing* is a digit together with a look. A few things are held out: no training sees them, though
it sees their digit with other looks, and their look on other digits.

Axes: B batch, N things, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

LOOKS = ("plain", "inverted", "rotated", "thick")
LOOK_WORDS = (
    ("plain", "ordinary"),
    ("inverted", "negative"),
    ("rotated", "turned"),
    ("thick", "bold"),
)
"""What each look is called."""
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

PHRASINGS = (
    "a {look} {digit}",
    "the {look} digit {digit}",
    "this is a {digit} , {look}",
    "a picture of a {look} {digit}",
    "handwritten {digit} , {look}",
    "the digit {digit} looks {look}",
)
"""What a training may read."""
OTHER_PHRASINGS = (
    "this digit is a {look} {digit}",
    "a handwritten digit {digit} , {look}",
    "the picture looks {look} , a picture of {digit}",
)
"""What it never reads, although it reads each of their words."""

NO_INK = -1.0
"""A pixel of the paper, as `course_lib.data.digits` gives it; 1 is most ink."""


@dataclass(frozen=True, order=True)
class Thing:
    """What an image shows.

    Attributes:
        digit: From 0 to 9.
        look: Number of one of `LOOKS`.
    """

    digit: int
    look: int

    def __post_init__(self) -> None:
        if self.digit not in range(len(DIGIT_WORDS)) or self.look not in range(len(LOOKS)):
            raise ValueError(f"there is no such thing as {self}")


THINGS = tuple(Thing(*pair) for pair in product(range(len(DIGIT_WORDS)), range(len(LOOKS))))
HELD_OUT = (Thing(2, 1), Thing(7, 1), Thing(3, 2), Thing(5, 2), Thing(4, 3), Thing(8, 3))
"""Two digits for each look but the plain one."""
SEEN = tuple(thing for thing in THINGS if thing not in HELD_OUT)

_WORDS = sorted(
    {word for phrasing in PHRASINGS for word in phrasing.split() if "{" not in word}
    | {word for words in LOOK_WORDS for word in words}
    | set(DIGIT_WORDS)
)
PHRASE_TOKENS = ("<padding>", "<end>", *_WORDS)
PADDING, END = 0, 1
MAX_PHRASE_TOKENS = 12
"""No phrase with its end is longer."""
_IDS = {word: number for number, word in enumerate(PHRASE_TOKENS)}


def change_look(
    images: Float[Tensor, "B 1 side side"], look: int
) -> Float[Tensor, "B 1 side side"]:
    """Make images look one way.

    Args:
        images: Plain ones, -1 for no ink and 1 for most.
        look: Number of one of `LOOKS`: as they are; ink and paper exchanged; turned by 90° against
            the clock; each stroke wider by a pixel, to the left and upwards.

    Raises:
        ValueError: There is no such look.
    """
    match look:
        case 0:
            return images
        case 1:
            return -images
        case 2:
            return images.rot90(dims=(2, 3))
        case 3:
            return F.max_pool2d(F.pad(images, (0, 1, 0, 1), value=NO_INK), 2, stride=1)
    raise ValueError(f"there is no look {look}; there are {len(LOOKS)}")


def change_looks(
    images: Float[Tensor, "B 1 side side"], looks: Int[Tensor, " B"]
) -> Float[Tensor, "B 1 side side"]:
    """Make each image look its own way; see `change_look`."""
    changed = images.clone()
    for look in looks.unique().tolist():
        changed[looks == look] = change_look(images[looks == look], look)
    return changed


def describe(thing: Thing, phrasing: str, synonym: int = 0) -> str:
    """Say in words what an image shows.

    Args:
        thing: A digit and its look.
        phrasing: One of `PHRASINGS` or `OTHER_PHRASINGS`.
        synonym: Which of the two words for the look to use.
    """
    return phrasing.format(look=LOOK_WORDS[thing.look][synonym], digit=DIGIT_WORDS[thing.digit])


def encode_phrases(phrases: Sequence[str]) -> Int[Tensor, "B T"]:
    """Write phrases as tokens, each with its end and padding behind it.

    Raises:
        ValueError: A word is unknown, or a phrase is too long.
    """
    rows = torch.full((len(phrases), MAX_PHRASE_TOKENS), PADDING)
    for row, phrase in zip(rows, phrases, strict=True):
        words = phrase.split()
        if unknown := [word for word in words if word not in _IDS]:
            raise ValueError(f"unknown words in {phrase!r}: {', '.join(unknown)}")
        if len(words) >= MAX_PHRASE_TOKENS:
            raise ValueError(f"{phrase!r} has {len(words)} words, the end needs a place too")
        row[: len(words) + 1] = torch.tensor([*(_IDS[word] for word in words), END])
    return rows
