"""Writing with a cache: the same text as without, and every token read once.

Speed is judged by what is read, which is a count, and not by the clock: on a busy machine a mark
would depend on what else runs. Tokens a second stand in the report.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    LIBRARY,
    Model,
    draw_model,
    draw_texts,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made
from course_lib.generation.choices import Choice
from course_lib.own_gpt.parameters import nothing_yet

exercise = Exercise(
    name="generate_cached",
    points=14,
    exports=("generate_cached",),
    not_allowed=(
        "course_lib.own_gpt.reference_writing.reference_write",
        "course_lib.generation.decoding.decode",
        "course_lib.generation.decoding.stream",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
    ),
    hints=(
        "Keep two things from step to step: the past, and the tokens that the model has not read "
        "yet. Before the first step these are the whole prompt; after it, one token.",
        "`nothing_yet(params, 1, n_heads)` is the past before the first token. "
        "`parts.gpt(unread, params, past, n_heads, parts)` gives scores and the longer past; "
        "`scores[0, -1]` goes to `sample`. The token that ends a text stays in it.",
    ),
    time_limit_s=10.0,
)

ALL_PARTS = parts_for("generate_cached")
# A wrong row or a lost past can choose the right tokens by chance; hardly in so many texts.
N_TEXTS = 5
PICK_LARGEST = Made("course_lib.generation.choices.pick_largest")


Task = tuple[Model, Tensor, int, Made]


def _tasks(draw: Draw) -> Iterator[Task]:
    """Draw some tasks, one by one; a single one where a small input is looked for."""
    for _ in range(1 if draw.small else N_TEXTS):
        yield _task(draw)


def _task(draw: Draw) -> Task:
    """Draw a model in double precision, a prompt, a number of new tokens, and a choice."""
    model = draw_model(draw, torch.float64)
    n_prompt, n_new = (2, 2) if draw.small else (5, 9)
    pick = Made("course_lib.generation.choices.pick_at_random", {"seed": draw.integer(0, 9999)})
    return model, draw_texts(draw, model, 1, n_prompt), n_new, pick


def _task_without_context(draw: Draw) -> Task:
    """Draw a task where each token depends on the newest alone: what else was read plays no part.

    What attention finds is multiplied by 0, and the prompt ends with the token that it begins with.
    """
    model, prompt, n_new, pick = _task(draw)
    muted = {name: torch.zeros_like(one) for name, one in model.params.items() if "W_o" in name}
    prompt[0, -1] = prompt[0, 0]
    return replace(model, params=model.params | muted), prompt, n_new, pick


def _want(
    model: Model,
    prompt: Tensor,
    n_new: int,
    pick: Made,
    end: int | None = None,
    parts: Made = ALL_PARTS,
) -> Tensor:
    """Write the text without a cache: the whole of it is read again for every token."""
    functions, sample = own(parts), cast(Choice, make(pick))
    text = prompt
    for _ in range(n_new):
        past = nothing_yet(model.params, 1, model.n_heads)
        logits, _ = functions.gpt(text, model.params, past, model.n_heads, functions)
        token = sample(logits[0, -1])
        text = torch.cat([text, torch.tensor([[token]])], dim=1)
        if token == end:
            break
    return text


@exercise.item(
    "the text that a whole reading would give",
    points=5,
    sentence="In double precision the text is, token for token, the one that is written when "
    "everything is read again for every token.",
)
def _(learner: Learner, draw: Draw) -> None:
    for model, prompt, n_new, pick in _tasks(draw):
        given = (prompt, n_new, model.params, model.n_heads, pick, None, ALL_PARTS)
        expect_equal(learner.generate_cached(*given), _want(model, prompt, n_new, pick))
        expect_unchanged(learner)


@exercise.item(
    "every token is read once",
    points=6,
    sentence="The model reads the prompt once, and then each new token once and alone.",
)
def _(learner: Learner, draw: Draw) -> None:
    for model, prompt, n_new, pick in _tasks(draw):
        most = prompt.shape[1] + n_new
        counted = Made(f"{LIBRARY}.stand_ins.counted_parts", {"most": most})
        given = (prompt, n_new, model.params, model.n_heads, pick, None, counted)
        expect_equal(learner.generate_cached(*given), _want(model, prompt, n_new, pick))


@exercise.item(
    "where a text ends",
    points=2,
    sentence="The token `end` stays in the text and nothing is written behind it; a prompt that "
    "is to get no token comes back as it is.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, prompt, n_new, pick = _task_without_context(draw)
    whole = _want(model, prompt, n_new, pick)
    end = int(whole[0, prompt.shape[1] + n_new // 2])
    want = _want(model, prompt, n_new, pick, end)
    given = (model.params, model.n_heads, pick, end, ALL_PARTS)
    expect_equal(learner.generate_cached(prompt, n_new, *given), want)
    expect_equal(learner.generate_cached(prompt, 0, *given), prompt)


@exercise.item(
    "made of the parts",
    points=1,
    sentence="The model is taken from `parts`: where it does something else, another text is "
    "written.",
)
def _(learner: Learner, draw: Draw) -> None:
    model, prompt, n_new, _ = _task_without_context(draw)
    turned = Made(f"{LIBRARY}.stand_ins.turned_parts")
    got = learner.generate_cached(
        prompt, n_new, model.params, model.n_heads, PICK_LARGEST, None, turned
    )
    expect_equal(got, _want(model, prompt, n_new, PICK_LARGEST, parts=turned))
