"""One step of speculative decoding: which drafted tokens stand, and what comes behind them."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_equal, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.exercises.shares import expect_share

exercise = Exercise(
    name="speculative_step",
    points=14,
    exports=("speculative_step",),
    not_allowed=(
        "course_lib.generation.speculative.judge_draft",
        "course_lib.generation.speculative.residual",
        "course_lib.generation.speculative.decode_speculatively",
        "course_lib.generation.sampling.draw",
    ),
    hints=(
        "Go through the drafted tokens one by one, each with a random number of its own. It stands "
        "when the number is below target over draft, both read at this token. The first one that "
        "does not stand ends the step: one token is drawn in its place, and that is all.",
        "In place of a refused token draw from what the draft gave too little: target less draft, "
        "negative numbers set to 0. `torch.multinomial` takes weights that do not sum to 1. When "
        "all stand, one more token comes from the last row of the target. Hand `generator=` to "
        "each draw, and `.item()` makes a Python int.",
    ),
    time_limit_s=5.0,
)

N_STEPS = 120  # of which about half let the first token stand
N_NEW_TOKENS = 60
N_REFUSALS = 14  # a wrong distribution gives the right token half of the time


def _tokens(learner: Learner, draw: Draw, *inputs: Tensor) -> list[int]:
    """Make one step, and judge that it gave a list of Python ints."""
    got = learner.speculative_step(*inputs, draw.generator())
    if type(got) is not list or not all(type(one) is int for one in got):
        raise CheckError("the result is no list of Python ints", got)
    return got


def _row(vocab_size: int, shares: dict[int, float]) -> Tensor:
    """Write a distribution: the shares named, 0 for all other tokens."""
    row = torch.zeros(vocab_size)
    row[list(shares)] = torch.tensor(list(shares.values()))
    return row


def _four(draw: Draw) -> tuple[int, list[int]]:
    """Draw the size of a vocabulary, and four different tokens of it."""
    vocab_size = 4 if draw.small else draw.integer(6, 9)
    return vocab_size, draw.order(vocab_size)[:4].tolist()


@exercise.item(
    "what the target likes as well stands",
    points=3,
    sentence="A drafted token that the target gives at least as much as the draft always stands. "
    "When all of them stand, one more comes from the target's last row.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, (a, b, c, d) = _four(draw)
    low, high = _row(vocab_size, {a: 0.2, b: 0.3, d: 0.5}), _row(vocab_size, {a: 0.7, d: 0.3})
    p_draft = torch.stack([low, high, low])
    p_target = torch.stack([high, high, high, _row(vocab_size, {c: 1.0})])
    for _ in range(6):
        got = _tokens(learner, draw, p_target, p_draft, torch.tensor([a, a, a]))
        expect_equal(got, [a, a, a, c])


@exercise.item(
    "what the target excludes falls",
    points=4,
    sentence="Behind the first token that does not stand comes one drawn from the positive part of "
    "target less draft, at its own position; then the step ends.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, (a, b, c, d) = _four(draw)
    sure = _row(vocab_size, {a: 1.0})
    # At the second position the draft gave b, which the target excludes, and too little to c alone.
    p_draft = torch.stack([sure, _row(vocab_size, {b: 0.4, d: 0.6}), sure])
    refusing = _row(vocab_size, {c: 0.5, d: 0.5})
    p_target = torch.stack([sure, refusing, sure, _row(vocab_size, {d: 1.0})])
    for _ in range(N_REFUSALS):
        got = _tokens(learner, draw, p_target, p_draft, torch.tensor([a, b, a]))
        expect_equal(got, [a, c])


@exercise.item(
    "the chance is target over draft",
    points=3,
    sentence="A token that the target gives p and the draft q > p stands with probability p/q, and "
    "each position is decided by a random number of its own.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, (a, b, c, _) = _four(draw)
    p_draft = _row(vocab_size, {a: 0.1, b: 0.9}).repeat(2, 1)
    target = _row(vocab_size, {a: 0.05, c: 0.95})
    p_target, drafted = target.repeat(3, 1), torch.tensor([a, a])
    lengths = [len(_tokens(learner, draw, p_target, p_draft, drafted)) for _ in range(N_STEPS)]
    first = sum(length > 1 for length in lengths)
    expect_share(first, N_STEPS, 0.5, "drafted tokens with p/q = 0.05/0.1 stood")
    both = sum(length > len(drafted) for length in lengths)
    expect_share(both, first, 0.5, "second tokens with p/q = 0.05/0.1 stood, where the first did")


@exercise.item(
    "new tokens are drawn",
    points=2,
    sentence="The token in place of a refused one, and the one behind a draft that stands as a "
    "whole, are drawn by their probabilities, not chosen.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, (a, b, c, d) = _four(draw)
    p_draft = _row(vocab_size, {a: 1.0})[None]
    refusing = torch.stack([_row(vocab_size, {b: 0.4, c: 0.6}), _row(vocab_size, {d: 1.0})])
    standing = torch.stack([_row(vocab_size, {a: 1.0}), _row(vocab_size, {b: 0.4, c: 0.6})])
    for p_target, before in ((refusing, []), (standing, [a])):
        drawn = []
        for _ in range(N_NEW_TOKENS):
            got = _tokens(learner, draw, p_target, p_draft, torch.tensor([a]))
            expect_true(got in ([*before, b], [*before, c]), "a token is there that cannot be", got)
            drawn.append(got[-1])
        expect_share(drawn.count(b), N_NEW_TOKENS, 0.4, f"new tokens were {b}, of probability 0.4")


@exercise.item(
    "no draft, float64, and the generator",
    points=2,
    sentence="Without a draft one token comes from the target. All randomness comes from the "
    "generator: from the same state the same tokens. The inputs are unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, (a, b, _, _) = _four(draw)
    only = _row(vocab_size, {b: 1.0}).double()[None]
    nothing = only[:0], torch.zeros(0, dtype=torch.int64)
    expect_equal(_tokens(learner, draw, only, *nothing), [b])
    even = torch.full((2, 1000), 0.001, dtype=torch.float64)
    inputs = even, even[:1], torch.tensor([a])
    generators = [draw.generator() for _ in range(8)]
    drawn = [learner.speculative_step(*inputs, one) for one in generators]
    same = all(one == drawn[0] for one in drawn)
    expect_true(not same, "eight generators of different seeds gave the same tokens", drawn[0])
    for one, generator in zip(drawn, generators, strict=True):
        again = learner.speculative_step(*inputs, generator)
        expect_true(one == again, f"the same seed gave {one} and then {again}", again)
    expect_unchanged(learner)
