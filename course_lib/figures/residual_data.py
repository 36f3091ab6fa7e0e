"""What the figure of the residual stream is given: texts that a decoder has read, packed.

Axes: T words, S stages (the embedding, and the stream after each part of each block), K words that
the lens reads best. Each text is read with all parts on, without each part, without all attention
and without all feed-forward layers: the cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from course_lib.analysis.stream_trace import PARTS_A_BLOCK, part_name, trace_stream
from course_lib.decoder import Decoder

# Rows that can still be seen at once, words that fit a phone, and pages that stay light.
MAX_LAYERS, MAX_WORDS, MAX_TEXTS = 6, 40, 3
N_READ = 4
"""How many words the lens shows of each stage (K)."""

PER_LENGTH, PER_UNIT = 1000, 10_000
"""Lengths, and cosines and probabilities, are packed as whole numbers of these parts of 1."""

READING = np.dtype(
    [
        ("length", "<u4"),
        ("added", "<u4"),
        ("cosine", "<u2"),
        ("words", "<u2", N_READ),
        ("shares", "<u2", N_READ),
        ("next_share", "<u2"),
        ("next_rank", "<u2"),
    ]
)
"""One stage at one word: the stream's length, what the part added and its cosine with the stream
that it found (plus 1), the words read there with their probabilities, and the probability and the
rank of the word that follows in the text, 0 where none does."""


@dataclass(frozen=True, kw_only=True)
class StreamText:
    """A text that a decoder has read in all cases.

    Attributes:
        label: Name of the text, on its button.
        model: Name of the model that read it.
        words: The text.
        vocabulary: What the word numbers in the readings mean.
        n_layers: Blocks of the decoder.
        readings: The records of each case, one after another, one a stage and a word; a case holds
            the stages that differ from the first case only, see `first_stage`.
    """

    label: str
    model: str
    words: Sequence[str]
    vocabulary: Sequence[str]
    n_layers: int
    readings: np.ndarray


def cases_of(n_layers: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return the name of each case and the parts that it switches off; the first has all on."""
    parts = range(PARTS_A_BLOCK * n_layers)
    return [
        ("nothing", ()),
        *((part_name(part), (part,)) for part in parts),
        ("all attention", tuple(parts[::PARTS_A_BLOCK])),
        ("all feed-forward", tuple(parts[1::PARTS_A_BLOCK])),
    ]


def first_stage(off: Sequence[int]) -> int:
    """Return the first stage of a case that can differ from the case with all on; there, 0."""
    return min(off) + 1 if off else 0


def read_text(
    decoder: Decoder, words: Sequence[str], vocabulary: Sequence[str], *, label: str, model: str
) -> StreamText:
    """Let a decoder read a text in all cases, and keep what the figure shows of it.

    Args:
        decoder: The model.
        words: The text, each word in the vocabulary.
        vocabulary: What each token of the decoder says.
        label: Name of the text.
        model: Name of the model.

    Raises:
        ValueError: The text or the decoder is larger than the figure can show, a word is not in the
            vocabulary, or the vocabulary is not the decoder's.
    """
    _check_sizes(decoder, words, vocabulary, label)
    numbers = {word: number for number, word in enumerate(vocabulary)}
    if unknown := [word for word in words if word not in numbers]:
        raise ValueError(f"“{label}” has the word {unknown[0]!r}, which is not in the vocabulary")
    token_ids = torch.tensor([numbers[word] for word in words])
    n_layers = len(decoder.blocks)
    cases = [
        _read_case(decoder, token_ids, off)[first_stage(off) :] for _, off in cases_of(n_layers)
    ]
    return StreamText(
        label=label,
        model=model,
        words=list(words),
        vocabulary=list(vocabulary),
        n_layers=n_layers,
        readings=np.concatenate([case.ravel() for case in cases]),
    )


def _check_sizes(
    decoder: Decoder, words: Sequence[str], vocabulary: Sequence[str], label: str
) -> None:
    if not 1 <= len(words) <= MAX_WORDS:
        raise ValueError(f"“{label}” has {len(words)} words: give 1 to {MAX_WORDS}")
    if (n_layers := len(decoder.blocks)) > MAX_LAYERS:
        raise ValueError(f"the decoder has {n_layers} layers: give at most {MAX_LAYERS}")
    if not N_READ <= len(vocabulary) == decoder.cfg.vocab_size:
        raise ValueError(
            f"{len(vocabulary)} words for a decoder of {decoder.cfg.vocab_size} tokens: give as "
            f"many, and {N_READ} or more"
        )


def _read_case(decoder: Decoder, token_ids: Int[Tensor, " T"], off: Sequence[int]) -> np.ndarray:
    """Write down what happens to the stream: records of the shape (S, T)."""
    trace = trace_stream(decoder, token_ids, off)
    shares = trace.logits.double().softmax(dim=-1)  # S T V
    best = shares.topk(N_READ, dim=-1)
    records = np.zeros(shares.shape[:2], dtype=READING)
    records["length"] = _packed(trace.streams.double().norm(dim=-1), PER_LENGTH)
    records["added"][1:] = _packed(trace.additions.double().norm(dim=-1), PER_LENGTH)
    records["cosine"][1:] = _packed(1 + trace.cosines().double(), PER_UNIT)
    records["words"] = best.indices.numpy()
    records["shares"] = _packed(best.values, PER_UNIT)
    following = token_ids[1:].expand(len(shares), -1)[..., None]  # S T-1 1
    of_next = shares[:, :-1].gather(-1, following)
    records["next_share"][:, :-1] = _packed(of_next[..., 0], PER_UNIT)
    records["next_rank"][:, :-1] = 1 + (shares[:, :-1] > of_next).sum(dim=-1).numpy()
    return records


def _packed(numbers: Tensor, per_unit: int) -> np.ndarray:
    return (numbers.numpy() * per_unit).round().astype("<u4")


def check_texts(texts: Sequence[StreamText]) -> None:
    """Refuse texts that cannot be shown in one figure.

    Raises:
        ValueError: There are none or too many, or their decoders differ in layers or vocabulary.
    """
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise ValueError(f"give 1 to {MAX_TEXTS} texts, got {len(texts)}")
    for text in texts:
        if text.n_layers != texts[0].n_layers:
            raise ValueError(
                f"“{text.label}” was read by {text.n_layers} layers, the first text by "
                f"{texts[0].n_layers}: show them in figures of their own"
            )
        if list(text.vocabulary) != list(texts[0].vocabulary):
            raise ValueError(f"“{text.label}” has another vocabulary than the first text")


def pack_readings(texts: Sequence[StreamText]) -> tuple[list[str], bytes]:
    """Return the words that the lens reads anywhere, and all records that number them.

    One text after the other. Of a large vocabulary a page needs a small part only.
    """
    used = np.unique(np.concatenate([text.readings["words"].ravel() for text in texts]))
    packed = []
    for text in texts:
        records = text.readings.copy()
        records["words"] = np.searchsorted(used, records["words"])
        packed.append(records.tobytes())
    return [texts[0].vocabulary[int(number)] for number in used], b"".join(packed)


def unpack_readings(packed: bytes, lengths: Sequence[int], n_layers: int) -> list[np.ndarray]:
    """Return the records of each text, of the shape (cases, S, T).

    Args:
        packed: As `pack_readings` returns it.
        lengths: Number of words of each text.
        n_layers: Blocks of the decoder.
    """
    cases, n_stages = cases_of(n_layers), PARTS_A_BLOCK * n_layers + 1
    flat, start, texts = np.frombuffer(packed, dtype=READING), 0, []
    for n_words in lengths:
        whole = np.zeros((len(cases), n_stages, n_words), dtype=READING)
        for case, (_, off) in enumerate(cases):
            first = first_stage(off)
            size = (n_stages - first) * n_words
            whole[case] = whole[0]
            whole[case, first:] = flat[start : start + size].reshape(-1, n_words)
            start += size
        texts.append(whole)
    return texts
