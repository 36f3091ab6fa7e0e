"""Three ways to cut a text into tokens: bytes merged by frequency, characters, words.

All three have `encode` (text to token ids), `decode` (back) and `vocab_size`. The byte-level
encoding can write any text; the other two know only what was in the text they were built from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import regex

from course_lib.pair_index import Pair, PairIndex

N_BYTES = 256

# Radford et al. 2019 (GPT-2): English contractions; then words, numbers and runs of other signs,
# each with the space before it; then white space, which leaves its last space to the word after.
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

UNKNOWN = "<unknown>"


def train_bpe(
    data: str | bytes,
    vocab_size: int,
    pattern: str | None = GPT2_PATTERN,
    on_merge: Callable[[int, Pair], object] | None = None,
) -> list[Pair]:
    """Learn which tokens to merge: the most frequent adjacent pair, again and again.

    Implements Sennrich et al. 2016 (arXiv:1508.07909), algorithm 1, on bytes as in GPT-2. Of
    pairs equally frequent the smallest is merged.

    Args:
        data: The text to learn from.
        vocab_size: Number of tokens to stop at; the bytes are the first of them.
        pattern: Cuts the text into pieces that no merge may cross. None leaves it whole.
        on_merge: Called after each merge with its number, from 0, and its pair.

    Returns:
        The pairs in the order of merging; pair i makes token 256 + i. Fewer than asked for when
        no pair is left that stands twice.

    Raises:
        ValueError: The vocabulary is smaller than the bytes, or the pattern loses text.
    """
    if vocab_size < N_BYTES:
        raise ValueError(f"{vocab_size=} has no room for the {N_BYTES} bytes")
    index = PairIndex(Counter(split_pieces(data, pattern)))
    merges: list[Pair] = []
    while N_BYTES + len(merges) < vocab_size:
        pair = index.most_frequent()
        if pair is None:
            break
        index.merge(pair, N_BYTES + len(merges))
        merges.append(pair)
        if on_merge is not None:
            on_merge(len(merges) - 1, pair)
    return merges


def split_pieces(data: str | bytes, pattern: str | None) -> Iterator[bytes]:
    """Cut a text into the pieces within which bytes may merge.

    Args:
        data: A text, or bytes that need not be one.
        pattern: Matches one piece. None leaves the text whole.

    Yields:
        The pieces, in order; together they are all of the text.

    Raises:
        ValueError: The pattern passes over part of the text.
    """
    raw = data.encode() if isinstance(data, str) else data
    if pattern is None:
        yield from [raw] if raw else []
        return
    # A byte that is no text becomes a lone surrogate, and the same byte again afterwards.
    text = raw.decode(errors="surrogateescape")
    end = 0
    for match in regex.finditer(pattern, text):
        if match.start() != end:
            break
        end = match.end()
        if match.group():
            yield match.group().encode(errors="surrogateescape")
    if end != len(text):
        raise ValueError(f"the pattern {pattern!r} passes over {text[end : end + 10]!r}")


class ByteLevelBPE:
    """Tokens made of bytes by merging pairs: can write any text, and shortens the usual ones.

    Attributes:
        merges: The pairs in the order of merging; pair i makes token 256 + i.
        pattern: Cuts a text into pieces that no merge may cross. None leaves it whole.
    """

    def __init__(self, merges: Sequence[Pair], pattern: str | None = GPT2_PATTERN) -> None:
        """Build the tokens.

        Raises:
            ValueError: A merge stands twice, or uses a token that a later one makes.
        """
        self.merges = tuple((first, second) for first, second in merges)
        self.pattern = pattern
        self._rank = {pair: rank for rank, pair in enumerate(self.merges)}
        self._bytes = [bytes([value]) for value in range(N_BYTES)]
        for first, second in self.merges:
            if not (0 <= first < self.vocab_size and 0 <= second < self.vocab_size):
                raise ValueError(f"merge {(first, second)} uses a token that is not made before it")
            self._bytes.append(self._bytes[first] + self._bytes[second])
        if len(self._rank) < len(self.merges):
            pair, times = Counter(self.merges).most_common(1)[0]
            raise ValueError(f"merge {pair} stands {times} times")
        self._cache: dict[bytes, list[int]] = {}  # texts repeat their pieces

    @property
    def vocab_size(self) -> int:
        """Number of different tokens (V)."""
        return len(self._bytes)

    def encode(self, data: str | bytes) -> list[int]:
        """Return the tokens of a text, or of bytes that need not be one."""
        token_ids: list[int] = []
        for piece in split_pieces(data, self.pattern):
            if piece not in self._cache:
                self._cache[piece] = self._merge(piece)
            token_ids += self._cache[piece]
        return token_ids

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text; bytes that are no text, such as half a letter, become U+FFFD."""
        return self.decode_bytes(token_ids).decode(errors="replace")

    def decode_bytes(self, token_ids: Iterable[int]) -> bytes:
        """Return the bytes that the tokens stand for: exactly those that were encoded."""
        return b"".join(self.token_bytes(token_id) for token_id in token_ids)

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes of one token; `ValueError` if there is no such token."""
        _check(token_id, self.vocab_size)
        return self._bytes[token_id]

    def _merge(self, piece: bytes) -> list[int]:
        """Merge the pairs of a piece, the one learned first before all others.

        Cost: each different merge reads the piece once, O(bytes × merges). Pieces of the pattern
        are short; without one the piece is the whole text.
        """
        token_ids = list(piece)
        while pairs := set(pairwise(token_ids)) & self._rank.keys():
            first_learned = min(pairs, key=self._rank.__getitem__)
            token_ids = _replace(token_ids, first_learned, N_BYTES + self._rank[first_learned])
        return token_ids


class _SymbolTokenizer:
    """Tokens from a fixed list; what is not in it becomes the token 0, `UNKNOWN`.

    Attributes:
        symbols: What each token id stands for.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = (UNKNOWN, *sorted(set(symbols) - {UNKNOWN}))
        self._id = {symbol: token_id for token_id, symbol in enumerate(self.symbols)}

    @property
    def vocab_size(self) -> int:
        """Number of different tokens (V)."""
        return len(self.symbols)

    def _encode(self, symbols: Iterable[str]) -> list[int]:
        return [self._id.get(symbol, self._id[UNKNOWN]) for symbol in symbols]

    def token(self, token_id: int) -> str:
        """Return what one token stands for; `ValueError` if there is no such token."""
        _check(token_id, self.vocab_size)
        return self.symbols[token_id]


class CharTokenizer(_SymbolTokenizer):
    """One token a character; knows the characters of the text it is built from."""

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; 0 for a character never seen."""
        return self._encode(text)

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text, with `UNKNOWN` where a character was never seen."""
        return "".join(map(self.token, token_ids))


class WordTokenizer(_SymbolTokenizer):
    """One token a word or punctuation mark; knows the words it is given.

    White space is lost: a text comes back with one space between any two tokens.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Build the vocabulary.

        Raises:
            ValueError: A word is none for `split_words`, and could never be found in a text.
        """
        super().__init__(words)
        for word in self.symbols:
            if word != UNKNOWN and split_words(word) != [word]:
                raise ValueError(f"{word!r} is not one word: cut texts with `split_words`")

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; 0 for a word never seen."""
        return self._encode(split_words(text))

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the words with a space between, and `UNKNOWN` where a word was never seen."""
        return " ".join(map(self.token, token_ids))


def split_words(text: str) -> list[str]:
    """Cut a text into words and single punctuation marks, leaving out the white space."""
    return regex.findall(r"\w+|[^\w\s]", text)


def _replace(token_ids: list[int], pair: Pair, merged: int) -> list[int]:
    """Return the tokens with `merged` wherever `pair` stands, from left to right."""
    result: list[int] = []
    position = 0
    while position < len(token_ids):
        found = tuple(token_ids[position : position + 2]) == pair
        result.append(merged if found else token_ids[position])
        position += 2 if found else 1
    return result


def _check(token_id: int, vocab_size: int) -> None:
    """Refuse an id that is not there; a negative one would silently count from the end."""
    if not 0 <= token_id < vocab_size:
        raise ValueError(f"token {token_id} is not in a vocabulary of {vocab_size}")
