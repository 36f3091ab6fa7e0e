"""Draw the next token: with the right probabilities, at any temperature, by the generator given."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_true, expect_unchanged
from autograder.exercises.frequencies import expect_frequencies
from autograder.exercises.protocol import Learner
from autograder.sandbox.wire import Made

exercise = Exercise(
    name="sample_token",
    points=8,
    exports=("sample_token",),
    not_allowed=(
        "course_lib.generation.sampling.draw",
        "course_lib.generation.sampling.scale_by_temperature",
        "course_lib.generation.sampling.filter_logits",
        "course_lib.generation.sampling.Sampler",
        "course_lib.generation.fast_sampling.draw_place",
        "course_lib.generation.fast_sampling.FastSampler",
        "course_lib.generation.choices.pick_at_random",
    ),
    hints=(
        "First the special case: at temperature 0 nothing is drawn, and nothing is divided. "
        "Otherwise divide the logits by the temperature, take the softmax, and draw with "
        "`torch.multinomial(…, 1, generator=generator)`.",
        "A score of 60 divided by a tiny temperature is ∞, and ∞ − ∞ is not a number. Subtract the "
        "largest logit *before* you divide: then the largest quotient is 0 and the others at worst "
        "−∞. `.item()` makes a Python int of the result.",
    ),
    time_limit_s=5.0,
)

# Divided by the temperature, in some order: the probabilities are those of SHARES.
SCORES = (-1.0, -0.7, -0.4, 0.6)
SHARES = tuple(math.exp(one) / sum(map(math.exp, SCORES)) for one in SCORES)
N_DRAWS = 120
# A right answer is above it with less than 1e-9; see the test of this exercise.
LIMIT = 56.0
N_TOKENS = 1000  # so many that none is drawn by luck each time
COLD = (0.01, 1e-4, 1e-10, 1e-20, 1e-30, 1e-37)


def _drawn(
    learner: Learner, logits: Tensor, temperature: float, generators: list[Made]
) -> list[int]:
    """Draw a token with each generator, and judge that it is a Python int."""
    drawn = [learner.sample_token(logits, temperature, one) for one in generators]
    for one in drawn:
        expect_true(type(one) is int, "the result is no Python int", one)
    return drawn


@exercise.item(
    "every token has its probability",
    points=3,
    sentence="The probabilities are the softmax of logits / temperature: above 1 it flattens them, "
    "below 1 it sharpens them.",
)
def _(learner: Learner, draw: Draw) -> None:
    order = draw.order(len(SCORES))
    temperature = float(draw.integer(4, 5))
    logits = temperature * torch.tensor(SCORES)[order]
    drawn = _drawn(learner, logits, temperature, [draw.generator() for _ in range(N_DRAWS)])
    expect_frequencies(drawn, [SHARES[place] for place in order.tolist()], LIMIT)


@exercise.item(
    "temperature 0 takes the largest",
    points=2,
    sentence="At temperature 0 the result is the index of the largest logit, a Python int, "
    "whatever the generator says.",
)
def _(learner: Learner, draw: Draw) -> None:
    (vocab_size,) = draw.sizes(1)
    logits = draw.normal(vocab_size, scale=0.5)
    best = draw.integer(0, vocab_size - 1)
    logits[best] = logits.max() + 0.25
    for temperature in (0.0, 0):
        expect_equal(learner.sample_token(logits, temperature, draw.generator()), best)
    expect_equal(learner.sample_token(logits.double() - 9, 0.0, draw.generator()), best)


@exercise.item(
    "cold is no overflow",
    points=1,
    sentence="Near temperature 0 the quotients become very large: it must not end in ∞ − ∞, but in "
    "the largest logit. A logit of −∞ is never drawn.",
)
def _(learner: Learner, draw: Draw) -> None:
    (few,) = draw.sizes(1)
    vocab_size = few if draw.small else N_TOKENS
    logits = 60 + draw.normal(vocab_size, scale=2.0)
    best = draw.integer(0, vocab_size - 1)
    logits[best] = logits.max() + 1
    # All are drawn before one is judged: what they are tells one mistake from another.
    for one in [learner.sample_token(logits, cold, draw.generator()) for cold in COLD]:
        expect_equal(one, best)
    logits = torch.full((vocab_size,), -torch.inf)
    logits[best] = -80.0
    for temperature in (1.0, 100.0):
        expect_equal(learner.sample_token(logits, temperature, draw.generator()), best)


@exercise.item(
    "the generator decides",
    points=2,
    sentence="All randomness comes from the generator: from the same state the same token, from "
    "another state another one. The logits are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits = _even(draw)
    generators = [draw.generator() for _ in range(8)]
    drawn = _drawn(learner, logits, 1.0, generators)
    expect_true(len(set(drawn)) > 1, "eight generators of different seeds gave one token", drawn[0])
    again = _drawn(learner, logits, 1.0, generators)
    for one, other in zip(drawn, again, strict=True):
        expect_true(one == other, f"the same seed gave {one} and then {other}", other)
    expect_unchanged(learner)


def _even(draw: Draw) -> Tensor:
    """Draw logits of a thousand tokens that are nearly alike."""
    return draw.normal(N_TOKENS, scale=0.1)
