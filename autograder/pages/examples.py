"""Lay out an example so that its numbers can be read and compared.

The judge gives a call, what came back and what was expected, each in a line. Here numbers get into
columns, what was got above or beside what was expected, and those that differ are told apart.
"""

import re
from dataclasses import dataclass
from itertools import zip_longest

MAX_CALL_CHARACTERS = 64  # a longer call gets a line for each argument
MAX_GRID_CHARACTERS = 2_000
_NUMBER = r"(?:-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf|nan)|True|False)"
_NUMBERS = rf"{_NUMBER}(?:, {_NUMBER})*"
_LIST, _TUPLE = rf"\[{_NUMBERS}\]", rf"\({_NUMBERS}\)"
_ROW = re.compile(f"{_LIST}|{_TUPLE}")
_MATRIX = re.compile(rf"\[(?:{_LIST}(?:, {_LIST})*|{_TUPLE}(?:, {_TUPLE})*)\]")
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "'\""

Grid = list[list[str]]


@dataclass(frozen=True)
class Piece:
    """A stretch of text.

    Attributes:
        text: The text; line breaks stand in it.
        differs: Whether it is a number other than the expected one.
    """

    text: str
    differs: bool = False


def compare_layout(got: str, expected: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Lay out what was got and what was expected, in the same columns where they are numbers."""
    one, other = _grid(got), _grid(expected)
    if one is None or other is None:
        return (Piece(_aligned(got)),), (Piece(_aligned(expected)),)
    same_shape = [len(row) for row in one] == [len(row) for row in other]
    shared = same_shape or len(one) == len(other) == 1
    widths = _widths([*one, *other]) if shared else []
    return (
        _pieces(got, one, widths or _widths(one), other if same_shape else []),
        _pieces(expected, other, widths or _widths(other), one if same_shape else []),
    )


def call_layout(call: str) -> str:
    """Lay out a call: on one line when it is short, else each argument on lines of its own."""
    name, bracket, rest = call.partition("(")
    if len(call) <= MAX_CALL_CHARACTERS or not bracket or not rest.endswith(")"):
        return call
    indent = "    "
    lines = [f"{name}("]
    for argument in _arguments(rest[:-1]):
        keyword = re.match(r"\w+=", argument)
        head = indent + (keyword.group() if keyword else "")
        text = _aligned(argument[len(head) - len(indent) :])
        lines.append(head + text.replace("\n", "\n" + " " * len(head)) + ",")
    return "\n".join([*lines, ")"])


def _aligned(text: str) -> str:
    """Align the rows of a matrix; anything else stays as it is."""
    grid = _grid(text)
    if grid is None:
        return text
    return "".join(piece.text for piece in _pieces(text, grid, _widths(grid), []))


def _grid(text: str) -> Grid | None:
    """Read a row or a matrix of numbers, each as it is written; None for anything else."""
    if len(text) > MAX_GRID_CHARACTERS:
        return None
    if _ROW.fullmatch(text):
        return [re.findall(_NUMBER, text)]
    if _MATRIX.fullmatch(text):
        return [re.findall(_NUMBER, row) for row in _ROW.findall(text[1:-1])]
    return None


def _widths(grid: Grid) -> list[int]:
    return [max(map(len, column)) for column in zip_longest(*grid, fillvalue="")]


def _pieces(text: str, grid: Grid, widths: list[int], other: Grid) -> tuple[Piece, ...]:
    """Write a grid in columns; numbers that differ from the other grid's are pieces of their own.

    Args:
        text: The grid as the judge wrote it, for its brackets.
        grid: Its numbers.
        widths: Characters of each column.
        other: The grid to compare with, or an empty one.
    """
    nested = _ROW.fullmatch(text) is None
    opening, closing = (text[1], text[-2]) if nested else ("", "")  # of each row
    pieces: list[Piece] = []
    for i, row in enumerate(grid):
        pieces.append(Piece((text[0] if i == 0 else " ") + opening))
        for j, number in enumerate(row):
            pieces.append(Piece(" " * (widths[j] - len(number))))
            pieces.append(Piece(number, bool(other) and other[i][j] != number))
            pieces.append(Piece(", " if j + 1 < len(row) else ""))
        pieces.append(Piece(closing + (",\n" if i + 1 < len(grid) else text[-1])))
    return _joined(pieces)


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Join neighbours that are alike."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and not piece.differs and not joined[-1].differs:
            joined[-1] = Piece(joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return tuple(joined)


def _arguments(text: str) -> list[str]:
    """Cut a call's arguments apart, at commas outside brackets and quotes."""
    found, depth, quote, start = [], 0, "", 0
    position = 0
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in _QUOTES:
            quote = character
        elif character in _OPENING or character in _CLOSING:
            depth += 1 if character in _OPENING else -1
        # "a tensor of shape (2, 3), dtype float32" is one argument.
        elif character == "," and not depth and not text.startswith(", dtype ", position):
            found.append(text[start:position])
            start = position + 2
        position += 1
    return [*found, text[start:]]
