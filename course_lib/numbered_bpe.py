"""Byte-level BPE whose tokens have given ids, and special tokens that stand for no text.

The encoding is that of Sennrich et al. 2016 (arXiv:1508.07909) on bytes, as Radford et al. 2019
have it in GPT-2.

A tokenizer that is trained here numbers its tokens in the order in which they are made. One that
was published has ids of its own, and models are trained with those. A special token, such as the
end of a text, is an id that no text leads to unless the caller asks for it: a user who types its
name must not end the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from course_lib.tokenizer import ByteLevelBPE


class NumberedBPE:
    """A byte-level BPE under other ids, with special tokens.

    Attributes:
        bpe: Cuts texts and merges bytes; numbers its tokens in the order in which they are made.
        ids: The id of each token of `bpe`.
        special_tokens: The id of each special token, by its name.
    """

    def __init__(
        self, bpe: ByteLevelBPE, ids: Sequence[int], special_tokens: Mapping[str, int]
    ) -> None:
        """Give the tokens their ids.

        Raises:
            ValueError: `bpe` has more or fewer tokens than there are ids, a special token has no
                name, or the ids of all are not 0, 1, 2 … without gap or repetition.
        """
        if len(ids) != bpe.vocab_size:
            raise ValueError(f"there are {len(ids)} ids for {bpe.vocab_size} tokens")
        if "" in special_tokens:
            raise ValueError(f"special token {special_tokens['']} has no name")
        self.bpe = bpe
        self.ids = tuple(ids)
        self.special_tokens = dict(special_tokens)
        self._bytes: dict[int, bytes] = {}
        all_ids = [*self.ids, *self.special_tokens.values()]
        contents = [bpe.token_bytes(number) for number in range(bpe.vocab_size)]
        contents += [name.encode() for name in self.special_tokens]
        for token_id, content in zip(all_ids, contents, strict=True):
            if not 0 <= token_id < len(all_ids):
                raise ValueError(f"id {token_id} is none of 0 to {len(all_ids) - 1}")
            if token_id in self._bytes:
                raise ValueError(f"{self._bytes[token_id]} and {content} both have id {token_id}")
            self._bytes[token_id] = content

    @property
    def vocab_size(self) -> int:
        """Number of different tokens, special ones among them (V)."""
        return len(self._bytes)

    def encode(self, data: str | bytes, allowed_special: Iterable[str] = ()) -> list[int]:
        """Return the tokens of a text, or of bytes that need not be one.

        Args:
            data: What to encode.
            allowed_special: Names of special tokens that become their one id where they stand
                in `data`; of two that begin at the same place the longer one does. Names that
                are not in it are text like any other.

        Raises:
            ValueError: A name is that of no special token.
        """
        allowed = set(allowed_special)
        if unknown := allowed - self.special_tokens.keys():
            known = ", ".join(map(repr, self.special_tokens)) or "none"
            raise ValueError(f"{min(unknown)!r} is no special token; there are: {known}")
        if not allowed:
            return self._encode_text(data)
        raw = data.encode() if isinstance(data, str) else data
        names = sorted((name.encode() for name in allowed), key=len, reverse=True)
        # Text and special tokens in turn, since the pattern has one group.
        parts = re.split(b"(" + b"|".join(map(re.escape, names)) + b")", raw)
        token_ids = self._encode_text(parts[0])
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            token_ids.append(self.special_tokens[name.decode()])
            token_ids += self._encode_text(text)
        return token_ids

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text; bytes that are no text, such as half a letter, become U+FFFD."""
        return self.decode_bytes(token_ids).decode(errors="replace")

    def decode_bytes(self, token_ids: Iterable[int]) -> bytes:
        """Return the bytes that the tokens stand for; a special token gives its name."""
        return b"".join(self.token_bytes(token_id) for token_id in token_ids)

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes of one token; `ValueError` if there is no such token."""
        if token_id not in self._bytes:
            raise ValueError(f"token {token_id} is not in a vocabulary of {self.vocab_size}")
        return self._bytes[token_id]

    def _encode_text(self, data: str | bytes) -> list[int]:
        return [self.ids[number] for number in self.bpe.encode(data)]
