"""Three ways to cut a text into tokens: bytes merged by frequency, characters, words.

All three have `encode` (text to token ids), `decode` (back) and `vocab_size`. The byte-level
encoding can write any text; the other two know only what was in the text they were built from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import regex

from course_lib.merging import merge_by_queue, merge_by_scanning
from course_lib.pair_index import Pair, PairIndex

N_BYTES = 256

# Radford et al. 2019 (GPT-2): English contractions; then words, numbers and runs of other signs,
# each with the space before it; then white space, which leaves its last space to the word after.
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

UNKNOWN = "<unknown>"

# Where the two ways to merge take equally long.
_SHORT_BYTES = 64
# A text repeats its pieces, so their tokens are kept; a long piece seldom comes again.
_MOST_KEPT = 1 << 18


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
    pieces = Counter(_cut(data, pattern))
    index = PairIndex({_to_bytes(piece): times for piece, times in pieces.items()})
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

    Returns:
        The pieces, in order; together they are all of the text.

    Raises:
        ValueError: The pattern passes over part of the text.
    """
    return (_to_bytes(piece) for piece in _cut(data, pattern) if piece)


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
        self._learned = {pair: N_BYTES + rank for rank, pair in enumerate(self.merges)}
        self._bytes = [bytes([value]) for value in range(N_BYTES)]
        for first, second in self.merges:
            if not (0 <= first < self.vocab_size and 0 <= second < self.vocab_size):
                raise ValueError(f"merge {(first, second)} uses a token that is not made before it")
            self._bytes.append(self._bytes[first] + self._bytes[second])
        if len(self._learned) < len(self.merges):
            pair, times = Counter(self.merges).most_common(1)[0]
            raise ValueError(f"merge {pair} stands {times} times")
        self._kept: dict[str, list[int]] = {}

    @property
    def vocab_size(self) -> int:
        """Number of different tokens (V)."""
        return len(self._bytes)

    def encode(self, data: str | bytes) -> list[int]:
        """Return the tokens of a text, or of bytes that need not be one."""
        token_ids: list[int] = []
        for piece in _cut(data, self.pattern):
            token_ids += self._kept.get(piece) or self._merge(piece)
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

    def _merge(self, piece: str) -> list[int]:
        """Merge the pairs of a piece, and keep the result for the next time."""
        raw = _to_bytes(piece)
        if len(raw) > _SHORT_BYTES:
            return merge_by_queue(raw, self._learned)
        token_ids = merge_by_scanning(raw, self._learned)
        if len(self._kept) < _MOST_KEPT:
            self._kept[piece] = token_ids
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


def _cut(data: str | bytes, pattern: str | None) -> list[str]:
    """Cut into pieces of text, in which a byte that is no text is a lone surrogate."""
    raw = data.encode() if isinstance(data, str) else data
    text = raw.decode(errors="surrogateescape")
    if pattern is None:
        return [text]
    compiled = regex.compile(pattern)
    # `findall` would give the groups of a pattern that has some.
    pieces = (
        [match.group() for match in compiled.finditer(text)]
        if compiled.groups
        else compiled.findall(text)
    )
    if sum(map(len, pieces)) != len(text):
        end = 0
        for match in compiled.finditer(text):
            if match.start() != end:
                break
            end = match.end()
        raise ValueError(f"the pattern {pattern!r} passes over {text[end : end + 10]!r}")
    return pieces


def _to_bytes(piece: str) -> bytes:
    """Return the bytes of a piece, those that are no text as they were."""
    return piece.encode(errors="surrogateescape")


def _check(token_id: int, vocab_size: int) -> None:
    """Refuse an id that is not there; a negative one would silently count from the end."""
    if not 0 <= token_id < vocab_size:
        raise ValueError(f"token {token_id} is not in a vocabulary of {vocab_size}")
