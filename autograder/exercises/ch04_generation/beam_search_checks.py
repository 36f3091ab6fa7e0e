"""Follow several texts at a time, and keep the most probable."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any, cast

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_equal,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made

exercise = Exercise(
    name="beam_search",
    points=16,
    exports=("beam_search",),
    not_allowed=(
        "course_lib.generation.beam_search.beam_search",
        "course_lib.generation.beam_search.extend",
    ),
    hints=(
        "Keep two things: the texts so far, of the shape (M, T), and the log-probability of each, "
        "of the shape (M,). Begin with *one* text, the prompt, at 0. A step adds the log-softmax "
        "of the last position, (M, V), to the log-probabilities, (M, 1): a table of all "
        "continuations of all texts.",
        "Flatten that table and take the `topk`, `min(n_beams, number of entries)` of them. Entry "
        "i belongs to text `i // V` and token `i % V`: pick these texts, put the tokens behind "
        "them, and go on. `topk` gives the best first, so in the end it is text 0.",
    ),
    time_limit_s=20.0,
)

MODELS = "course_lib.generation.tiny_models"
MARGIN = 1e-3  # of the log-probabilities that a search compares; rounding changes far less

Beams = list[tuple[list[int], float]]


def _log_softmax(logits: Tensor) -> Tensor:
    return logits.log_softmax(-1)


def _continuations(
    ask: Callable[[Tensor], Tensor], beams: Beams, weigh: Callable[[Tensor], Tensor]
) -> Beams:
    """List all continuations of all texts by one token, with the sums of their weights."""
    with torch.no_grad():
        weights = weigh(ask(torch.tensor([text for text, _ in beams]))[:, -1].double())
    return [
        ([*text, token], total + one)
        for (text, total), row in zip(beams, weights.tolist(), strict=True)
        for token, one in enumerate(row)
    ]


def _best(beams: Beams, count: int) -> tuple[Beams, float]:
    """Give the most probable texts, and how far the last of them is from the next."""
    falling = sorted(beams, key=lambda beam: -beam[1])
    margin = falling[count - 1][1] - falling[count][1] if count < len(falling) else MARGIN
    return falling[:count], margin


def _search(
    model: Made,
    token_ids: Tensor,
    n_beams: int,
    n_new: int,
    weigh: Callable[[Tensor], Tensor] = _log_softmax,
) -> tuple[Tensor, float, bool]:
    """Compute what is expected, and whether no decision was a close one."""
    ask = cast(Any, make(model))
    beams: Beams = [(token_ids[0].tolist(), 0.0)]
    is_clear = True
    for _ in range(n_new):
        beams, margin = _best(_continuations(ask, beams, weigh), n_beams)
        is_clear &= margin >= MARGIN
    (best, *_), margin = _best(beams, 1)
    return torch.tensor([best[0]]), best[1], is_clear and margin >= MARGIN


def _turns(model: Made, text: Tensor, n_new: int) -> bool:
    """Say whether a new token after the first is not the most probable one at its place.

    If so, neither one beam nor beams that do not compete find the text.
    """
    with torch.no_grad():
        likely = cast(Any, make(model))(text)[0, -n_new:-1].argmax(-1)
    return not torch.equal(text[0, 1 - n_new :], likely)


def _scores(draw: Draw, n_rows: int, vocab_size: int, scale: float) -> Tensor:
    """Draw rows of scores, each moved by a number of its own, which changes no probability."""
    return draw.normal(n_rows, vocab_size, scale=scale) + draw.normal(n_rows, 1)


def _sums(draw: Draw, vocab_size: int) -> Made:
    """Draw a model each of whose answers depends on all tokens before."""
    n_rows = draw.choice([7, 11] if draw.small else [29, 31, 37])
    return Made(f"{MODELS}.SumModel", {"scores": _scores(draw, n_rows, vocab_size, 1.5)})


def _bigrams(draw: Draw, vocab_size: int) -> Made:
    """Draw a model that looks at the last token alone."""
    return Made(f"{MODELS}.BigramModel", {"scores": _scores(draw, vocab_size, vocab_size, 1.0)})


def _telling(
    draw: Draw, kind: Callable[[Draw, int], Made], n_beams: int, n_new: int
) -> tuple[Made, Tensor, Tensor, float]:
    """Draw a model on which one beam, beams apart and sums of logits find another text."""
    while True:
        model = kind(draw, draw.integer(4, 6))
        token_ids = draw.integers(0, 3, 1, draw.integer(2, 3))
        want, log_prob, is_clear = _search(model, token_ids, n_beams, n_new)
        if not is_clear or not _turns(model, want, n_new):
            continue
        by_logits, _, _ = _search(model, token_ids, n_beams, n_new, weigh=torch.clone)
        if not torch.equal(want, by_logits):
            return model, token_ids, want, log_prob


def _clear(draw: Draw, n_beams: int, n_new: int) -> tuple[Made, Tensor, Tensor, float]:
    """Draw a model on which no decision is a close one."""
    while True:
        model = _sums(draw, 5)
        token_ids = draw.integers(0, 4, 1, 4)
        want, log_prob, is_clear = _search(model, token_ids, n_beams, n_new)
        if is_clear:
            return model, token_ids, want, log_prob


def _of_new(scores: Tensor, texts: Tensor, n_prompt: int) -> Tensor:
    """Pick the score of each token behind the prompt of each text."""
    return scores[:, n_prompt - 1 : -1].gather(-1, texts[:, n_prompt:, None]).squeeze(-1)


def _log_prob(model: Made, text: Tensor, n_prompt: int) -> float:
    """Compute the log-probability of what stands behind the prompt of a text."""
    with torch.no_grad():
        log_p = cast(Any, make(model))(text).double().log_softmax(-1)
    return _of_new(log_p, text, n_prompt).sum().item()


def _expect_text(got: object, want: Tensor, log_prob: float) -> float:
    """Judge the text that was found, and give what stands beside it."""
    if type(got) is not tuple or len(got) != len((want, log_prob)):
        expect_close(got, (want, log_prob))
    text, beside = cast(tuple[Any, Any], got)
    expect_close(text, want)
    return beside


@exercise.item(
    "one beam takes the best token each time",
    points=2,
    sentence="With one beam the search is greedy: the most probable token at each step, behind the "
    "prompt. The result is a tuple: the text, of the shape (1, T + n_new), and a Python float.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_new in (1, 4):
        model, token_ids, want, log_prob = _clear(draw, 1, n_new)
        _expect_text(learner.beam_search(model, token_ids, 1, n_new), want, log_prob)


@exercise.item(
    "all continuations compete",
    points=4,
    sentence="At each step the continuations of *all* beams are ranked together and the n_beams "
    "most probable are kept: one beam may have several heirs, another none.",
)
def _(learner: Learner, draw: Draw) -> None:
    for kind, n_beams, n_new in ((_bigrams, 2, 3), (_sums, 3, 3), (_bigrams, 3, 5)):
        model, token_ids, want, log_prob = _telling(draw, kind, n_beams, n_new)
        _expect_text(learner.beam_search(model, token_ids, n_beams, n_new), want, log_prob)


@exercise.item(
    "as many beams as there are texts",
    points=3,
    sentence="With V^n_new beams nothing is ever dropped, and the most probable text of all is "
    "found. While there are fewer texts than beams, all are kept.",
)
def _(learner: Learner, draw: Draw) -> None:
    for vocab_size, n_new, more in ((4, 3, 0), (3, 3, 5)):
        model, token_ids, want, log_prob = _most_probable(draw, vocab_size, n_new)
        n_beams = vocab_size**n_new + more
        _expect_text(learner.beam_search(model, token_ids, n_beams, n_new), want, log_prob)


def _most_probable(draw: Draw, vocab_size: int, n_new: int) -> tuple[Made, Tensor, Tensor, float]:
    """Draw a model like that, and find the most probable of all its texts by trying each.

    Neither the sum of its logits nor the probability of its last token is the largest.
    """
    new = torch.tensor(list(product(range(vocab_size), repeat=n_new)))
    while True:
        model = _sums(draw, vocab_size)
        token_ids = draw.integers(0, vocab_size - 1, 1, 2)
        texts = torch.cat([token_ids.expand(len(new), -1), new], dim=1)
        with torch.no_grad():
            logits = cast(Any, make(model))(texts).double()
        log_p = _of_new(logits.log_softmax(-1), texts, 2)
        best, second = log_p.sum(1).topk(2).values.tolist()
        place = int(log_p.sum(1).argmax())
        want = texts[place].unsqueeze(0)
        is_clear = best - second > MARGIN and _turns(model, want, n_new)
        others = (_of_new(logits, texts, 2).sum(1), log_p[:, -1])
        if is_clear and all(other.max() - other[place] > MARGIN for other in others):
            return model, token_ids, want, best


@exercise.item(
    "the log-probability of the new tokens",
    points=3,
    sentence="Beside the text stands the sum of ln p over its *new* tokens, each after all tokens "
    "before it: not the prompt's, not a mean, not a probability.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_beams, n_new in ((1, 3), (3, 3), (2, 5)):
        model, token_ids, want, log_prob = _clear(draw, n_beams, n_new)
        got = learner.beam_search(model, token_ids, n_beams, n_new)
        if type(got) is not tuple or len(got) != len((want, log_prob)):
            expect_close(got, (want, log_prob))
        text = expect_tensor(got[0], tuple(want.shape), want.dtype)
        expect_equal(text[:, :4], token_ids)
        # Whichever text was found: the number beside it is its own.
        expect_close(got, (text, _log_prob(model, text, 4)))
    expect_unchanged(learner)


@exercise.item(
    "beams begin apart",
    points=2,
    sentence="The search begins with one text, the prompt: copies of it would choose the same "
    "token, and stay copies of each other.",
)
def _(learner: Learner, draw: Draw) -> None:
    # Token a is likely, and what follows it is not clear; b is less likely, but c follows it.
    start, a, b, c = draw.order(4).tolist()
    shares = torch.tensor([0.3, 0.28, 0.22, 0.2]).repeat(4, 1)
    shares[start, [start, a, b, c]] = torch.tensor([0.04, 0.5, 0.4, 0.06])
    shares[b, [start, a, b, c]] = torch.tensor([0.04, 0.03, 0.03, 0.9])
    model = Made(f"{MODELS}.BigramModel", {"scores": shares.log()})
    got = learner.beam_search(model, torch.tensor([[start]]), 2, 2)
    _expect_text(got, torch.tensor([[start, b, c]]), math.log(0.4 * 0.9))


@exercise.item(
    "long texts do not vanish",
    points=2,
    sentence="The probability of a long text is too small for a number of the computer: add "
    "logarithms, never multiply probabilities.",
)
def _(learner: Learner, draw: Draw) -> None:
    # Each token has a probability near 1/300: after 140 of them even a float64 holds 0.
    vocab_size, certainty, n_new = 300, 0.25, 140
    model = Made(f"{MODELS}.SumModel", {"scores": certainty * torch.eye(vocab_size)})
    tokens = draw.integers(1, vocab_size - 1, 1, 3)[0].tolist()
    token_ids = torch.tensor([tokens])
    for _ in range(n_new):
        tokens.append(sum(place * one for place, one in enumerate(tokens, 1)) % vocab_size)
    log_prob = n_new * (certainty - math.log(vocab_size - 1 + math.exp(certainty)))
    got = learner.beam_search(model, token_ids, 2, n_new)
    if type(got) is tuple and got[-1] == -math.inf:
        raise CheckError("the log-probability is −∞: a product of probabilities became 0", got)
    _expect_text(got, torch.tensor([tokens]), log_prob)
