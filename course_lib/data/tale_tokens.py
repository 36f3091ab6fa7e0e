"""The tales as a language model reads them: a token a word, and one that says that a tale is over.

Axes: B tales, T tokens.
"""

from collections.abc import Iterable, Iterator, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.data import tinytales

END = len(tinytales.VOCABULARY)
"""Stands behind the last word of every tale."""

TOKENS = (*tinytales.VOCABULARY, "<end>")
"""What each token says; `END` is the last."""

START = "once"
"""The first word of every tale, from which a model goes on."""

TEST_SEED = 2_000_000
"""Seed of the tales that no training has seen."""

_NUMBERS = {word: number for number, word in enumerate(TOKENS)}
_NOT_COUNTED = -100  # what torch's cross-entropy passes over


def encode(words: str | Iterable[str]) -> list[int]:
    """Write words as tokens.

    Args:
        words: A string with spaces between the words, or the words.

    Raises:
        ValueError: A word is in no tale. The error names the first.
    """
    words = words.split() if isinstance(words, str) else list(words)
    if unknown := [word for word in words if word not in _NUMBERS]:
        raise ValueError(f"no tale has the word {unknown[0]!r}")
    return [_NUMBERS[word] for word in words]


def decode(token_ids: Iterable[int]) -> str:
    """Write tokens as words up to the first `END`, which is not written."""
    words = []
    for token in token_ids:
        if token == END:
            break
        words.append(TOKENS[token])
    return " ".join(words)


def make_batch(tales: Sequence[tinytales.Story]) -> Int[Tensor, "B T"]:
    """Write tales as tokens, each with `END` behind it as often as fills the row."""
    rows = [torch.tensor([*encode(tale.words), END]) for tale in tales]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=END)


def tale_batches(
    batch_size: int, generator: torch.Generator, n_sorted: int = 1
) -> Iterator[Int[Tensor, "B T"]]:
    """Draw batches of new tales without end.

    Args:
        batch_size: Tales in a batch (B).
        generator: Where the randomness comes from.
        n_sorted: For how many batches tales are told at a time and sorted by length, so that
            tales of like length share a batch and little is filled up; the batches come in random
            order. At 1 nothing is sorted.
    """
    while True:
        tales = [tinytales.sample_story(generator) for _ in range(batch_size * n_sorted)]
        order = [0]
        if n_sorted > 1:
            tales.sort(key=lambda tale: len(tale.words))
            order = torch.randperm(n_sorted, generator=generator).tolist()
        for place in order:
            yield make_batch(tales[place * batch_size : (place + 1) * batch_size])


def held_out_tales(n_tales: int, seed: int = TEST_SEED) -> list[tinytales.Story]:
    """Tell tales for a test, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [tinytales.sample_story(generator) for _ in range(n_tales)]


def tale_loss(model: nn.Module, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of each token of the tales but the first.

    `END` counts once a tale, so that a tale has as many targets as words, and the best possible
    loss is `tinytales.floor`: given the first word, the last `END` is as certain as that word was.
    """
    logits = model(token_ids[:, :-1]).logits
    targets = token_ids[:, 1:].masked_fill(token_ids[:, :-1] == END, _NOT_COUNTED)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=_NOT_COUNTED)


@torch.no_grad()
def total_nats(model: nn.Module, tales: Sequence[tinytales.Story], batch_size: int = 100) -> float:
    """Return what a model pays for all words of some tales, in nats.

    Args:
        model: See `tale_loss`.
        tales: What it reads.
        batch_size: Tales that it reads at once.
    """
    parts = [tales[start : start + batch_size] for start in range(0, len(tales), batch_size)]
    return sum(
        tale_loss(model, make_batch(part)).item() * sum(len(tale.words) for tale in part)
        for part in parts
    )
