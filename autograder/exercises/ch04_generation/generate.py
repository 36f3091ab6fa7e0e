"""Answers to the exercise about the loop that writes a text: mistakes, and other right ways."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.generate_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You take the logits of the first position, which knows nothing but the first token. The next "
    "token is scored by the *last* position."
)
def first_positions_logits(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Read the wrong end."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, -max_seq_len:])[0, 0])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.misconception(
    "The model gets the whole text, however long it has become. It reads max_seq_len tokens at "
    "most: hand it the last ones."
)
def no_cropping(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Forget that the model has an end."""
    for _ in range(n_new):
        token = sample(model(token_ids)[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.misconception(
    "You hand the model the *first* max_seq_len tokens. From then on it never sees what was "
    "written last: take the last ones, `token_ids[:, -max_seq_len:]`."
)
def first_tokens_kept(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Crop at the wrong end."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, :max_seq_len])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.misconception(
    "What is too old for the model is missing from the result. Crop what the model reads, not the "
    "text."
)
def result_cropped(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Throw the beginning away."""
    for _ in range(n_new):
        token_ids = token_ids[:, -max_seq_len:]
        token = sample(model(token_ids)[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.misconception("The text goes on after `eos`. When it is chosen, append it and stop.")
def goes_on_after_eos(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Never stop."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, -max_seq_len:])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
    return token_ids


@exercise.misconception(
    "`eos` ends the text, but is not in it. Append it first: it says that the text is over, and "
    "not just cut off."
)
def eos_dropped(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Stop before appending."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, -max_seq_len:])[0, -1])
        if token == eos:
            break
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
    return token_ids


@exercise.misconception(
    "`eos=0` never ends a text: `if eos and …` is false for 0, a token like any other. Compare "
    "the token with `eos`; None equals no token."
)
def zero_ends_nothing(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Ask whether `eos` is true."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, -max_seq_len:])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if eos and token == eos:
            break
    return token_ids


@exercise.misconception(
    "An `eos` in the prompt ends the text before it begins. Only a token that was chosen now can "
    "end it."
)
def eos_in_the_prompt_ends(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Look for `eos` in the whole text."""
    for _ in range(n_new):
        if eos in token_ids[0].tolist():
            break
        token = sample(model(token_ids[:, -max_seq_len:])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
    return token_ids


@exercise.misconception(
    "The prompt is missing from the result. Return the whole text, the prompt and what was "
    "appended."
)
def prompt_left_out(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Return what is new."""
    n_prompt = token_ids.shape[1]
    for _ in range(n_new):
        token = sample(model(token_ids[:, -max_seq_len:])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids[:, n_prompt:]


@exercise.misconception(
    "The model sees only the newest token. It has no memory of its own: hand it all that it can "
    "read, the prompt too."
)
def newest_token_alone(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Believe that the model remembers."""
    for _ in range(n_new):
        token = sample(model(token_ids[:, -1:])[0, -1])
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.misconception(
    "You take the largest logit and leave `sample` out. How a token is chosen is the caller's "
    "business: hand the logits to `sample`."
)
def always_the_largest(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Choose oneself."""
    for _ in range(n_new):
        token = int(model(token_ids[:, -max_seq_len:])[0, -1].argmax())
        token_ids = torch.cat([token_ids, torch.tensor([[token]])], dim=1)
        if token == eos:
            break
    return token_ids


@exercise.alternative
def with_a_list(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Collect the tokens in a list."""
    text = token_ids[0].tolist()
    n_left = n_new
    while n_left > 0:
        n_left -= 1
        logits = model(torch.tensor(text[-max_seq_len:]).unsqueeze(0))
        text.append(sample(logits[0, -1, :]))
        if eos is not None and text[-1] == eos:
            n_left = 0
    return torch.tensor([text])


@exercise.alternative
def into_reserved_memory(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Reserve the whole text and fill it in."""
    n_prompt = token_ids.shape[1]
    text = torch.cat([token_ids, token_ids.new_zeros(1, n_new)], dim=1)
    end = n_prompt
    with torch.no_grad():
        while end < n_prompt + n_new:
            window = text[:, max(0, end - max_seq_len) : end]
            text[0, end] = sample(model(window)[:, -1].squeeze(0))
            end += 1
            if text[0, end - 1].item() == eos:
                break
    return text[:, :end]


@exercise.alternative
def by_calling_itself(
    model: Callable[[Tensor], Tensor],
    token_ids: Tensor,
    n_new: int,
    sample: Callable[[Tensor], int],
    max_seq_len: int,
    eos: int | None = None,
) -> Tensor:
    """Write one token, then the rest."""

    def rest(text: Tensor, n_left: int) -> Tensor:
        if n_left == 0:
            return text
        n_read = min(text.shape[1], max_seq_len)
        chosen = sample(model(text[:, text.shape[1] - n_read :])[0][n_read - 1])
        longer = torch.nn.functional.pad(text, (0, 1), value=chosen)
        return longer if chosen == eos else rest(longer, n_left - 1)

    return rest(token_ids.clone(), n_new)
