"""A model that adds, and the runtime around it, which calls the tool that it asks for.

The model writes characters. When it has written a call, `[34+58]`, it is stopped; the runtime does
what the call says, puts the result behind it, and lets the model go on.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from course_lib.data.arithmetic import (
    END,
    FAILED,
    PADDING,
    Sum,
    characters,
    read_answer,
    tokens,
)
from course_lib.generation.decoding import ChooseToken, DecodingConfig, Prompts, decode, greedy
from course_lib.generation.language_model import LanguageModel, LayerCache

Tool = Callable[[str], str]
"""Is given what stands between the brackets, and says what the model is to read behind them."""

MAX_CHARACTERS = 90
"""What a model may write at a stretch: a scratchpad of ten digits fits."""

MAX_CALLS = 4
"""A model that calls more often is not answered any more."""


@runtime_checkable
class Adder(LanguageModel, Protocol):
    """A language model over the characters of `data.arithmetic`, such as a `CachingDecoder`."""

    def reserve_caches(self, batch_size: int, max_seq_len: int) -> tuple[LayerCache, ...]:
        """Reserve memory for the keys and values of so many positions, in every layer."""
        ...


class Calculator:
    """A tool that adds two numbers, and may fail at first.

    Attributes:
        n_failures: How often it fails for each expression before it works.
        calls: Every expression that it was asked for, in order.
    """

    def __init__(self, n_failures: int = 0) -> None:
        self.n_failures = n_failures
        self.calls: list[str] = []

    def __call__(self, expression: str) -> str:
        """Return the sum, or the sign of a failure, also for what is not a sum."""
        self.calls.append(expression)
        x, plus, y = expression.partition("+")
        if not (plus and x.isdecimal() and y.isdecimal()):
            return FAILED
        if self.calls.count(expression) <= self.n_failures:
            return FAILED
        return str(int(x) + int(y))


def solve(
    model: Adder,
    totals: Sequence[Sum],
    tool: Tool | None = None,
    choose: ChooseToken = greedy,
) -> list[str]:
    """Let a model answer questions side by side.

    Args:
        model: Writes the characters.
        totals: What is asked.
        tool: Answers the calls. None: nobody does, and the model goes on by itself.
        choose: Picks each character.

    Returns:
        What stands behind each question in the end, with what the tool said. A model that does not
        come to an end is cut off.
    """
    texts = [total.question for total in totals]
    going = list(range(len(texts)))
    for _ in range(MAX_CALLS + 1):
        if not going:
            break
        pieces = _write(model, [texts[row] for row in going], choose, stops=tool is not None)
        for row, piece in zip(going, pieces, strict=True):
            texts[row] += piece
        going = [row for row in going if tool is not None and texts[row].endswith("]")]
        for row in going:
            if tool is not None:
                texts[row] += f"{tool(texts[row].rpartition('[')[2][:-1])}>"
    return [text.removeprefix(total.question) for text, total in zip(texts, totals, strict=True)]


def share_right(texts: Sequence[str], totals: Sequence[Sum]) -> float:
    """Return the share of texts that give the right answer.

    Raises:
        ValueError: There are no texts.
    """
    if not texts:
        raise ValueError("of no texts, no share is right")
    pairs = zip(texts, totals, strict=True)
    return sum(read_answer(text) == total.answer for text, total in pairs) / len(texts)


def _write(model: Adder, texts: Sequence[str], choose: ChooseToken, *, stops: bool) -> list[str]:
    """Go on from each text until its end, or until a call that someone will answer."""
    prompts = Prompts.pad_left([tokens(text) for text in texts], PADDING)
    call_ends = (tuple(tokens("]")),)
    cfg = DecodingConfig(
        max_new_tokens=MAX_CHARACTERS,
        end_token=tokens(END)[0],
        stop_sequences=call_ends if stops else (),
        padding_token=PADDING,
    )
    caches = model.reserve_caches(len(texts), prompts.token_ids.shape[1] + MAX_CHARACTERS)
    rows = decode(model, prompts, choose, cfg, caches).rows
    pieces = [characters(row) for row in rows]
    # A stop sequence is cut off; what stopped neither at the end nor at the limit stopped there.
    return [
        piece if piece.endswith(END) or len(row) == MAX_CHARACTERS else f"{piece}]"
        for piece, row in zip(pieces, rows, strict=True)
    ]
