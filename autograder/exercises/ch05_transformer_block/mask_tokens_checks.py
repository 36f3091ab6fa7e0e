"""Masking as BERT's training does it: some tokens are chosen, and most of these are hidden."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_equal,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner
from autograder.exercises.shares import expect_share

exercise = Exercise(
    name="mask_tokens",
    points=12,
    exports=("mask_tokens",),
    not_allowed=(),
    hints=(
        "Three questions, each answered for all tokens at once with a table of random numbers: "
        "which tokens are chosen, what becomes of a chosen one, and which random id would stand "
        "there. Hand the generator to every draw.",
        "A number from `torch.rand` is below 0.15 with probability 0.15. For the second question "
        "one number is enough: below 0.8 is one fate, above 0.9 another, and what lies between is "
        "the third. `torch.where` and `masked_fill` make new tensors; index assignment would "
        "change the caller's.",
    ),
    time_limit_s=5.0,
)

CHOSEN = 0.15
IGNORED = -100
# Of 24,000 tokens about 3,600 are chosen and 360 get a random id, enough to tell shares apart;
# the test of this exercise shows how seldom a wrong one passes.
N_ROWS, N_COLUMNS = 120, 200
# Who is chosen takes more: 0.15 is told from the 0.134 of labels at changed tokens alone.
N_ROWS_CHOSEN = 400


def _ids(draw: Draw, vocab_size: int, mask_id: int, *shape: int) -> Tensor:
    """Draw ids of the vocabulary, mask_id left out."""
    ids = draw.integers(0, vocab_size - 2, *shape)
    return ids + (ids >= mask_id)


def _vocabulary(draw: Draw) -> tuple[int, int]:
    """Draw a size of the vocabulary and the id of the mask."""
    vocab_size = draw.integer(8, 11)
    return vocab_size, draw.integer(0, vocab_size - 1)


def _special(draw: Draw, *shape: int) -> Tensor:
    """Draw special tokens at both ends of each row, and some in the middle."""
    special = draw.integers(0, 9, *shape) == 0
    special[:, 0] = special[:, -1] = True
    return special


def _pair(result: object, token_ids: Tensor) -> tuple[Tensor, Tensor]:
    """Judge that a result is two tables of ids, of the shape of the tokens."""
    if type(result) is not tuple or len(result) != 2:
        raise CheckError("the result is not a pair (inputs, labels)", result)
    for name, one in zip(("inputs", "labels"), result, strict=True):
        if type(one) is not Tensor or one.shape != token_ids.shape:
            raise CheckError(f"{name} is no tensor of the shape of token_ids", result)
        expect_true(one.dtype == torch.int64, f"{name} holds no whole numbers (int64)", result)
    return result[0], result[1]


@exercise.item(
    "who is chosen",
    points=4,
    sentence="Every token that is not special is chosen with probability 0.15, each on its own; a "
    "special one never is.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, mask_id = _vocabulary(draw)
    token_ids = _ids(draw, vocab_size, mask_id, N_ROWS_CHOSEN, N_COLUMNS)
    special = _special(draw, N_ROWS_CHOSEN, N_COLUMNS)
    got = learner.mask_tokens(token_ids, special, vocab_size, mask_id, draw.generator())
    inputs, labels = _pair(got, token_ids)
    chosen = labels != IGNORED
    touched = special & (chosen | (inputs != token_ids))
    expect_true(not touched.any(), f"{touched.sum()} special tokens were chosen or changed", got)
    n_free = int((~special).sum())
    expect_share(int(chosen.sum()), n_free, CHOSEN, "tokens that are not special were chosen")
    _expect_own_chances(learner, draw, vocab_size, mask_id)


def _expect_own_chances(learner: Learner, draw: Draw, vocab_size: int, mask_id: int) -> None:
    """Judge that neither the number of chosen tokens nor their places are always the same."""
    token_ids = _ids(draw, vocab_size, mask_id, 6, 40)
    free = torch.zeros_like(token_ids, dtype=torch.bool)
    counts = set()
    for _ in range(12):
        got = learner.mask_tokens(token_ids, free, vocab_size, mask_id, draw.generator())
        chosen = _pair(got, token_ids)[1] != IGNORED
        same = bool((chosen == chosen[0]).all())
        expect_true(not same, "the same places were chosen in every row", got)
        counts.add(int(chosen.sum()))
    # Twelve equal counts of 240 tokens come about less than once in 10¹².
    expect_true(
        len(counts) > 1,
        f"twelve generators chose {min(counts)} of 240 tokens each: an exact share, where each "
        "token should have a chance of its own",
    )


@exercise.item(
    "labels",
    points=2,
    sentence="The label of a chosen token is the token that stood there, whatever stands there "
    "now; all others are −100, and their inputs stay.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, mask_id = _vocabulary(draw)
    shape = (6, 9) if draw.small else (40, 30)
    token_ids, special = _ids(draw, vocab_size, mask_id, *shape), _special(draw, *shape)
    got = learner.mask_tokens(token_ids, special, vocab_size, mask_id, draw.generator())
    inputs, labels = _pair(got, token_ids)
    chosen = labels != IGNORED
    expect_equal(labels, token_ids.masked_fill(~chosen, IGNORED))
    expect_equal(inputs[~chosen], token_ids[~chosen])
    n_changed = int((inputs != token_ids).sum())
    expect_true(n_changed < chosen.sum() or draw.small, "each label stands at a changed token", got)
    everything = torch.ones_like(special)
    got = learner.mask_tokens(token_ids, everything, vocab_size, mask_id, draw.generator())
    expect_equal(got, (token_ids, torch.full_like(token_ids, IGNORED)))


@exercise.item(
    "80, 10, 10",
    points=3,
    sentence="Of the chosen tokens eight of ten become mask_id, one of ten a random id, and one of "
    "ten stays; each has a chance of its own.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, mask_id = _vocabulary(draw)
    token_ids = _ids(draw, vocab_size, mask_id, N_ROWS, N_COLUMNS)
    special = _special(draw, N_ROWS, N_COLUMNS)
    got = learner.mask_tokens(token_ids, special, vocab_size, mask_id, draw.generator())
    inputs, labels = _pair(got, token_ids)
    chosen = labels != IGNORED
    n_chosen = int(chosen.sum())
    # A random id is mask_id, or the token itself, once in vocab_size times each.
    hidden, kept = inputs[chosen] == mask_id, inputs[chosen] == token_ids[chosen]
    by_chance = 0.1 / vocab_size
    expect_share(int(hidden.sum()), n_chosen, 0.8 + by_chance, "chosen tokens became mask_id")
    expect_share(int(kept.sum()), n_chosen, 0.1 + by_chance, "chosen tokens stayed")
    n_other = n_chosen - int(hidden.sum()) - int(kept.sum())
    expect_share(n_other, n_chosen, 0.1 - 2 * by_chance, "chosen tokens became another token")


@exercise.item(
    "any id of the vocabulary",
    points=2,
    sentence="A random id is any of 0 to vocab_size − 1, all equally likely, drawn anew for each "
    "token.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size = draw.integer(8, 11)
    # Neither the first id nor the last, so that it shows when one of these never comes.
    mask_id, word = (draw.order(vocab_size - 2)[:2] + 1).tolist()
    token_ids = torch.full((N_ROWS, N_COLUMNS), word)
    special = torch.zeros_like(token_ids, dtype=torch.bool)
    got = learner.mask_tokens(token_ids, special, vocab_size, mask_id, draw.generator())
    inputs, labels = _pair(got, token_ids)
    others = inputs[(inputs != mask_id) & (inputs != word)].tolist()
    n_chosen, n_ids = int((labels != IGNORED).sum()), vocab_size - 2
    share = 0.1 * n_ids / vocab_size
    expect_share(len(others), n_chosen, share, "chosen tokens became another token of the rest")
    for one in sorted({*range(vocab_size)} - {mask_id, word}):
        what = f"random ids were {one}, with {vocab_size} in the vocabulary"
        expect_share(others.count(one), len(others), 1 / n_ids, what)
    expect_true({*others} <= {*range(vocab_size)}, "a random id is not of the vocabulary", got)


@exercise.item(
    "the generator decides",
    points=1,
    sentence="All randomness comes from the generator: from the same state the same masking, from "
    "another state another one. The tokens that were handed in are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size, mask_id = _vocabulary(draw)
    token_ids = _ids(draw, vocab_size, mask_id, N_ROWS, N_COLUMNS)
    special = _special(draw, N_ROWS, N_COLUMNS)
    generators = [draw.generator() for _ in range(6)]

    def masked() -> list[tuple[Tensor, Tensor]]:
        arguments = token_ids, special, vocab_size, mask_id
        return [_pair(learner.mask_tokens(*arguments, one), token_ids) for one in generators]

    first = masked()
    _expect_all_drawn(first, token_ids, vocab_size, mask_id)
    for one, again in zip(first, masked(), strict=True):
        same = all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
        expect_true(same, "the same seed gave two different maskings", again)
    expect_unchanged(learner)


def _expect_all_drawn(
    maskings: list[tuple[Tensor, Tensor]], token_ids: Tensor, vocab_size: int, mask_id: int
) -> None:
    """Judge that all three draws differ between generators: who is chosen, its fate, its random id.

    How often each happens is judged elsewhere. Fates that are always the same still differ at 2
    tokens of 100, where one random id happens to be mask_id; drawn anew, they do at 30. About forty
    tokens get another id from just two of the six generators.
    """
    inputs, labels = (torch.stack(one) for one in zip(*maskings, strict=True))
    chosen = labels != IGNORED
    differ = bool((chosen != chosen[0]).any())
    expect_true(differ, "six generators of different seeds chose the same tokens", maskings[0])
    hidden = chosen & (inputs == mask_id)
    both = chosen[0] & chosen[1]
    n_chosen, n_unlike = int(both.sum()), int((hidden[0] != hidden[1])[both].sum())
    what = f"of {n_chosen} tokens chosen with two generators, {n_unlike} were hidden with one"
    expect_true(n_unlike > 0.08 * n_chosen, what, maskings[0])
    replaced = chosen & ~hidden & (inputs != token_ids)
    twice = replaced.sum(0) == 2
    lowest = inputs.masked_fill(~replaced, 10**6).amin(0)[twice]
    highest = inputs.masked_fill(~replaced, -1).amax(0)[twice]
    # Any id but the token's own and mask_id, which would count as hidden.
    n_alike, p_alike = int((lowest == highest).sum()), 1 / (vocab_size - 2)
    what = "tokens replaced with two of six generators got the same random id from both"
    expect_share(n_alike, len(lowest), p_alike, what)
