"""What attention, recurrence and convolution cost over a sequence."""

# The answers trust, as learners do, that what a kind needs is given.
# pyright: reportOptionalOperand=false, reportOperatorIssue=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportCallIssue=false

import math

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_raises
from autograder.exercises.protocol import Learner
from course_lib.analysis.layer_costs import LayerCosts

exercise = Exercise(
    name="layer_costs",
    points=7,
    exports=("layer_costs",),
    not_allowed=(),
    hints=(
        "Attention compares every position with every other, and each comparison runs over the "
        "width. A recurrent step is a matrix product, and there is one a position. A convolution "
        "does that for each of the `window` positions that it reads.",
        "For the path of a convolution count layers: after p of them a position sees window**p "
        "others. Start with p = 0 and go on while window**p < seq_len: no logarithm, whose last "
        "digit can be wrong.",
    ),
    time_limit_s=5.0,
)


def _costs(kind: str, seq_len: int, d_model: int, window: int = 0) -> LayerCosts:
    """Compute what is expected."""
    if kind == "attention":
        return LayerCosts(seq_len**2 * d_model, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len * d_model**2, seq_len, seq_len)
    path = next(p for p in range(seq_len) if window**p >= seq_len)
    return LayerCosts(window * seq_len * d_model**2, 1, path)


def _lengths(draw: Draw) -> tuple[int, int]:
    """Draw a length and a width that differ, so that an exchange shows."""
    n, d = draw.sizes(2)
    return 7 * n, 5 * d + 1


@exercise.item(
    "attention",
    points=2,
    sentence="Attention: n² · d operations, all at once, and one step from anywhere to anywhere.",
)
def _(learner: Learner, draw: Draw) -> None:
    n, d = _lengths(draw)
    expect_equal(learner.layer_costs("attention", n, d), _costs("attention", n, d))
    expect_equal(learner.layer_costs("attention", d, n), _costs("attention", d, n))


@exercise.item(
    "recurrent",
    points=2,
    sentence="Recurrence: n · d² operations, n of them one after the other, and n steps from the "
    "first position to the last.",
)
def _(learner: Learner, draw: Draw) -> None:
    n, d = _lengths(draw)
    expect_equal(learner.layer_costs("recurrent", n, d), _costs("recurrent", n, d))
    expect_equal(learner.layer_costs("recurrent", d, n), _costs("recurrent", d, n))


@exercise.item(
    "convolution",
    points=2,
    sentence="Convolution: k · n · d² operations, all at once; the path is the smallest p with "
    "k^p ≥ n, found with whole numbers.",
)
def _(learner: Learner, draw: Draw) -> None:
    n, d = _lengths(draw)
    window = draw.integer(2, 5)
    got = learner.layer_costs("convolution", n, d, window=window)
    expect_equal(got, _costs("convolution", n, d, window))
    # Where a power is met exactly, and one beside it; 5³ and 3⁵ are where logarithms slip.
    for window, n in ((5, 125), (3, 243), (2, 64), (2, 65), (10, 1000), (7, 1)):
        got = learner.layer_costs("convolution", n, d, window)
        expect_equal(got, _costs("convolution", n, d, window))


@exercise.item(
    "any other kind is refused",
    points=1,
    sentence="Another kind raises ValueError.",
)
def _(learner: Learner, draw: Draw) -> None:
    n, d = _lengths(draw)
    for kind in ("Attention", "conv", ""):
        expect_raises(ValueError, lambda kind=kind: learner.layer_costs(kind, n, d))


@exercise.misconception(
    "n² · d and n · d² are exchanged. Attention has a number for every *pair of positions*; a "
    "recurrent step has one for every pair of components."
)
def exchanged(kind: str, seq_len: int, d_model: int, window: int | None = None) -> LayerCosts:
    """Square the wrong one."""
    if kind == "attention":
        return LayerCosts(seq_len * d_model**2, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len**2 * d_model, seq_len, seq_len)
    if kind == "convolution" and window is not None:
        path = 0
        while window**path < seq_len:
            path += 1
        return LayerCosts(window * seq_len**2 * d_model, 1, path)
    raise ValueError(kind)


@exercise.misconception(
    "The path of a convolution is taken for n / k. That would be layers side by side; stacked ones "
    "multiply what a position sees, so that k^p ≥ n decides."
)
def path_by_division(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Let each layer add k positions."""
    if kind == "attention":
        return LayerCosts(seq_len**2 * d_model, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len * d_model**2, seq_len, seq_len)
    if kind == "convolution" and window is not None:
        return LayerCosts(window * seq_len * d_model**2, 1, -(-seq_len // window))
    raise ValueError(kind)


@exercise.misconception(
    "The recurrent path is taken for 1. Neighbours are one step apart, but the first position "
    "reaches the last only through all that lie between."
)
def recurrent_path_of_one(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Look at neighbours only."""
    if kind == "attention":
        return LayerCosts(seq_len**2 * d_model, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len * d_model**2, seq_len, 1)
    if kind == "convolution" and window is not None:
        path = 0
        while window**path < seq_len:
            path += 1
        return LayerCosts(window * seq_len * d_model**2, 1, path)
    raise ValueError(kind)


@exercise.misconception(
    "The path is computed with logarithms, and their last digit is wrong where a power is met "
    "exactly: log(125)/log(5) comes out above 3. Multiply whole numbers."
)
def path_by_logarithms(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Trust a rounded number at a jump."""
    if kind == "attention":
        return LayerCosts(seq_len**2 * d_model, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len * d_model**2, seq_len, seq_len)
    if kind == "convolution" and window is not None:
        path = math.ceil(math.log(seq_len) / math.log(window))
        return LayerCosts(window * seq_len * d_model**2, 1, path)
    raise ValueError(kind)


@exercise.misconception(
    "The window of the convolution is forgotten: each of its k positions has a matrix of its own, "
    "k · n · d² in all."
)
def window_forgotten(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Take a convolution for one product a position."""
    if kind == "attention":
        return LayerCosts(seq_len**2 * d_model, 1, 1)
    if kind == "recurrent":
        return LayerCosts(seq_len * d_model**2, seq_len, seq_len)
    if kind == "convolution" and window is not None:
        path = 0
        while window**path < seq_len:
            path += 1
        return LayerCosts(seq_len * d_model**2, 1, path)
    raise ValueError(kind)


@exercise.alternative
def with_match(kind: str, seq_len: int, d_model: int, window: int | None = None) -> LayerCosts:
    """Match on the kind and let the power grow."""
    match kind:
        case "attention":
            return LayerCosts(operations=seq_len * seq_len * d_model, sequential=1, path=1)
        case "recurrent":
            return LayerCosts(seq_len * d_model * d_model, sequential=seq_len, path=seq_len)
        case "convolution":
            seen, path = 1, 0
            while seen < seq_len:
                seen, path = seen * window, path + 1
            return LayerCosts(window * seq_len * d_model * d_model, 1, path)
        case _:
            raise ValueError(f"unknown kind {kind!r}")


@exercise.alternative
def by_dividing_down(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Divide the length, rounding up, until one position is left."""
    if kind not in {"attention", "recurrent", "convolution"}:
        raise ValueError(kind)
    if kind == "attention":
        return LayerCosts(d_model * seq_len**2, 1, 1)
    if kind == "recurrent":
        return LayerCosts(d_model**2 * seq_len, seq_len, seq_len)
    left, path = seq_len, 0
    while left > 1:
        left, path = (left + window - 1) // window, path + 1
    return LayerCosts(d_model**2 * seq_len * window, 1, path)


@exercise.alternative
def logarithm_mended(
    kind: str, seq_len: int, d_model: int, window: int | None = None
) -> LayerCosts:
    """Guess with a logarithm, then let whole numbers decide."""
    if kind == "convolution":
        path = max(0, round(math.log(seq_len, window)) - 1)
        while pow(window, path) < seq_len:
            path += 1
        return LayerCosts(window * seq_len * pow(d_model, 2), 1, path)
    if kind == "recurrent":
        return LayerCosts(seq_len * pow(d_model, 2), seq_len, seq_len)
    if kind == "attention":
        return LayerCosts(pow(seq_len, 2) * d_model, 1, 1)
    raise ValueError(f"{kind} is none of the three kinds")
