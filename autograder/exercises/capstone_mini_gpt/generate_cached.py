"""Answers to the exercise about writing with a cache: mistakes, and other right ways."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.capstone_mini_gpt.generate_cached_checks import exercise
from course_lib.own_gpt.parameters import nothing_yet
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "The whole text is read again for every token. That gives the same text, and the time grows "
    "with its square: hand on the past, and only what has not been read."
)
def all_of_it_again(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Begin with an empty past each time."""
    text = prompt
    for _ in range(n_new):
        past = nothing_yet(params, 1, n_heads)
        scores, _ = parts.gpt(text, params, past, n_heads, parts)
        token = sample(scores[0, -1].detach())
        text = torch.cat([text, torch.tensor([[token]])], dim=1)
        if token == end:
            break
    return text


@exercise.misconception(
    "The past is lost: each new token is read alone, without those before it. Hand on what "
    "`parts.gpt` gives beside the scores."
)
def past_lost(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Read one token, and nothing before it."""
    text, unread = prompt, prompt
    for _ in range(n_new):
        scores, _ = parts.gpt(unread, params, nothing_yet(params, 1, n_heads), n_heads, parts)
        token = sample(scores[0, -1].detach())
        unread = torch.tensor([[token]])
        text = torch.cat([text, unread], dim=1)
        if token == end:
            break
    return text


@exercise.misconception(
    "What was read already is read once more: the whole text goes in beside a past that holds most "
    "of it. Hand over the newest token alone."
)
def read_twice(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Hand over the text and the past."""
    text, past = prompt, nothing_yet(params, 1, n_heads)
    for _ in range(n_new):
        scores, past = parts.gpt(text, params, past, n_heads, parts)
        token = sample(scores[0, -1].detach())
        text = torch.cat([text, torch.tensor([[token]])], dim=1)
        if token == end:
            break
    return text


@exercise.misconception(
    "The scores of the *first* of the tokens that were read choose the next one. What comes behind "
    "the text stands in the last row: `scores[0, -1]`."
)
def first_row(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Take row 0."""
    text, unread, past = prompt, prompt, nothing_yet(params, 1, n_heads)
    for _ in range(n_new):
        scores, past = parts.gpt(unread, params, past, n_heads, parts)
        token = sample(scores[0, 0].detach())
        unread = torch.tensor([[token]])
        text = torch.cat([text, unread], dim=1)
        if token == end:
            break
    return text


@exercise.misconception(
    "The token that ends a text is left out. It stays: whoever reads the text must see that it is "
    "over, and not cut short."
)
def end_left_out(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Stop before the end is written."""
    text, unread, past = prompt, prompt, nothing_yet(params, 1, n_heads)
    for _ in range(n_new):
        scores, past = parts.gpt(unread, params, past, n_heads, parts)
        token = sample(scores[0, -1].detach())
        if token == end:
            break
        unread = torch.tensor([[token]])
        text = torch.cat([text, unread], dim=1)
    return text


@exercise.misconception(
    "It goes on behind the token that ends a text, until all `n_new` are written. Compare each new "
    "token with `end`, and stop."
)
def never_ends(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Write all of them."""
    text, unread, past = prompt, prompt, nothing_yet(params, 1, n_heads)
    for _ in range(n_new):
        scores, past = parts.gpt(unread, params, past, n_heads, parts)
        unread = torch.tensor([[sample(scores[0, -1].detach())]])
        text = torch.cat([text, unread], dim=1)
    return text


@exercise.alternative
def with_a_list(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Gather the new tokens in a list and join them at the end."""
    new: list[int] = []
    past = nothing_yet(params, 1, n_heads)
    with torch.no_grad():
        while len(new) < n_new:
            reading = prompt if not new else torch.full((1, 1), new[-1])
            scores, past = parts.gpt(reading, params, past, n_heads, parts)
            new.append(sample(scores[0, -1]))
            if end is not None and new[-1] == end:
                break
    return torch.cat([prompt, torch.tensor([new], dtype=prompt.dtype)], dim=1)


@exercise.alternative
def into_a_row_made_before(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Make room for the longest text, fill it, and cut off what was not needed."""
    n_prompt = prompt.shape[1]
    row = torch.cat([prompt, prompt.new_zeros(1, n_new)], dim=1)
    past, done, length = nothing_yet(params, 1, n_heads), 0, n_prompt
    for _ in range(n_new):
        with torch.no_grad():
            scores, past = parts.gpt(row[:, done:length], params, past, n_heads, parts)
        done = length
        row[0, length] = sample(scores[0, -1])
        length += 1
        if end is not None and int(row[0, length - 1]) == end:
            break
    return row[:, :length]


@exercise.alternative
def prompt_first_then_the_rest(
    prompt: Tensor,
    n_new: int,
    params: dict,
    n_heads: int,
    sample: Callable,
    end: int | None,
    parts: Parts,
) -> Tensor:
    """Read the prompt before the loop, and a token at its end."""
    if n_new == 0:
        return prompt
    scores, past = parts.gpt(prompt, params, nothing_yet(params, 1, n_heads), n_heads, parts)
    text = prompt
    for left in reversed(range(n_new)):
        newest = torch.tensor([[sample(scores[0, -1].detach())]], dtype=prompt.dtype)
        text = torch.cat((text, newest), 1)
        if left == 0 or newest.item() == end:
            return text
        scores, past = parts.gpt(newest, params, past, n_heads, parts)
    return text
