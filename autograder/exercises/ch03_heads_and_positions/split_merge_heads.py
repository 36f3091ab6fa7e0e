"""Cut the width into heads, and put the heads together again."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_equal,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="split_merge_heads",
    points=10,
    exports=("split_heads", "merge_heads"),
    not_allowed=(
        "course_lib.attention.split_heads",
        "course_lib.attention.merge_heads",
        "einops.rearrange",
    ),
    hints=(
        "Two moves each way: cut the last axis in two, (B, T, H, D/H), then let the head axis and "
        "the position axis change places. A reshape alone never moves a number past another.",
        "`x.unflatten(-1, (n_heads, -1)).transpose(1, 2)` splits. To merge, undo it in the "
        "opposite order: `.transpose(1, 2).flatten(2)`.",
    ),
    time_limit_s=5.0,
)


def _split(x: Tensor, n_heads: int) -> Tensor:
    """Compute what is expected: each head is one slice of the width."""
    return torch.stack(x.split(x.shape[-1] // n_heads, dim=-1), dim=1)


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, int]:
    """Draw a batch whose axes all differ in size, the width of a head too."""
    batch_size, seq_len, n_heads, d_head = draw.sizes(4)
    return draw.normal(batch_size, seq_len, n_heads * d_head, dtype=dtype), n_heads


@exercise.item(
    "each head is one slice of the width",
    points=4,
    sentence="Head h at position t holds numbers h · D/H to (h + 1) · D/H − 1 of that position, in "
    "the order (B, H, T, D/H).",
)
def _(learner: Learner, draw: Draw) -> None:
    x, n_heads = _inputs(draw)
    expect_equal(learner.split_heads(x, n_heads), _split(x, n_heads))


@exercise.item(
    "merging undoes splitting",
    points=4,
    sentence="Heads (B, H, T, D/H) become (B, T, D) again, head after head at each position.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, n_heads = _inputs(draw)
    expect_equal(learner.merge_heads(_split(x, n_heads)), x)


@exercise.item(
    "one head, or heads of width one",
    points=1,
    sentence="One head is the whole width; as many heads as the width has numbers are one number "
    "wide each.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, seq_len, width = draw.sizes(3)
    x = draw.normal(batch_size, seq_len, width)
    expect_equal(learner.split_heads(x, 1), x[:, None])
    expect_equal(learner.split_heads(x, width), x.mT[..., None])
    expect_equal(learner.merge_heads(x.mT[..., None].contiguous()), x)


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Gradients pass both ways, float64 stays float64, and x is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, n_heads = _inputs(draw, dtype=torch.float64)
    heads = _split(x, n_heads)
    cotangent = draw.normal(*heads.shape, dtype=torch.float64)
    got, gradients = learner.split_heads.vjp(cotangent, x.clone().requires_grad_(), n_heads)
    expect_close(got, heads)
    expect_gradient(gradients[0], torch.cat(cotangent.unbind(1), dim=-1))
    got, gradients = learner.merge_heads.vjp(x, heads.clone().requires_grad_())
    expect_gradient(gradients[0], heads)
    expect_unchanged(learner)


@exercise.misconception(
    "You reshape to (B, H, T, D/H) at once. A reshape keeps the numbers in their order, so that a "
    "head gets pieces of different *positions*: cut the width first, then exchange two axes."
)
def reshape_without_transpose() -> tuple:
    """Ask for the shape, and get it, with the numbers elsewhere."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        batch_size, seq_len, width = x.shape
        return x.reshape(batch_size, n_heads, seq_len, width // n_heads)

    def merge_heads(x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)

    return split_heads, merge_heads


@exercise.misconception(
    "You merge without exchanging the axes back: (B, H, T, D/H) is reshaped to (B, T, D) with the "
    "numbers of one head running on over several positions."
)
def merge_without_transposing_back() -> tuple:
    """Flatten what lies in another order."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)

    def merge_heads(x: Tensor) -> Tensor:
        batch_size, n_heads, seq_len, d_head = x.shape
        return x.reshape(batch_size, seq_len, n_heads * d_head)

    return split_heads, merge_heads


@exercise.misconception(
    "Your heads take every H-th number of the width. A head is a slice of neighbours: the *first* "
    "of the two new axes counts the heads."
)
def heads_strided() -> tuple:
    """Let the head axis run fastest."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        return x.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2)

    def merge_heads(x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(2)

    return split_heads, merge_heads


@exercise.misconception(
    "The axes stand in the order (B, T, H, D/H). Attention works on the last two axes, so that the "
    "heads have to stand before the positions: (B, H, T, D/H)."
)
def axes_not_exchanged() -> tuple:
    """Stop after the first move."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        return x.unflatten(-1, (n_heads, -1))

    def merge_heads(x: Tensor) -> Tensor:
        return x.flatten(2)

    return split_heads, merge_heads


@exercise.alternative
def with_view_and_permute() -> tuple:
    """Name every size."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        batch_size, seq_len, width = x.size()
        return x.reshape(batch_size, seq_len, n_heads, width // n_heads).permute(0, 2, 1, 3)

    def merge_heads(x: Tensor) -> Tensor:
        return x.permute(0, 2, 1, 3).contiguous().flatten(start_dim=-2)

    return split_heads, merge_heads


@exercise.alternative
def with_pieces() -> tuple:
    """Cut into slices and lay them on one another."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        return torch.stack(x.chunk(n_heads, dim=2), dim=1)

    def merge_heads(x: Tensor) -> Tensor:
        return torch.cat(x.unbind(dim=1), dim=-1)

    return split_heads, merge_heads


@exercise.alternative
def with_einsum() -> tuple:
    """Let einsum put the axes in order."""

    def split_heads(x: Tensor, n_heads: int) -> Tensor:
        return torch.einsum("bthd->bhtd", x.unflatten(2, (n_heads, x.shape[2] // n_heads)))

    def merge_heads(x: Tensor) -> Tensor:
        moved = torch.einsum("bhtd->bthd", x)
        return moved.reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3])

    return split_heads, merge_heads
