"""Tales with gaps, in the two ways in which models learn to fill them: word by word, and by spans.

Words are hidden in whole tales, spans in single sentences of tales, which are texts of their own.

Axes: B tales, T tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.data import tinytales
from course_lib.data.tale_tokens import TOKENS, encode

MASK = len(TOKENS)
"""Stands in the place of a hidden word."""
PADDING = len(TOKENS) + 1
"""Stands behind a text that is shorter than its neighbours; a T5 also begins to write with it."""
N_SENTINELS = 10
"""How many tokens there are that stand for a gap of any length."""
SENTINELS = tuple(range(len(TOKENS) + 2, len(TOKENS) + 2 + N_SENTINELS))
"""The gaps' tokens, in the order in which they are used."""
GAP_VOCAB_SIZE = len(TOKENS) + 2 + N_SENTINELS
"""Words, the end of a tale, and the tokens of this module."""

FULL_STOP = "."
NOT_COUNTED = -100
"""What torch's cross-entropy passes over."""
HIDDEN_SHARE = 0.15
"""Share of the words that are to be guessed: Devlin et al. 2019 and Raffel et al. 2020."""
SHORTEST_TEXT = 4
"""Words that a text must have for a gap."""
LONGEST_GAP = 5
"""Gaps have one to so many words, each number as likely: three on average, as in T5."""
# Of the words to be guessed: below the first a mask, then any word, from the second on itself.
_FATES = (0.8, 0.9)


@dataclass(frozen=True)
class MaskedBatch:
    """Tales with hidden words.

    Attributes:
        inputs: What is read.
        targets: The hidden words where they stood, `NOT_COUNTED` elsewhere.
    """

    inputs: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]


@dataclass(frozen=True)
class SpanBatch:
    """Tales with gaps, and what belongs into the gaps.

    Attributes:
        sources: The tales, a sentinel for each gap.
        n_source_tokens: How many of each row are no padding.
        targets: Each sentinel and the words behind it, and one sentinel more.
    """

    sources: Int[Tensor, "B Ts"]
    n_source_tokens: Int[Tensor, " B"]
    targets: Int[Tensor, "B T"]


def hide_words(tales: Sequence[tinytales.Story], generator: torch.Generator) -> MaskedBatch:
    """Hide words of tales as BERT's training does.

    Devlin et al. 2019 (arXiv:1810.04805), section 3.1, task 1.

    Args:
        tales: Whole tales.
        generator: Where the randomness comes from.
    """
    rows = [torch.tensor(encode(tale.words)) for tale in tales]
    token_ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)
    chance = torch.rand(2, *token_ids.shape, generator=generator)
    guessed = (chance[0] < HIDDEN_SHARE) & (token_ids != PADDING)
    other = torch.randint(len(TOKENS), token_ids.shape, generator=generator)
    masked, changed = _FATES
    inputs = torch.where(guessed & (chance[1] < changed), other, token_ids)
    inputs = torch.where(guessed & (chance[1] < masked), MASK, inputs)
    return MaskedBatch(inputs, torch.where(guessed, token_ids, NOT_COUNTED))


def draw_gaps(n_words: int, generator: torch.Generator) -> list[tuple[int, int]]:
    """Draw which words of a text are taken out, as half-open pairs of places.

    Gaps do not touch, are at most half as long as the text, and leave its first and last word.

    Args:
        n_words: How long the text is; at least 4 words.
        generator: Where the randomness comes from.

    Returns:
        The gaps in order: at least one, and about `HIDDEN_SHARE` of the words of a long text.

    Raises:
        ValueError: The text is shorter.
    """
    if n_words < SHORTEST_TEXT:
        raise ValueError(f"{n_words} words are too few for a gap: at least {SHORTEST_TEXT}")
    n_gaps = max(1, round(HIDDEN_SHARE * n_words / ((1 + LONGEST_GAP) / 2)))
    n_gaps = min(n_gaps, N_SENTINELS - 1)
    longest = min(LONGEST_GAP, n_words // 2)
    lengths = torch.randint(1, longest + 1, (n_gaps,), generator=generator).tolist()
    # What is kept is cut at different places, so that at least one word stands between two gaps.
    n_kept = n_words - sum(lengths)
    cuts = (torch.randperm(n_kept - 1, generator=generator)[:n_gaps] + 1).sort().values.tolist()
    starts = [cut + sum(lengths[:place]) for place, cut in enumerate(cuts)]
    return [(start, start + length) for start, length in zip(starts, lengths, strict=True)]


def take_out(words: Sequence[str], gaps: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Write a text with gaps as tokens, and what stood in the gaps.

    Raffel et al. 2020 (arXiv:1910.10683), figure 2.

    Args:
        words: The text.
        gaps: Half-open pairs of places, in order and apart.

    Returns:
        The text with a sentinel for each gap; and each sentinel with the words of its gap, and one
        sentinel more behind the last.
    """
    source, target, place = [], [], 0
    for sentinel, (start, end) in zip(SENTINELS, gaps, strict=False):
        source += [*encode(words[place:start]), sentinel]
        target += [sentinel, *encode(words[start:end])]
        place = end
    return source + encode(words[place:]), [*target, SENTINELS[len(gaps)]]


def put_back(source: Sequence[int], target: Sequence[int]) -> list[str]:
    """Fill the gaps of a text with what somebody wrote for them.

    Args:
        source: Tokens with sentinels.
        target: Sentinels, each with its words behind it; what comes behind a sentinel that was
            met before is left out, and a gap of which nothing is said stays empty.

    Returns:
        The words.
    """
    fillings: dict[int, list[int]] = {}
    current: list[int] = []
    for token in target:
        if token in SENTINELS:
            current = fillings.setdefault(token, [])
        else:
            current.append(token)
    filled = (fillings.get(token, []) if token in SENTINELS else [token] for token in source)
    return [TOKENS[token] for part in filled for token in part if token < len(TOKENS)]


def cut_spans(texts: Sequence[Sequence[str]], generator: torch.Generator) -> SpanBatch:
    """Take spans out of texts as T5's training does.

    Args:
        texts: Their words, at least `SHORTEST_TEXT` of each.
        generator: Where the randomness comes from.
    """
    pairs = [take_out(words, draw_gaps(len(words), generator)) for words in texts]
    sources, targets = (
        nn.utils.rnn.pad_sequence(
            [torch.tensor(row) for row in rows], batch_first=True, padding_value=PADDING
        )
        for rows in zip(*pairs, strict=True)
    )
    return SpanBatch(sources, (sources != PADDING).sum(dim=1), targets)


def sentences_of(words: Sequence[str]) -> list[list[str]]:
    """Cut a tale behind each full stop."""
    ends = [place + 1 for place, word in enumerate(words) if word == FULL_STOP]
    return [list(words[start:end]) for start, end in pairwise([0, *ends])]


def tales_without_end(
    batch_size: int, generator: torch.Generator
) -> Iterator[list[tinytales.Story]]:
    """Tell batches of new tales."""
    while True:
        yield [tinytales.sample_story(generator) for _ in range(batch_size)]


def sentences_without_end(batch_size: int, generator: torch.Generator) -> Iterator[list[list[str]]]:
    """Tell tales, and give their sentences in batches, in the order in which they are told."""
    waiting: list[list[str]] = []
    while True:
        while len(waiting) < batch_size:
            waiting += sentences_of(tinytales.sample_story(generator).words)
        yield waiting[:batch_size]
        waiting = waiting[batch_size:]
