"""The tales as a GPT of one's own reads them: token 0 fills rows up and counts nowhere.

Axes: B tales, T tokens.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence

import torch
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.data import tale_tokens, tinytales
from course_lib.own_gpt.parameters import Params, nothing_yet
from course_lib.own_gpt.parts import Parts

PAD = 0
"""Fills rows up; no text holds it."""

WORDS = ("<pad>", *tale_tokens.TOKENS)
"""What each token says."""

END = len(WORDS) - 1
"""Stands behind the last word of every tale."""


def encode(words: str | Iterable[str]) -> list[int]:
    """Write words as tokens.

    Raises:
        ValueError: A word is in no tale.
    """
    return [token + 1 for token in tale_tokens.encode(words)]


def decode(token_ids: Iterable[int]) -> str:
    """Write tokens as words up to the first `END`, which is not written."""
    return tale_tokens.decode(token - 1 for token in token_ids if token != PAD)


def rows_of(tales: Sequence[tinytales.Story]) -> Int[Tensor, "B T"]:
    """Write tales as rows: their words, `END` once, and `PAD` to the length of the longest."""
    rows = [torch.tensor([*encode(tale.words), END]) for tale in tales]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)


def batches_of_tales(
    batch_size: int, n_batches: int, generator: torch.Generator
) -> list[Int[Tensor, "B _"]]:
    """Tell new tales, and put those of like length into one batch.

    Args:
        batch_size: Tales in a batch (B).
        n_batches: How many batches.
        generator: Where the randomness comes from.

    Returns:
        The batches in random order.
    """
    tales = [tinytales.sample_story(generator) for _ in range(batch_size * n_batches)]
    tales.sort(key=lambda tale: len(tale.words))
    order = torch.randperm(n_batches, generator=generator).tolist()
    return [rows_of(tales[place * batch_size : (place + 1) * batch_size]) for place in order]


@functools.cache
def _held_out(n_tales: int) -> tuple[tuple[tinytales.Story, ...], float]:
    """Give tales that no training meets, and the least loss on them in nats a word."""
    tales = tale_tokens.held_out_tales(n_tales)
    return tuple(tales), tinytales.floor(tales).nats_per_word


def floor_of_tales(n_tales: int) -> float:
    """Give the mean surprise, in nats a word, of the grammar itself at the held-out tales."""
    return _held_out(n_tales)[1]


@torch.no_grad()
def nats_per_word(params: Params, n_heads: int, parts: Parts, n_tales: int) -> float:
    """Measure a GPT on held-out tales as `tinytales.floor` measures the grammar.

    Every word but the first counts, and the end of the tale, so that a tale has as many targets as
    words; the first word is the same in every tale.

    Args:
        params: Of the GPT.
        n_heads: Number of heads.
        parts: Its functions.
        n_tales: How many tales.
    """
    tales = sorted(_held_out(n_tales)[0], key=lambda tale: len(tale.words))
    nats, n_words = 0.0, 0
    for rows in _in_batches(tales):
        past = nothing_yet(params, len(rows), n_heads)
        logits, _ = parts.gpt(rows.to(params["embedding"].device), params, past, n_heads, parts)
        surprise = nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1).cpu(),
            rows[:, 1:].flatten(),
            ignore_index=PAD,
            reduction="sum",
        )
        nats += surprise.item()
        n_words += int((rows[:, 1:] != PAD).sum())
    return nats / n_words


def _in_batches(tales: Sequence[tinytales.Story], size: int = 50) -> Iterator[Int[Tensor, "B T"]]:
    for start in range(0, len(tales), size):
        yield rows_of(tales[start : start + size])
