"""Where heads look most: at which word a query puts the largest of its weights.

Axes: B batch, T positions, L layers, H heads.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.attention import MultiHeadOutput


def looks_most_at(
    weights: Float[Tensor, "B H T T"],
    queries: Int[Tensor, " B"],
    keys: Int[Tensor, " B"],
) -> Bool[Tensor, "B H"]:
    """Tell for each sentence and head whether one query looks at one key most.

    Args:
        weights: Attention weights of one layer.
        queries: Index of the query in each sentence.
        keys: Index of the key in each sentence.

    Returns:
        True where the key's weight is the largest of that query's. Among equal weights the first
        key counts as the largest.
    """
    rows = torch.arange(len(queries), device=weights.device)
    most = weights[rows, :, queries].argmax(dim=-1)  # B H
    return most == keys[:, None]


def attention_share(
    layers: Sequence[MultiHeadOutput],
    queries: Int[Tensor, " B"],
    keys: Int[Tensor, " B"],
) -> Float[Tensor, "L H"]:
    """Count in what share of the sentences each head looks most from a query at a key.

    Args:
        layers: What each layer's heads computed on the sentences.
        queries: Index of the query in each sentence, say of a pronoun.
        keys: Index of the key in each sentence, say of the word that the pronoun stands for.

    Returns:
        A share between 0 and 1 by layer and head.
    """
    looks = [looks_most_at(layer.weights, queries, keys) for layer in layers]
    return torch.stack(looks).float().mean(dim=1)  # L B H → L H


def fixed_choice_share(choices: Int[Tensor, " B"], keys: Int[Tensor, " B"]) -> float:
    """Count how often a head would be right that looks at a fixed choice, whatever the context.

    This is what a head's share is to be compared with: always at the animal, always at the first
    noun.

    Args:
        choices: Index of the word that the imagined head looks at in each sentence.
        keys: Index of the word that it should look at.

    Returns:
        A share between 0 and 1.
    """
    return (choices == keys).float().mean().item()
