"""Leave the smallest set of probable tokens that holds a share p of the mass."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_raises,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="top_p_filter",
    points=14,
    exports=("top_p_filter",),
    not_allowed=(
        "course_lib.generation.sampling.keep_top_p",
        "course_lib.generation.sampling.filter_logits",
        "course_lib.generation.fast_sampling.top_p_candidates",
        "course_lib.generation.fast_sampling.find_candidates",
    ),
    hints=(
        "Sort the logits from the largest down, take the softmax, and add up with `cumsum`. The "
        "mass *before* a token is the running sum minus its own probability: it decides, so the "
        "first token always stays, and so does the one that crosses p.",
        "What is decided in sorted order must go back to the tokens' own places: "
        "`scatter(-1, order, decided)`, where `order` is what `sort` gave beside the values. Look "
        "at p before all that: raise for p ≤ 0, and give the logits back for p ≥ 1.",
    ),
    time_limit_s=5.0,
)

EDGE = 1e-3  # p stays this far away from every sum of probabilities


def _mass_before(logits: Tensor) -> Tensor:
    """Compute the mass of all tokens of the row that are more probable, in float64."""
    p = logits.double().softmax(-1)
    larger = p.unsqueeze(-2) > p.unsqueeze(-1)
    return (larger * p.unsqueeze(-2)).sum(-1)


def _filtered(logits: Tensor, p: float) -> Tensor:
    """Compute what is expected where no two numbers of a row are equal."""
    return logits.masked_fill(_mass_before(logits) >= p, -torch.inf)


def _logits(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw rows of unlike numbers, the most probable token of each in a place of its own."""
    n_rows = torch.Size(shape[:-1]).numel()
    steps = torch.stack([draw.order(shape[-1]) for _ in range(n_rows)]).to(dtype)
    spread = 0.3 + draw.integers(1, 6, n_rows, 1) / 10
    return (spread * steps + draw.integers(-3, 3, n_rows, 1)).to(dtype).reshape(shape)


def _case(
    draw: Draw, *shape: int, dtype: torch.dtype = torch.float32, first_times: int = 1
) -> tuple[Tensor, float]:
    """Draw logits, and a p that is not near the edge of any token.

    Some row keeps a second token, and some row loses the first of the vocabulary.
    """
    while True:
        logits = _logits(draw, *shape, dtype=dtype)
        logits[0] *= first_times
        masses, p = _mass_before(logits), draw.integer(1, 99) / 100
        stays = masses < p
        is_telling = (stays.sum(-1) > 1).any() and not stays[..., 0].all()
        if is_telling and (masses - p).abs().min() > EDGE:
            return logits, p


def _descending(draw: Draw, *shares: float) -> tuple[Tensor, Tensor]:
    """Give tokens these probabilities, and say where the largest ones stand: not all in front."""
    order = draw.order(len(shares))
    while order[0] < len(shares) // 2:
        order = draw.order(len(shares))
    logits = torch.empty(len(shares)).scatter(0, order, torch.tensor(shares).log())
    return logits + draw.integer(-2, 2), order


@exercise.item(
    "the smallest set that reaches p",
    points=4,
    sentence="A token stays if the tokens that are more probable hold less than p together, and "
    "keeps its logit; all others become −∞, each in its own place.",
)
def _(learner: Learner, draw: Draw) -> None:
    (vocab_size,) = draw.sizes(1)
    for _ in range(4):
        logits, p = _case(draw, vocab_size + 1)
        expect_close(learner.top_p_filter(logits, p), _filtered(logits, p))


@exercise.item(
    "the token that crosses p stays",
    points=2,
    sentence="The last token that is needed to reach p stays: what remains holds at least p, never "
    "less.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, order = _descending(draw, 0.5, 0.3, 0.15, 0.05)
    for p, n_kept in ((0.6, 2), (0.51, 2), (0.79, 2), (0.9, 3), (0.97, 4)):
        want = logits.index_fill(0, order[n_kept:], -torch.inf)
        expect_close(learner.top_p_filter(logits, p), want)


@exercise.item(
    "the most probable token always stays",
    points=2,
    sentence="However small p is, the most probable token stays: no mass stands before it.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, order = _descending(draw, 0.6, 0.25, 0.15)
    want = torch.full_like(logits, -torch.inf)
    want[order[0]] = logits[order[0]]
    for p in (0.3, 0.01, 1e-4):
        expect_close(learner.top_p_filter(logits, p), want)


@exercise.item(
    "each row for itself",
    points=2,
    sentence="Axes before the last one are rows of their own: in a row that is sure of itself few "
    "tokens stay, in one that is not, many.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_heads, batch_size, vocab_size = sorted(draw.sizes(3))
    for shape in ((batch_size, vocab_size), (n_heads, batch_size, vocab_size)):
        logits, p = _case(draw, *shape, first_times=4)
        expect_close(learner.top_p_filter(logits, p), _filtered(logits, p))


@exercise.item(
    "p of 1 and more, p of 0 and less",
    points=2,
    sentence="p ≥ 1 takes nothing away, not even tokens whose probability rounds to 0; p ≤ 0 is a "
    "ValueError.",
)
def _(learner: Learner, draw: Draw) -> None:
    (vocab_size,) = draw.sizes(1)
    logits = _logits(draw, 2, vocab_size)
    logits[0, draw.integer(0, vocab_size - 1)] = 200.0
    for p in (1.0, 1, 1.5):
        expect_close(learner.top_p_filter(logits, p), logits)
    for p in (0.0, -0.25):
        expect_raises(ValueError, lambda p=p: learner.top_p_filter(logits, p))


@exercise.item(
    "no more equals than needed",
    points=1,
    sentence="Of tokens that are equally probable only as many stay as are needed to reach p; "
    "which of them is up to you.",
)
def _(learner: Learner, draw: Draw) -> None:
    first = draw.integer(1, 5)
    logits = torch.full((6,), draw.integer(-2, 2) + 0.5)
    logits[first] += torch.tensor(5.0).log()  # a half; the others have a tenth each
    for p, n_kept in ((0.65, 3), (0.55, 2), (0.4, 1), (0.95, 6)):
        found = expect_tensor(learner.top_p_filter(logits, p), (6,), torch.float32)
        kept = found != -torch.inf
        expect_true(int(kept.sum()) == n_kept, f"{int(kept.sum())} tokens stay, expected {n_kept}")
        expect_true((found == logits)[kept].all(), "a logit that stays is not what it was")
        expect_true(kept[first], "the most probable token does not stay")


@exercise.item(
    "gradients, float64, input unchanged",
    points=1,
    sentence="Gradients reach the logits that stay and no others, float64 stays float64, and the "
    "input is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, vocab_size = sorted(draw.sizes(2))
    logits, p = _case(draw, batch_size, vocab_size, dtype=torch.float64)
    want = _filtered(logits, p)
    expect_close(learner.top_p_filter(logits, p), want)
    cotangent = draw.normal(batch_size, vocab_size, dtype=torch.float64)
    got, gradients = learner.top_p_filter.vjp(cotangent, logits.clone().requires_grad_(), p)
    expect_close(got, want)
    expect_gradient(gradients[0], cotangent * (want != -torch.inf))
    got, gradients = learner.top_p_filter.vjp(cotangent, logits.clone().requires_grad_(), 1.0)
    expect_close(got, logits)
    expect_gradient(gradients[0], cotangent)
    expect_unchanged(learner)
