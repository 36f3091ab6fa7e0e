"""Byte-level BPE in Python beside `tokenizers` and `tiktoken`, which are written in Rust.

    python benchmarks/bench_tokenizer.py [--json OUT]

The text is the source of Python's standard library. All encoders have the same tokens and give the
same ids; that is checked before they are timed. Cold: a tokenizer that has encoded nothing yet, so
that no piece of the text is known. `tokenizers` is timed on one text, and in the way it is fastest:
the text cut into pieces, on every processor, without keeping where each token stood.
"""

import os
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "true"

import tiktoken
from side_by_side import N_PAIRS, Comparison, compare, report
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from course_lib.gpt2_vocabulary import MERGES_NAME, VOCABULARY_NAME, save
from course_lib.numbered_bpe import NumberedBPE
from course_lib.pair_index import Pair
from course_lib.tokenizer import GPT2_PATTERN, ByteLevelBPE, train_bpe

TRAIN_BYTES, ENCODE_BYTES = 10_000_000, 4_000_000
VOCAB_SIZE = 4096
TRAIN_PAIRS = 3
PIECE_CHARS = 100_000


def comparisons() -> Iterator[Comparison]:
    """Time the training, then the encoding."""
    text = standard_library(TRAIN_BYTES)
    pieces = cut(text)
    yield compare(
        f"train {TRAIN_BYTES / 1e6:g} MB to {VOCAB_SIZE} tokens",
        lambda: train_bpe(text, VOCAB_SIZE),
        "tokenizers",
        lambda: train_peer(pieces),
        target=0.25,
        n_pairs=TRAIN_PAIRS,
    )
    yield from encoding(train_bpe(text, VOCAB_SIZE), text[:ENCODE_BYTES])


def encoding(merges: Sequence[Pair], text: str) -> Iterator[Comparison]:
    """Time the encoding, cold and warm."""
    what, pieces = f"encode {len(text) / 1e6:g} MB", cut(text)
    warm, tik = ByteLevelBPE(merges), tiktoken_peer(merges)
    token_ids = warm.encode(text)
    if not token_ids == peer(merges).encode(text).ids == tik.encode_ordinary(text):
        raise SystemExit("the encoders do not agree")
    # Built before they are timed; the first round does not count.
    cold, one, many, more = (
        [make(merges) for _ in range(N_PAIRS + 1)]
        for make in (ByteLevelBPE, peer, peer, ByteLevelBPE)
    )
    yield compare(
        f"{what}, cold",
        lambda: cold.pop().encode(text),
        "tokenizers, one text",
        lambda: one.pop().encode(text),
        target=1.5,
        note=f"{len(token_ids)} tokens",
    )
    yield compare(
        f"{what}, cold",
        lambda: more.pop().encode(text),
        "tokenizers, fastest way",
        lambda: many.pop().encode_batch_fast(pieces),
        target=1.5,
    )
    yield compare(
        f"{what}, warm",
        lambda: warm.encode(text),
        "tiktoken",
        lambda: tik.encode_ordinary(text),
    )


def standard_library(n_bytes: int) -> str:
    """Read as much of the standard library's source.

    Raises:
        SystemExit: There is less.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    text, n_read = "", 0
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" not in path.parts:
            source = path.read_text(encoding="utf-8", errors="ignore")
            text, n_read = text + source, n_read + len(source.encode())
            if n_read >= n_bytes:
                return text.encode()[:n_bytes].decode(errors="ignore")
    raise SystemExit(f"this Python's standard library has {n_read} bytes of source, not {n_bytes}")


def cut(text: str) -> list[str]:
    """Cut into pieces, which `tokenizers` shares out among the processors."""
    return [text[start : start + PIECE_CHARS] for start in range(0, len(text), PIECE_CHARS)]


def train_peer(pieces: list[str]) -> None:
    """Train as `train_bpe` does."""
    tokenizer = with_pattern(BPE())
    alphabet = ByteLevel.alphabet()
    trainer = BpeTrainer(
        vocab_size=VOCAB_SIZE, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(pieces, trainer)


def peer(merges: Sequence[Pair]) -> Tokenizer:
    """Let `tokenizers` read the tokens from files."""
    bpe = ByteLevelBPE(merges)
    with tempfile.TemporaryDirectory() as name:
        save(NumberedBPE(bpe, range(bpe.vocab_size), {}), Path(name))
        return with_pattern(BPE.from_file(f"{name}/{VOCABULARY_NAME}", f"{name}/{MERGES_NAME}"))


def with_pattern(model: BPE) -> Tokenizer:
    """Cut texts as GPT-2 does."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    return tokenizer


def tiktoken_peer(merges: Sequence[Pair]) -> tiktoken.Encoding:
    """Give `tiktoken` the tokens."""
    bpe = ByteLevelBPE(merges)
    ranks = {bpe.token_bytes(token_id): token_id for token_id in range(bpe.vocab_size)}
    return tiktoken.Encoding("own", pat_str=GPT2_PATTERN, mergeable_ranks=ranks, special_tokens={})


if __name__ == "__main__":
    report("Tokenizer", comparisons(), ["tokenizers", "tiktoken", "regex"])
