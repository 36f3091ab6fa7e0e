"""What the grid of heads is given: texts with the weights of a model, checked and packed.

Axes: H heads of a layer, T words. Only what a word may see is kept, itself and what stands before
it, in thousandths: more digits than are shown would make every page heavier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

# Squares that can still be seen on a phone, buttons in one line, pictures side by side.
MAX_WORDS, MAX_TEXTS = 40, 4
MAX_LAYERS, MAX_HEADS = 6, 4
# Rows come from a softmax in float32, or in half of it.
SUM_TOLERANCE = 1e-2
N_AXES = 3

PER_UNIT = 1000
"""Weights are packed as whole numbers of this part of 1."""


@dataclass(frozen=True, kw_only=True)
class HeadText:
    """A text that a causal model has read, and where its heads looked.

    Attributes:
        label: Name of the text, on its button.
        model: Name of the model that read it.
        words: The text.
        weights: One tensor a layer: for each head one row for each word that looks.
        relations: Pairs of a place that looks and the place that it is related to, not after it,
            by kind: "name: meaning". Places count from 0.
        repeat: First place of the second copy, and the period, where a stretch of the text stands
            twice or more: from that place to the end each word is that of one period before.
    """

    label: str
    model: str
    words: Sequence[str]
    weights: Sequence[Float[Tensor, "_ T T"]]
    relations: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    repeat: tuple[int, int] | None = None


def check_texts(texts: Sequence[HeadText]) -> tuple[int, int]:
    """Refuse texts that cannot be shown.

    Returns:
        The number of layers, and of heads in each.

    Raises:
        ValueError: There is no text, one is too long, its weights are not those of a causal model
            or not of as many layers and heads as the first one's, a relation points outside or
            forward, or the stretch that should repeat does not.
    """
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise ValueError(f"give 1 to {MAX_TEXTS} texts, got {len(texts)}")
    sizes = [_check_text(text) for text in texts]
    for text, size in zip(texts, sizes, strict=True):
        if size != sizes[0]:
            raise ValueError(
                f"“{text.label}” has (layers, heads) = {size}, the first text {sizes[0]}: show "
                "models of different sizes in figures of their own"
            )
    return sizes[0]


def _check_text(text: HeadText) -> tuple[int, int]:
    n_words = len(text.words)
    if not 1 <= n_words <= MAX_WORDS:
        raise ValueError(f"“{text.label}” has {n_words} words: give 1 to {MAX_WORDS}")
    for name, pairs in text.relations.items():
        for source, target in pairs:
            if not 0 <= target <= source < n_words:
                raise ValueError(
                    f"“{text.label}” relates place {source} to {target} ({name}): a place from 0 "
                    f"to {n_words - 1} is related to itself or to one before it"
                )
    _check_repeat(text)
    return _check_weights(text)


def _check_repeat(text: HeadText) -> None:
    if text.repeat is None:
        return
    start, period = text.repeat
    if not 1 <= period <= start < len(text.words):
        raise ValueError(
            f"repeat of “{text.label}” is {text.repeat}: give a start inside the text, and a "
            "period from 1 to the start"
        )
    for place in range(start, len(text.words)):
        if text.words[place] != text.words[place - period]:
            raise ValueError(
                f"“{text.label}” does not repeat itself: place {place} has {text.words[place]!r}, "
                f"{period} before it stands {text.words[place - period]!r}"
            )


def _check_weights(text: HeadText) -> tuple[int, int]:
    n_words, n_layers = len(text.words), len(text.weights)
    if not 1 <= n_layers <= MAX_LAYERS:
        raise ValueError(f"“{text.label}” has {n_layers} layers: give 1 to {MAX_LAYERS}")
    n_heads = len(text.weights[0])
    for layer, weights in enumerate(text.weights, start=1):
        where = f"weights of layer {layer} of “{text.label}”"
        if weights.shape != (n_heads, n_words, n_words) or not 1 <= n_heads <= MAX_HEADS:
            raise ValueError(
                f"{where} must have the shape (1 to {MAX_HEADS} heads, the same in each layer; "
                f"{n_words}; {n_words}); got {tuple(weights.shape)}"
            )
        numbers = weights.detach().double()
        if not numbers.isfinite().all() or numbers.min() < 0:
            raise ValueError(f"{where} must be finite and not negative")
        if numbers.triu(1).any():
            raise ValueError(f"{where} look at words that come later: show a causal model")
        if (worst := (numbers.sum(dim=-1) - 1).abs().max().item()) > SUM_TOLERANCE:
            raise ValueError(f"each row of {where} must sum to 1; one is off by {worst:.3g}")
    return n_layers, n_heads


def describe(text: HeadText) -> dict[str, Any]:
    """Return all of a text but its weights, as the page reads it."""
    kinds = [(name.partition(": "), pairs) for name, pairs in text.relations.items()]
    return {
        "label": text.label,
        "model": text.model,
        "words": list(text.words),
        "relations": [
            {"name": name, "meaning": meaning, "pairs": [list(pair) for pair in pairs]}
            for (name, _, meaning), pairs in kinds
            if pairs
        ],
        "repeat": list(text.repeat or ()),
    }


def pack_weights(texts: Sequence[HeadText]) -> bytes:
    """Return all weights as little-endian 16-bit numbers.

    One text after the other, in it one head after the other, of each row the words that it may see.
    """
    packed = []
    for text in texts:
        heads = torch.cat([weights.detach().cpu().double() for weights in text.weights])
        seen = np.tril_indices(len(text.words))
        packed.append((heads.numpy()[:, *seen] * PER_UNIT).round().astype("<u2").tobytes())
    return b"".join(packed)


def unpack_weights(
    packed: bytes, lengths: Sequence[int], n_heads: int
) -> list[Float[Tensor, "H T T"]]:
    """Return the weights of each text, one table a head of any layer.

    Args:
        packed: As `pack_weights` returns it.
        lengths: Number of words of each text.
        n_heads: Heads of all layers together.
    """
    flat, tables, start = np.frombuffer(packed, dtype="<u2") / PER_UNIT, [], 0
    for n_words in lengths:
        seen = np.tril_indices(n_words)
        table = np.zeros((n_heads, n_words, n_words))
        size = n_heads * len(seen[0])
        table[:, *seen] = flat[start : start + size].reshape(n_heads, -1)
        tables.append(torch.from_numpy(table))
        start += size
    return tables
