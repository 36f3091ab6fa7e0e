"""Read and write byte-level BPE vocabularies in the two files that GPT-2 was published with.

`vocab.json` gives each token its id; `merges.txt` has one merge a line, in the order of learning.
A token is written with one printable character for each byte, so that it holds no space. The
files do not say by which pattern texts are cut, nor which of their tokens are special.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_lib.numbered_bpe import NumberedBPE
from course_lib.pair_index import Pair
from course_lib.tokenizer import GPT2_PATTERN, N_BYTES, ByteLevelBPE

VOCABULARY_NAME = "vocab.json"
MERGES_NAME = "merges.txt"

END_OF_TEXT = "<|endoftext|>"
"""GPT-2's only special token."""

_VERSION = "#version"
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def _byte_symbols() -> str:
    own = [byte for byte in range(N_BYTES) if chr(byte).isprintable() and chr(byte) != " "]
    others = [byte for byte in range(N_BYTES) if byte not in own]
    return "".join(
        chr(byte if byte in own else N_BYTES + others.index(byte)) for byte in range(N_BYTES)
    )


BYTE_SYMBOLS = _byte_symbols()
"""The character that stands for each byte in the files, as in Radford et al. 2019 (GPT-2).

A byte that is a visible character of Latin-1 is that character; the others take, in order, the
characters from U+0100 on. A space, for example, is written Ġ.
"""


def number_like_gpt2(
    bpe: ByteLevelBPE, special_tokens: Iterable[str] = (END_OF_TEXT,)
) -> NumberedBPE:
    """Give tokens the ids that GPT-2's have.

    First the bytes, in the order of their symbols; then the other tokens in the order in which
    they are made; then the special ones.

    Raises:
        ValueError: A special token has no name.
    """
    in_order = sorted(BYTE_SYMBOLS)
    ids = [in_order.index(symbol) for symbol in BYTE_SYMBOLS]
    ids += range(N_BYTES, bpe.vocab_size)
    names = dict.fromkeys(special_tokens)
    return NumberedBPE(bpe, ids, {name: bpe.vocab_size + i for i, name in enumerate(names)})


def save(tokenizer: NumberedBPE, folder: Path) -> None:
    """Write `vocab.json` and `merges.txt` into a folder, which is made if it is not there.

    Raises:
        ValueError: Two tokens are written alike, so that `vocab.json` cannot hold both.
    """
    bpe = tokenizer.bpe
    symbols = [_symbols(bpe.token_bytes(number)) for number in range(bpe.vocab_size)]
    vocabulary: dict[str, int] = {}
    tokens = [*zip(symbols, tokenizer.ids, strict=True), *tokenizer.special_tokens.items()]
    for token, token_id in sorted(tokens, key=lambda entry: entry[1]):
        if token in vocabulary:
            raise ValueError(
                f"tokens {vocabulary[token]} and {token_id} are both written {token!r}"
            )
        vocabulary[token] = token_id
    lines = [f"{_VERSION}: 0.2", *(f"{symbols[a]} {symbols[b]}" for a, b in bpe.merges)]
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / VOCABULARY_NAME, [json.dumps(vocabulary, ensure_ascii=False)])
    _write(folder / MERGES_NAME, lines)


def load(
    folder: Path,
    special_tokens: Iterable[str] = (END_OF_TEXT,),
    pattern: str | None = GPT2_PATTERN,
) -> NumberedBPE:
    """Read the tokenizer that `vocab.json` and `merges.txt` in a folder describe.

    Args:
        folder: Where the files lie.
        special_tokens: Names of the tokens in `vocab.json` that no merge makes.
        pattern: Cuts a text into pieces that no merge may cross.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: A file is damaged, or the two do not belong together. The message names the
            file, the line and the fault.
    """
    merges, line_of = _read_merges(folder / MERGES_NAME)
    path = folder / VOCABULARY_NAME
    vocabulary = _read_vocabulary(path)
    for token, line in line_of.items():
        if token not in vocabulary:
            made = f"made in line {line} of {MERGES_NAME}" if line else "which is a byte"
            raise ValueError(f"{path} lacks {token!r}, {made}")
    names = dict.fromkeys(special_tokens)
    for name in names:
        if name not in vocabulary:
            raise ValueError(f"{path} lacks the special token {name!r}")
        if name in line_of:
            raise _fault(path, name, "is not special: a merge or a byte is written so")
    for token in vocabulary:
        if token not in line_of and token not in names:
            raise _fault(path, token, f"is not special, and no line of {MERGES_NAME} makes it")
    bpe = ByteLevelBPE(merges, pattern)
    ids = [vocabulary[token] for token in line_of]
    return NumberedBPE(bpe, ids, {name: vocabulary[name] for name in names})


def _symbols(raw: bytes) -> str:
    return raw.decode("latin-1").translate(BYTE_SYMBOLS)  # Latin-1 gives byte n the character n


def _read_merges(path: Path) -> tuple[list[Pair], dict[str, int]]:
    """Return the merges, and the line that makes each token, in the order of making.

    The bytes come first; no line makes them, which is written 0.
    """
    number = {symbol: byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
    line_of = dict.fromkeys(BYTE_SYMBOLS, 0)
    merges: list[Pair] = []
    for line, text in enumerate(_read(path).removesuffix("\n").split("\n"), start=1):
        if line == 1 and text.startswith(_VERSION):
            continue
        first, space, second = text.partition(" ")
        token = first + second
        if not space or " " in second:
            raise ValueError(
                f"{path}, line {line}: {text!r} is not two tokens with a space between"
            )
        for part in (first, second):
            if part not in number:
                raise ValueError(f"{path}, line {line}: no line before it makes {part!r}")
        if token in number:
            raise ValueError(f"{path}, line {line}: {token!r} is made in line {line_of[token]} too")
        merges.append((number[first], number[second]))
        number[token] = len(number)
        line_of[token] = line
    return merges, line_of


def _read_vocabulary(path: Path) -> dict[str, int]:
    """Return the id of each token; the ids are 0, 1, 2 … without gap or repetition."""

    def once(entries: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for token, token_id in entries:
            if token in found:
                raise _fault(path, token, "stands there twice")
            found[token] = token_id
        return found

    try:
        vocabulary = json.loads(_read(path), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from None
    if not isinstance(vocabulary, dict):
        raise ValueError(f"{path}, line 1: holds no object but a {type(vocabulary).__name__}")
    token_of: dict[int, str] = {}
    for token, token_id in vocabulary.items():
        if type(token_id) is not int or not 0 <= token_id < len(vocabulary):
            raise _fault(path, token, f"has id {token_id!r}, none of 0 to {len(vocabulary) - 1}")
        if token_id in token_of:
            raise _fault(path, token, f"has id {token_id}, which {token_of[token_id]!r} has")
        token_of[token_id] = token
    return vocabulary


def _fault(path: Path, token: str, what: str) -> ValueError:
    """Say what is wrong with a token of `vocab.json`, and in which line it stands."""
    text = _read(path)
    strings = [string for string in _JSON_STRING.finditer(text) if json.loads(string[0]) == token]
    line = text.count("\n", 0, strings[-1].start()) + 1
    return ValueError(f"{path}, line {line}: {token!r} {what}")


def _read(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: not UTF-8: {error.reason}") from None


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
