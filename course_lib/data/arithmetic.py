"""Sums of two numbers as text, character by character: answered at once, worked out, or looked up.

34+58=92;                               the answer only
34+58=480:12 351:09 =92;                with a scratchpad: a column a word, from the right
34+58=[34+58]92>92;                     with a tool: the call, what the tool says, the answer
34+58=[34+58]!>[34+58]92>92;            the tool fails once and is asked again
34+58=[34+58]!>[34+58]!>?;              it fails twice, and no answer is given

A column `480:12` reads: 4 and 8 and a carry of 0 make a carry of 1 and the digit 2. A scratchpad of
this kind is that of Nye et al. 2021 (arXiv:2112.00114), in fewer characters. Which sums are held
out is written in the numbers themselves, so that every training leaves out the same ones.

Axes: B traces, T characters.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from course_lib.training.chat_template import ChatBatch

CHARACTERS = "0123456789+=:[]>!?; "
"""Every character of a trace; its place is its token."""

PADDING = len(CHARACTERS)
VOCAB_SIZE = len(CHARACTERS) + 1
END = ";"
CANNOT_SAY = "?"
FAILED = "!"
"""What the tool says instead of a number when it fails."""

MAX_FAILURES = 2
"""After so many failures the trace gives up."""

_HELD_OUT_SHARE = 10  # one pair of numbers in ten
_MOST_DIGITS = 18  # so that sums fit in 64 bits


@dataclass(frozen=True)
class Sum:
    """Two numbers to add.

    Attributes:
        x: The first number, not negative.
        y: The second one.
    """

    x: int
    y: int

    def __post_init__(self) -> None:
        if min(self.x, self.y) < 0:
            raise ValueError(f"numbers to add are not negative, unlike {self}")

    @property
    def question(self) -> str:
        """What a model is given."""
        return f"{self.x}+{self.y}="

    @property
    def answer(self) -> int:
        """What is right."""
        return self.x + self.y

    @property
    def is_held_out(self) -> bool:
        """Whether no training may see it; the same for both orders of the numbers."""
        low, high = sorted((self.x, self.y))
        return zlib.crc32(f"{low}+{high}".encode()) % _HELD_OUT_SHARE == 0


@dataclass(frozen=True)
class Piece:
    """A part of a trace.

    Attributes:
        text: Its characters.
        is_written: Whether the model writes it. If not, it is the question or what a tool says.
    """

    text: str
    is_written: bool


Pieces = tuple[Piece, ...]
Writer = Callable[[Sum], Pieces]


def answer_only(total: Sum) -> Pieces:
    """Write the answer behind the question."""
    return Piece(total.question, False), Piece(f"{total.answer}{END}", True)


def scratchpad(total: Sum) -> Pieces:
    """Work the answer out column by column, and write it then."""
    words, carry = [], 0
    n_columns = max(len(str(total.x)), len(str(total.y)))
    for place in range(n_columns):
        a, b = total.x // 10**place % 10, total.y // 10**place % 10
        sum_of_column = a + b + carry
        words.append(f"{a}{b}{carry}:{sum_of_column:02d} ")
        carry = sum_of_column // 10
    return Piece(total.question, False), Piece(f"{''.join(words)}={total.answer}{END}", True)


def tool_use(total: Sum, n_failures: int = 0) -> Pieces:
    """Ask a calculator, and again if it fails, but not more often than `MAX_FAILURES` times.

    Args:
        total: The sum.
        n_failures: How often the calculator fails before it gives the answer.

    Raises:
        ValueError: That many failures are not written.
    """
    if not 0 <= n_failures <= MAX_FAILURES:
        raise ValueError(f"from 0 to {MAX_FAILURES} failures are written, not {n_failures}")
    call = Piece(f"[{total.x}+{total.y}]", True)
    pieces = [Piece(total.question, False)]
    pieces += [call, Piece(f"{FAILED}>", False)] * n_failures
    if n_failures == MAX_FAILURES:
        return *pieces, Piece(f"{CANNOT_SAY}{END}", True)
    told = Piece(f"{total.answer}>", False)
    return *pieces, call, told, Piece(f"{total.answer}{END}", True)


def tool_use_with_failures(share: float, generator: torch.Generator) -> Writer:
    """Return a writer whose tool fails in a share of the traces, there once or twice.

    Args:
        share: How many of the traces have a failure.
        generator: Source of the draws.
    """

    def write(total: Sum) -> Pieces:
        fails = torch.rand((), generator=generator).item() < share
        n_failures = int(torch.randint(1, MAX_FAILURES + 1, (), generator=generator))
        return tool_use(total, n_failures if fails else 0)

    return write


def draw_sum(n_digits: int, generator: torch.Generator, *, held_out: bool) -> Sum:
    """Draw a sum of two numbers of so many digits, held out from training or not.

    Args:
        n_digits: Digits of both numbers, at most 18.
        generator: Source of the draws.
        held_out: Which of the two sets it is from.

    Raises:
        ValueError: There are no such numbers.
    """
    if not 1 <= n_digits <= _MOST_DIGITS:
        raise ValueError(f"numbers have 1 to {_MOST_DIGITS} digits, not {n_digits}")
    low = 10 ** (n_digits - 1) if n_digits > 1 else 0
    while True:
        x, y = torch.randint(low, 10**n_digits, (2,), generator=generator).tolist()
        if (total := Sum(x, y)).is_held_out == held_out:
            return total


def draw_sums(n_sums: int, generator: torch.Generator, longest: int, power: int = 1) -> list[Sum]:
    """Draw sums for training, none of them held out.

    Args:
        n_sums: How many.
        generator: Source of the draws.
        longest: Most digits of a number.
        power: Numbers of n digits come up in proportion to this power of n, since longer ones are
            harder.
    """
    shares = torch.arange(1.0, longest + 1) ** power
    lengths = 1 + torch.multinomial(shares, n_sums, replacement=True, generator=generator)
    return [draw_sum(n_digits, generator, held_out=False) for n_digits in lengths.tolist()]


def sum_batches(
    write: Writer, batch_size: int, generator: torch.Generator, longest: int = 6
) -> Iterator[ChatBatch]:
    """Draw batches of traces for training without end, none of a sum that is held out.

    Args:
        write: The form of the traces.
        batch_size: Traces in a batch.
        generator: Source of the draws.
        longest: Most digits of a number. Numbers of n digits come up in proportion to the square of
            n, since longer ones take longer to learn.
    """
    while True:
        totals = draw_sums(batch_size, generator, longest, power=2)
        yield encode([write(total) for total in totals])


def encode(traces: Sequence[Pieces]) -> ChatBatch:
    """Write traces as tokens, padded at the right; the model writes what `is_answer` marks."""
    rows = [torch.tensor(tokens("".join(piece.text for piece in trace))) for trace in traces]
    marks = [
        torch.tensor([piece.is_written for piece in trace for _ in piece.text]) for trace in traces
    ]
    pad = nn.utils.rnn.pad_sequence
    return ChatBatch(
        token_ids=pad(rows, batch_first=True, padding_value=PADDING),
        is_answer=pad(marks, batch_first=True, padding_value=False),
    )


def tokens(text: str) -> list[int]:
    """Return the token of each character.

    Raises:
        ValueError: A character has none.
    """
    if unknown := sorted(set(text) - set(CHARACTERS)):
        raise ValueError(f"a trace has no {unknown[0]!r}; it is written in {CHARACTERS!r}")
    return [CHARACTERS.index(character) for character in text]


def characters(token_ids: Sequence[int]) -> str:
    """Return the text of some tokens, without padding."""
    return "".join(CHARACTERS[token] for token in token_ids if token != PADDING)


def read_answer(text: str) -> int | None:
    """Find the answer in what a model wrote: None if there is none, or if it cannot say.

    Args:
        text: Everything behind the question, what tools said too.
    """
    found = re.search(rf"(?:^|[=>])(\d+){END}$", text)
    return int(found[1]) if found else None
