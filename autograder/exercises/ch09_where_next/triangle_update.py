"""What two edges of a triangle say about the third; masked corners say nothing."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_equal,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="triangle_update",
    points=8,
    exports=("triangle_update",),
    hints=(
        "Fix i, j and one of the C numbers. Then it is a sum over the third corner k: the number "
        "of edge i→k in `a` times that of edge j→k in `b`. For all i and j at once that is a "
        "product of two matrices, one of them transposed, for every channel by itself.",
        "`einsum` can name the axes i, j, k and c, or bring the channels to the front and use `@`. "
        "Hidden corners must be taken out *before* anything is multiplied, since 0 times a nan is "
        "nan: keep the columns k that count, `a[:, mask]`, or put 0 in place of the others.",
    ),
    time_limit_s=5.0,
)


def _expected(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Compute what is expected in float64, corner by corner."""
    total = torch.zeros(a.shape, dtype=torch.float64)
    for k in mask.nonzero().flatten().tolist():
        total = total + a[:, None, k].double() * b[None, :, k].double()
    return total.to(a.dtype)


def _edges(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    n_corners, n_channels = (3, 2) if draw.small else (draw.integer(5, 7), 3)
    a, b = (draw.normal(n_corners, n_corners, n_channels, dtype=dtype) for _ in range(2))
    # The two differ much, and the edges of a corner from those to it.
    return a, 2 * b + 0.5


def _shown(draw: Draw, n_corners: int) -> Tensor:
    """Draw which corners are there: neither all nor none."""
    mask = torch.ones(n_corners, dtype=torch.bool)
    mask[draw.order(n_corners)[: 1 if draw.small else 2]] = False
    return mask


@exercise.item(
    "over the third corner",
    points=3,
    sentence="Edge i→j gets the sum over all k of a_ik · b_jk, number by number of the C channels: "
    "the edges that *leave* i and j.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in ("one", "another"):
        a, b = _edges(draw)
        everybody = torch.ones(len(a), dtype=torch.bool)
        expect_close(learner.triangle_update(a, b, everybody), _expected(a, b, everybody))


@exercise.item(
    "hidden corners say nothing",
    points=2,
    sentence="A corner k with `mask[k]` False has no part in the sum. As i or j it gets its values "
    "like every other; and where nobody is there, all are 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b = _edges(draw)
    mask = _shown(draw, len(a))
    expect_close(learner.triangle_update(a, b, mask), _expected(a, b, mask))
    nobody = torch.zeros(len(a), dtype=torch.bool)
    expect_equal(learner.triangle_update(a, b, nobody), torch.zeros_like(a))


@exercise.item(
    "whatever stands there",
    points=1,
    sentence="What the edges to a hidden corner hold changes nothing, even if it is no number: a "
    "nan must not be multiplied, not even by 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b = _edges(draw)
    mask = _shown(draw, len(a))
    want = _expected(a, b, mask)
    a[:, ~mask], b[:, ~mask] = torch.nan, torch.inf
    got = learner.triangle_update(a, b, mask)
    expect_true(not got.isnan().any(), "a hidden corner has made a nan", got)
    expect_close(got, want)


@exercise.item(
    "gradients, float64, nothing changed",
    points=2,
    sentence="Gradients flow to the edges that count; the result has the dtype of a; inputs stay "
    "as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    leaves = _edges(draw, torch.float64)
    mask = _shown(draw, len(leaves[0]))
    slopes = draw.normal(*leaves[0].shape, dtype=torch.float64)
    theirs = [leaf.clone().requires_grad_() for leaf in leaves]
    got, gradients = learner.triangle_update.vjp(slopes, *theirs, mask)
    mine = [leaf.clone().requires_grad_() for leaf in leaves]
    want = _expected(mine[0], mine[1], mask)
    expect_close(got, want.detach())
    expected = torch.autograd.grad(want, mine, slopes)
    for gradient, one in zip(gradients, expected, strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "You sum over the edges that come *in*, a_ki · b_kj. That is the other update, with incoming "
    "edges; here the edges leave i and j: a_ik · b_jk."
)
def incoming_edges(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Sum over the first axis."""
    return torch.einsum("kic,kjc->ijc", a[mask], b[mask])


@exercise.misconception(
    "The mask is not used: corners that are not there have their say. Leave every k out whose "
    "entry is False."
)
def mask_lost(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Sum over everybody."""
    return torch.einsum("ikc,jkc->ijc", a, b)


@exercise.misconception(
    "a and b are exchanged, so that the result lies on its side. `a` holds the edges of i, the "
    "first axis of the result, `b` those of j."
)
def edges_exchanged(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Take the edges of i from b."""
    return torch.einsum("ikc,jkc->ijc", b[:, mask], a[:, mask])


@exercise.misconception(
    "You multiply as matrices are multiplied, a_ik · b_kj: the path from i over k to j. Both edges "
    "leave, from i to k and from j to k: b_jk."
)
def path_over_the_corner(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Go on from k."""
    return torch.einsum("ikc,kjc->ijc", a[:, mask], b[mask])


@exercise.misconception(
    "The mask is laid over the *result*: rows and columns of hidden corners are 0, but as third "
    "corners they still have their say. It belongs to k."
)
def mask_on_the_result(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Hide edges in place of corners."""
    found = torch.einsum("ikc,jkc->ijc", a, b)
    return torch.where((mask[:, None] & mask)[..., None], found, 0.0)


@exercise.misconception(
    "The sum is divided by the number of corners. It is a sum: every corner that is there adds "
    "what it has to say."
)
def mean_over_corners(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Take the mean."""
    found = torch.einsum("ikc,jkc->ijc", a[:, mask], b[:, mask])
    return found / mask.sum().clamp(min=1)


@exercise.misconception(
    "Hidden corners are multiplied by 0, and 0 times a nan is nan. Take them out, or put 0 in "
    "their place (`torch.where`, `masked_fill`), before you multiply."
)
def multiplied_by_the_mask(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Trust that 0 hides everything."""
    return torch.einsum("ikc,jkc,k->ijc", a, b, mask.to(a.dtype))


@exercise.misconception(
    "The mask is upside down: those who are not there speak. True stands at the corners that count."
)
def mask_upside_down(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Sum over the hidden."""
    return torch.einsum("ikc,jkc->ijc", a[:, ~mask], b[:, ~mask])


@exercise.misconception(
    "The channels are mixed: you sum over them too and give all of them the same. Each of the C "
    "numbers is worked on by itself."
)
def channels_summed(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Sum over the channels."""
    found = torch.einsum("ikc,jkc->ij", a[:, mask], b[:, mask])
    return found[..., None].expand_as(a)


@exercise.alternative
def matrices_of_each_channel(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Bring the channels to the front."""
    rows, columns = a[:, mask].permute(2, 0, 1), b[:, mask].permute(2, 1, 0)
    return torch.bmm(rows, columns).permute(1, 2, 0)


@exercise.alternative
def by_broadcasting(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Make every product, after the hidden ones have become 0."""
    a, b = (one.masked_fill(~mask[None, :, None], 0) for one in (a, b))
    return (a[:, None] * b[None]).sum(2)


@exercise.alternative
def corner_by_corner(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Let one corner after the other add what it has to say."""
    total = torch.zeros_like(a)
    for k in range(len(mask)):
        if mask[k]:
            total = total + a[:, k].unsqueeze(1) * b[:, k].unsqueeze(0)
    return total
