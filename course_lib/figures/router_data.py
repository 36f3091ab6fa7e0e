"""What the figure of experts is given: texts that decoders of experts have read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from course_lib.analysis.expert_use import word_routes

DECIMALS = 3
"""Of the routers' scores: finer ones change no picture, and pages stay light."""

Scores = Sequence[Sequence[Sequence[float]]]
"""What the routers of one model said: for each layer and word, the score of each expert."""


@dataclass(frozen=True)
class RoutedText:
    """A text, and what each model's routers said of its words.

    Attributes:
        label: Name of the text.
        words: The text.
        scores: One entry a model.
    """

    label: str
    words: Sequence[str]
    scores: Sequence[Scores]


@dataclass(frozen=True)
class RouterModel:
    """A decoder of experts, as the figure speaks of it.

    Attributes:
        name: How it was trained, to choose it by.
        shares: For each layer, the share of all choices that falls on each expert, over many
            texts.
    """

    name: str
    shares: Sequence[Sequence[float]]


def read_text(label: str, text: str, models: Mapping[str, nn.Module]) -> RoutedText:
    """Let decoders of experts read a text.

    Args:
        label: Name of the text.
        text: Words of the tales, with spaces between them.
        models: The decoders, in the order in which the figure gets them.

    Raises:
        ValueError: A word is in no tale, or a model has no experts.
    """
    words = text.split()
    scores = []
    for model in models.values():
        layers = word_routes(model, [words]).logits.tolist()
        scores.append(
            [[[round(score, DECIMALS) for score in row] for row in layer] for layer in layers]
        )
    return RoutedText(label, words, scores)
