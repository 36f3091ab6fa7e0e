"""A small assistant's task: told how a tale begins, say in one sentence what happens next.

Whether an answer is right can be counted, because the tales have a grammar.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from course_lib.analysis.grammaticality import FULL_STOP, judge
from course_lib.data import tinytales
from course_lib.data.tale_tokens import TOKENS, encode
from course_lib.decoder import Decoder
from course_lib.generation.decoding import DecodingConfig, Prompts, decode
from course_lib.generation.fast_sampling import FastSampler
from course_lib.generation.sampling import SamplingConfig
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.chat_template import ChatBatch, Turn, template_after

Words = tuple[str, ...]

TEMPLATE = template_after(len(TOKENS), roles=("user", "assistant"))
"""Its special tokens follow those of the tales."""

N_OPENING = 3  # sentences of an opening: who is where, and what each of the two has
MAX_ANSWER = 32
"""Tokens after which an answer is cut off; a sentence of the grammar is shorter."""
REASON = "because"


@dataclass(frozen=True)
class Request:
    """The beginning of a tale, and what happened next.

    Attributes:
        opening: The words of the user's turn.
        event: The words of a right answer, one of many.
    """

    opening: Words
    event: Words


@dataclass(frozen=True)
class StoryAnswer:
    """What a model said to an opening.

    Attributes:
        token_ids: The tokens without the one of the end.
        is_ended: Whether it came to its end by itself.
    """

    token_ids: tuple[int, ...]
    is_ended: bool

    @property
    def words(self) -> Words:
        """The tokens as words; a token that is none in a tale stands as a question mark."""
        return tuple(TOKENS[i] if i < len(TOKENS) else "?" for i in self.token_ids)

    def is_right(self, opening: Words) -> bool:
        """Judge whether it is one whole sentence that can stand behind the opening."""
        words = self.words
        if not self.is_ended or words.count(FULL_STOP) != 1 or words[-1] != FULL_STOP:
            return False
        error_at = judge([*opening, *words]).error_at
        return error_at is None or error_at == len(opening) + len(words)

    @property
    def n_reasons(self) -> int:
        """How often it says "because"."""
        return self.words.count(REASON)


def draw_requests(n_requests: int, generator: torch.Generator) -> list[Request]:
    """Cut requests from the beginnings of new tales.

    Args:
        n_requests: How many.
        generator: Source of the tales.
    """
    requests = []
    for _ in range(n_requests):
        words = tinytales.sample_story(generator).words
        ends = [place + 1 for place, word in enumerate(words) if word == FULL_STOP]
        opening, end = ends[N_OPENING - 1], ends[N_OPENING]
        requests.append(Request(tuple(words[:opening]), tuple(words[opening:end])))
    return requests


def right_answer(request: Request) -> StoryAnswer:
    """Return the answer that the tale itself gives."""
    return StoryAnswer(tuple(encode(request.event)), is_ended=True)


def write_chats(openings: Sequence[Words], answers: Sequence[StoryAnswer]) -> ChatBatch:
    """Write openings and answers as conversations, side by side.

    Raises:
        ValueError: There is not one answer for each opening, or there is none.
    """
    if len(openings) != len(answers):
        raise ValueError(f"{len(openings)} openings have {len(answers)} answers")
    return TEMPLATE.batch(
        [
            (
                Turn("user", tuple(encode(opening))),
                Turn("assistant", answer.token_ids, answer.is_ended),
            )
            for opening, answer in zip(openings, answers, strict=True)
        ]
    )


def chat_batches(batch_size: int, generator: torch.Generator) -> Iterator[ChatBatch]:
    """Draw batches of conversations with right answers without end."""
    while True:
        requests = draw_requests(batch_size, generator)
        openings = [request.opening for request in requests]
        yield write_chats(openings, [right_answer(request) for request in requests])


def answer(
    model: Decoder,
    openings: Sequence[Words],
    generator: torch.Generator,
    temperature: float = 1.0,
) -> list[StoryAnswer]:
    """Let a model answer, each opening once.

    Args:
        model: A decoder that knows the tokens of the template.
        openings: What it is told.
        generator: Source of the draws.
        temperature: What logits are divided by before a draw.
    """
    rows = [TEMPLATE.prompt([Turn("user", tuple(encode(words)))]).tolist() for words in openings]
    prompts = Prompts.pad_left(rows, TEMPLATE.pad_id)
    writer = CachingDecoder(model)
    said = decode(
        writer,
        prompts,
        FastSampler(SamplingConfig(temperature=temperature), generator),
        DecodingConfig(
            max_new_tokens=MAX_ANSWER,
            end_token=TEMPLATE.end_id,
            padding_token=TEMPLATE.pad_id,
        ),
        writer.reserve_caches(len(rows), prompts.token_ids.shape[1] + MAX_ANSWER),
    )
    return [_as_answer(row) for row in said.rows]


def _as_answer(row: list[int]) -> StoryAnswer:
    is_ended = row[-1] == TEMPLATE.end_id
    return StoryAnswer(tuple(row[:-1] if is_ended else row), is_ended)
