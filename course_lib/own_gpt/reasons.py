"""A preference that a program can judge: tales that give reasons.

Of two ways in which a tale goes on, the one is preferred that says "because" more often. Axes: P
pairs, T tokens.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.data import tinytales
from course_lib.own_gpt.tales import PAD, encode

Answers = tuple[Tensor, Tensor]  # P T each; chosen and rejected texts differ in length
"""Texts, and True where a token belongs to what was written behind an opening."""

BECAUSE = encode("because")[0]


def draw_openings(n_openings: int, generator: torch.Generator) -> list[Int[Tensor, "1 _"]]:
    """Tell the first sentence of so many tales."""
    openings = []
    for _ in range(n_openings):
        words = tinytales.sample_story(generator).words
        openings.append(torch.tensor([encode(words[: words.index(".") + 1])]))
    return openings


def count_reasons(text: Int[Tensor, "1 T"]) -> int:
    """Count how often a text says "because"."""
    return int((text == BECAUSE).sum())


def compare_reasons(
    openings: Sequence[Int[Tensor, "1 _"]],
    write: Callable[[Int[Tensor, "1 T"]], Int[Tensor, "1 T_all"]],
) -> tuple[Answers, Answers]:
    """Write on twice behind each opening, and prefer the text with more reasons.

    Args:
        openings: How the texts begin.
        write: Gives an opening with what it writes behind it, each time something else.

    Returns:
        The texts that were preferred, and the others; openings after which both gave equally many
        reasons are left out.

    Raises:
        ValueError: No opening is left.
    """
    chosen, rejected = [], []
    for opening in openings:
        pair = sorted((write(opening), write(opening)), key=count_reasons)
        if count_reasons(pair[0]) < count_reasons(pair[1]):
            rejected.append((pair[0], opening.shape[1]))
            chosen.append((pair[1], opening.shape[1]))
    if not chosen:
        raise ValueError("no two texts differ in their reasons: write longer ones, or more")
    return _as_answers(chosen), _as_answers(rejected)


def _as_answers(texts: list[tuple[Tensor, int]]) -> Answers:
    """Put texts into rows, and mark what stands behind each opening."""
    rows = nn.utils.rnn.pad_sequence(
        [text[0] for text, _ in texts], batch_first=True, padding_value=PAD
    )
    first = torch.tensor([[n_opening] for _, n_opening in texts])
    return rows, (torch.arange(rows.shape[1]) >= first) & (rows != PAD)
