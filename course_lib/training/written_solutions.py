"""What a teacher wrote, as text for students: its whole reasoning, or its answers only.

Sums stand in `course_lib.data.arithmetic`.

Axes: B solutions in a batch, T characters.
"""

from collections.abc import Iterator, Sequence

import torch

from course_lib.data.arithmetic import (
    END,
    PADDING,
    Piece,
    Pieces,
    Sum,
    characters,
    encode,
    read_answer,
    tokens,
)
from course_lib.decoder import Decoder
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.chat_template import ChatBatch

_QUESTIONS_AT_ONCE = 500


@torch.no_grad()
def write_solutions(model: Decoder, totals: Sequence[Sum], longest: int) -> list[str]:
    """Let a model write what it finds most probable behind each question.

    Args:
        model: Reads and writes the characters of sums.
        totals: What is asked.
        longest: After so many characters a solution is cut off.

    Returns:
        What stands behind each question, with the sign of the end where one was written.
    """
    writer = CachingDecoder(model)
    cfg = DecodingConfig(max_new_tokens=longest, end_token=tokens(END)[0], padding_token=PADDING)
    written = []
    for start in range(0, len(totals), _QUESTIONS_AT_ONCE):
        asked = [tokens(total.question) for total in totals[start : start + _QUESTIONS_AT_ONCE]]
        prompts = Prompts.pad_left(asked, PADDING)
        caches = writer.reserve_caches(len(asked), prompts.token_ids.shape[1] + longest)
        rows = decode(writer, prompts, greedy, cfg, caches).rows
        written += [characters(row) for row in rows]
    return written


def share_right(texts: Sequence[str], totals: Sequence[Sum]) -> float:
    """Return the share of solutions that end with the right answer.

    Raises:
        ValueError: There are no solutions.
    """
    if not texts:
        raise ValueError("of no solutions, no share is right")
    pairs = zip(texts, totals, strict=True)
    return sum(read_answer(text) == total.answer for text, total in pairs) / len(texts)


def lessons(totals: Sequence[Sum], texts: Sequence[str], *, reasoned: bool) -> list[Pieces]:
    """Make texts to learn from out of what a teacher wrote, right or wrong.

    Args:
        totals: What the teacher was asked.
        texts: What it wrote behind each question.
        reasoned: Whether students see all that it wrote; if not, the answer that it came to.

    Returns:
        A trace for each solution that has an answer, of which the student is to write what the
        teacher wrote.
    """
    made = []
    for total, text in zip(totals, texts, strict=True):
        if (found := read_answer(text)) is not None:
            told = text if reasoned else f"{found}{END}"
            made.append((Piece(total.question, False), Piece(told, True)))
    return made


def lesson_batches(
    traces: Sequence[Pieces], batch_size: int, generator: torch.Generator
) -> Iterator[ChatBatch]:
    """Go through lessons again and again, each time in another order.

    Args:
        traces: The lessons.
        batch_size: Lessons in a batch (B); what is left over at the end of a round is passed over.
        generator: Source of the orders.

    Raises:
        ValueError: There are not enough lessons for one batch.
    """
    if not 0 < batch_size <= len(traces):
        raise ValueError(f"{len(traces)} lessons do not fill a batch of {batch_size}")
    while True:
        order = torch.randperm(len(traces), generator=generator).tolist()
        for start in range(0, len(traces) - batch_size + 1, batch_size):
            yield encode([traces[place] for place in order[start : start + batch_size]])
