r"""Requests in words, and the call of a tool that each of them means, character by character.

3 nights in oslo with breakfast
call book {"city": "oslo", "nights": 3, "breakfast": true}

Little can go wrong in what a request means, and much in how a call is written: a quotation mark, a
brace, a comma. What a model needs in order to write calls that can be read, it shows here.

Axes: B requests, T characters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import nn

from course_lib.agents.calls import Call
from course_lib.training.chat_template import ChatBatch

City = Literal["oslo", "rome", "lisbon", "vienna", "berlin", "athens"]
CITIES: tuple[str, ...] = get_args(City)

CHARACTERS = "".join(map(chr, range(0x20, 0x7F))) + "\n"
"""Those that can be written; the place of each is its token."""

END = len(CHARACTERS)
PADDING = END + 1
VOCAB_SIZE = END + 2
VOCABULARY: tuple[bytes, ...] = (*(character.encode() for character in CHARACTERS), b"", b"")
"""The bytes of each token, as `generation.constrained` wants them."""

MOST_NIGHTS = 30


def book(city: City, nights: int, breakfast: bool) -> str:
    """Book a room."""
    return f"{nights} nights in {city}, {'with' if breakfast else 'without'} breakfast"


@dataclass(frozen=True)
class Request:
    """What somebody wants, and the call that it means.

    Attributes:
        text: In words.
        call: As a call of `book`.
    """

    text: str
    call: Call


def draw_request(generator: torch.Generator) -> Request:
    """Draw a request, in one of several wordings."""

    def draw(n: int) -> int:
        return int(torch.randint(n, (), generator=generator))

    city, nights, breakfast = CITIES[draw(len(CITIES))], 1 + draw(MOST_NIGHTS), bool(draw(2))
    what = "with breakfast" if breakfast else "without breakfast"
    wordings = (
        f"{nights} nights in {city} {what}",
        f"a room in {city} {what} for {nights} nights",
        f"{city} please, {what}, {nights} nights",
    )
    arguments = {"city": city, "nights": nights, "breakfast": breakfast}
    return Request(wordings[draw(len(wordings))], Call("book", arguments))


def request_batches(batch_size: int, generator: torch.Generator) -> Iterator[ChatBatch]:
    """Draw batches of requests with their calls without end."""
    while True:
        yield encode([draw_request(generator) for _ in range(batch_size)])


def encode(requests: Sequence[Request]) -> ChatBatch:
    """Write requests and calls as tokens, padded at the right; the calls are to be written."""
    prompts = [prompt_of(request) for request in requests]
    calls = [[*tokens(str(request.call)), END] for request in requests]
    pairs = list(zip(prompts, calls, strict=True))
    rows = [torch.tensor([*prompt, *call]) for prompt, call in pairs]
    marks = [torch.tensor([False] * len(prompt) + [True] * len(call)) for prompt, call in pairs]
    pad = nn.utils.rnn.pad_sequence
    return ChatBatch(
        token_ids=pad(rows, batch_first=True, padding_value=PADDING),
        is_answer=pad(marks, batch_first=True, padding_value=False),
    )


def prompt_of(request: Request) -> list[int]:
    """Return the tokens of a request, up to where the call begins."""
    return tokens(f"{request.text}\n")


def tokens(text: str) -> list[int]:
    """Return the token of each character.

    Raises:
        ValueError: A character has none.
    """
    if unknown := [character for character in text if character not in CHARACTERS]:
        raise ValueError(f"no request is written with {unknown[0]!r}")
    return [CHARACTERS.index(character) for character in text]


def text_of(token_ids: Sequence[int]) -> str:
    """Return the text of some tokens, up to the end."""
    characters = []
    for token in token_ids:
        if token >= END:
            break
        characters.append(CHARACTERS[token])
    return "".join(characters)
