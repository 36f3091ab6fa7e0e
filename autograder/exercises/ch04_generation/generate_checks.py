"""The loop that writes a text: ask, choose, append."""

from typing import Any, cast

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made

exercise = Exercise(
    name="generate",
    points=16,
    exports=("generate",),
    not_allowed=(
        "course_lib.generation.decoding.decode",
        "course_lib.generation.decoding.stream",
    ),
    hints=(
        "Repeat at most n_new times: hand the model the last max_seq_len tokens "
        "(`token_ids[:, -max_seq_len:]`), take the logits of the *last* position, let `sample` "
        "choose, and append what it chose to the *whole* text, not to the part that was read.",
        "`model(window)[0, -1]` has the shape (V,), which is what `sample` wants. "
        "`torch.cat([token_ids, torch.tensor([[token]])], dim=1)` appends. Compare the token with "
        "`eos` after it has been appended, then stop; with None nothing stops.",
    ),
    time_limit_s=10.0,
)

MODELS = "course_lib.generation.tiny_models"
CHOICES = "course_lib.generation.choices"
LARGEST = Made(f"{CHOICES}.pick_largest")
ENDLESS = 10**6  # a window that no text fills


def _sum_model(draw: Draw, certainty: float = 4.0) -> tuple[Made, int]:
    """Draw a model each of whose answers depends on every token that it reads, and their places."""
    vocab_size = draw.choice([11, 13]) if draw.small else draw.choice([53, 59, 61, 67])
    scores = certainty * torch.eye(vocab_size)
    return Made(f"{MODELS}.SumModel", {"scores": scores}), vocab_size


def _at_random(draw: Draw) -> Made:
    return Made(f"{CHOICES}.pick_at_random", {"seed": draw.integer(0, 10**6)})


def _prompt(draw: Draw, vocab_size: int) -> Tensor:
    return draw.integers(1, vocab_size - 1, 1, draw.integer(2, 3) if draw.small else 5)


def _text(
    model: Made, token_ids: Tensor, n_new: int, sample: Made, window: int, eos: int | None = None
) -> Tensor:
    """Compute what is expected, on the judge's own copies."""
    ask, choose = cast(Any, make(model)), cast(Any, make(sample))
    tokens = token_ids[0].tolist()
    for _ in range(n_new):
        tokens.append(choose(ask(torch.tensor([tokens[-window:]]))[0, -1]))
        if tokens[-1] == eos:
            break
    return torch.tensor([tokens])


@exercise.item(
    "prompt and new tokens",
    points=4,
    sentence="Each new token is chosen from the logits of the *last* position, after all tokens so "
    "far. The result holds the prompt and n_new tokens behind it, of the shape (1, T + n_new).",
)
def _(learner: Learner, draw: Draw) -> None:
    model, vocab_size = _sum_model(draw)
    token_ids = _prompt(draw, vocab_size)
    for n_new in (1, draw.integer(3, 6), 0):
        want = _text(model, token_ids, n_new, LARGEST, ENDLESS)
        expect_equal(learner.generate(model, token_ids, n_new, LARGEST, ENDLESS), want)
    one = token_ids[:, :1]
    want = _text(model, one, 3, LARGEST, ENDLESS)
    expect_equal(learner.generate(model, one, 3, LARGEST, ENDLESS), want)


@exercise.item(
    "chosen by `sample`",
    points=3,
    sentence="`sample` gets the logits of one position, of the shape (V,), once a new token, and "
    "what it returns is the token: whatever is most probable.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, vocab_size = _sum_model(draw, certainty=3.0)
    token_ids = _prompt(draw, vocab_size)
    n_new = 4 if draw.small else 12
    sample = _at_random(draw)
    want = _text(model, token_ids, n_new, sample, ENDLESS)
    expect_equal(learner.generate(model, token_ids, n_new, sample, ENDLESS), want)


@exercise.item(
    "no longer than the model reads",
    points=4,
    sentence="The model never gets more than the last max_seq_len tokens; the result holds all of "
    "them, the prompt's first ones too.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, vocab_size = _sum_model(draw)
    token_ids = _prompt(draw, vocab_size)
    n_prompt = token_ids.shape[1]
    n_new = 3 if draw.small else 9
    for window in (n_prompt + 2, n_prompt, n_prompt - 1, 1):
        want = _text(model, token_ids, n_new, LARGEST, window)
        expect_equal(learner.generate(model, token_ids, n_new, LARGEST, window), want)


@exercise.item(
    "the end of the text",
    points=4,
    sentence="When `eos` is chosen it is appended, and nothing after it. An `eos` in the prompt "
    "ends nothing, and with None every token is one like others.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, vocab_size = _sum_model(draw)
    token_ids, new = _prompt_and_new(draw, model, vocab_size)
    for eos in (new[2], new[0], 0):
        want = _text(model, token_ids, 6, LARGEST, ENDLESS, eos)
        expect_equal(learner.generate(model, token_ids, 6, LARGEST, ENDLESS, eos), want)
        expect_equal(learner.generate(model, token_ids, 6, LARGEST, ENDLESS, eos=eos), want)
    first = int(token_ids[0, 0])
    want = _text(model, token_ids, 6, LARGEST, ENDLESS, first)
    expect_equal(learner.generate(model, token_ids, 6, LARGEST, ENDLESS, first), want)
    # A text that is 0 throughout goes on for ever where nothing ends it.
    zeros = torch.zeros(1, 2, dtype=torch.int64)
    expect_equal(
        learner.generate(model, zeros, 3, LARGEST, ENDLESS), torch.zeros(1, 5, dtype=torch.int64)
    )
    expect_equal(
        learner.generate(model, zeros, 3, LARGEST, ENDLESS, 0), torch.zeros(1, 3, dtype=torch.int64)
    )


def _prompt_and_new(draw: Draw, model: Made, vocab_size: int) -> tuple[Tensor, list[int]]:
    """Draw a prompt whose first token, 0 and the third new one do not come before their turn."""
    while True:
        token_ids = _prompt(draw, vocab_size)
        new = _text(model, token_ids, 6, LARGEST, ENDLESS)[0, token_ids.shape[1] :].tolist()
        if not {0, int(token_ids[0, 0])} & {*new} and new[2] not in new[:2]:
            return token_ids, new


@exercise.item(
    "the prompt is left alone",
    points=1,
    sentence="The tokens that were handed in are what they were, and the new ones are whole "
    "numbers like them.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, vocab_size = _sum_model(draw)
    token_ids = _prompt(draw, vocab_size)
    got = learner.generate(model, token_ids, 2, LARGEST, ENDLESS)
    expect_equal(got, _text(model, token_ids, 2, LARGEST, ENDLESS))
    expect_true(got.dtype == torch.int64, "the tokens are no whole numbers (int64)", got)
    expect_unchanged(learner)
