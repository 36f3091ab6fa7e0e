"""Images as rows of patches, and patches as images again."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="patchify",
    points=10,
    exports=("patchify", "unpatchify"),
    not_allowed=(
        "torch.nn.functional.unfold",
        "torch.nn.functional.fold",
        "torch.nn.functional.pixel_unshuffle",
        "torch.nn.functional.pixel_shuffle",
        "torch.nn.Unfold",
        "torch.nn.Fold",
        "torch.nn.PixelUnshuffle",
        "torch.nn.PixelShuffle",
        "torch.Tensor.unfold",
        "course_lib.patches.patchify",
        "course_lib.patches.join_patches",
    ),
    hints=(
        "Fill the images up first; then everything fits. Cut the height into (rows of patches, p) "
        "and the width into (columns of patches, p): the image has six axes now, and no number has "
        "moved. What is left is to put the axes in order: which changes slowest in the result?",
        "Slowest to fastest: image, row of patches, column of patches, row inside the patch, "
        "column inside the patch, channel. `unflatten` cuts an axis in two, `permute` orders them, "
        "`flatten` joins neighbours. The way back is the same read backwards, with the number of "
        "rows of patches, ⌈height/p⌉, to cut the axis of patches; then cut off what was filled "
        "in. `-(-height // p)` rounds up.",
    ),
    time_limit_s=5.0,
)


def _up(length: int, p: int) -> int:
    """Count the patches that it takes to cover a length."""
    return (length + p - 1) // p


def _patches(images: Tensor, p: int) -> Tensor:
    """Compute what is expected, patch by patch."""
    n_images, n_channels, height, width = images.shape
    filled = images.new_zeros(n_images, n_channels, p * _up(height, p), p * _up(width, p))
    filled[:, :, :height, :width] = images
    rows = [
        torch.stack(
            [filled[:, :, top + i, left + j] for i in range(p) for j in range(p)], dim=1
        ).reshape(n_images, -1)
        for top in range(0, filled.shape[2], p)
        for left in range(0, filled.shape[3], p)
    ]
    return torch.stack(rows, dim=1)


def _images(patches: Tensor, p: int, height: int, width: int) -> Tensor:
    """Compute what is expected on the way back, pixel by pixel."""
    n_columns = _up(width, p)
    n_channels = patches.shape[2] // (p * p)
    images = patches.new_zeros(len(patches), n_channels, height, width)
    for y in range(height):
        for x in range(width):
            first = n_channels * (p * (y % p) + x % p)
            patch = patches[:, n_columns * (y // p) + x // p]
            images[:, :, y, x] = patch[:, first : first + n_channels]
    return images


def _sizes(draw: Draw) -> tuple[int, int, int, int, int]:
    """Draw images, channels, and rows and columns of patches, all different, and a patch."""
    if draw.small:
        n_rows, n_columns = draw.choice(((1, 2), (1, 3), (2, 3)))
        return 1, 2, n_rows, n_columns, 2
    # More rows than columns or fewer, never as many, and no square number of patches.
    n_rows, n_columns = draw.choice(((2, 5), (5, 2), (4, 5), (5, 4)))
    return draw.choice((2, 4)), 3, n_rows, n_columns, draw.choice((2, 3))


@exercise.item(
    "patches row by row",
    points=2,
    sentence="Patches come in the order in which one reads: the first row of patches from left to "
    "right, then the row below. A patch holds neighbouring pixels.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_images, _, n_rows, n_columns, p = _sizes(draw)
    images = draw.normal(n_images, 1, n_rows * p, n_columns * p)
    expect_equal(learner.patchify(images, p), _patches(images, p))


@exercise.item(
    "the pixels inside a patch",
    points=2,
    sentence="Inside a patch the pixels come row by row too, and the channels of a pixel stand "
    "side by side: (p, p, C), not (C, p, p).",
)
def _(learner: Learner, draw: Draw) -> None:
    n_images, n_channels, _, _, p = _sizes(draw)
    images = draw.normal(n_images, n_channels, p, p)
    expect_equal(learner.patchify(images, p), _patches(images, p))
    pixels = draw.normal(n_images, n_channels, 2, 3)
    expect_equal(learner.patchify(pixels, 1), _patches(pixels, 1))


@exercise.item(
    "images that no patches fill",
    points=2,
    sentence="Where p does not divide height or width, rows of zeros are added *below* and columns "
    "of zeros at the *right*; no pixel is lost.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_images, n_channels, n_rows, n_columns, _ = _sizes(draw)
    p = 2 if draw.small else 3
    for height, width in (
        (n_rows * p - 1, n_columns * p),
        (n_rows * p, n_columns * p - 1),
        (n_rows * p - 1, (n_columns - 1) * p + 1),
    ):
        images = draw.normal(n_images, n_channels, height, width)
        expect_equal(learner.patchify(images, p), _patches(images, p))


@exercise.item(
    "and back",
    points=3,
    sentence="`unpatchify` puts every number back where `patchify` took it from, whatever height "
    "and width, and cuts off what was filled in.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_images, n_channels, n_rows, n_columns, p = _sizes(draw)
    patches = draw.normal(n_images, n_rows * n_columns, p * p * n_channels)
    whole = n_rows * p, n_columns * p
    for height, width in (whole, (whole[0] - 1, whole[1]), (whole[0], whole[1] - p + 1)):
        got = learner.unpatchify(patches, p, height, width)
        expect_equal(got, _images(patches, p, height, width))


@exercise.item(
    "gradients, float64, nothing changed",
    points=1,
    sentence="Numbers are only moved: gradients flow both ways, the dtype stays, and so do the "
    "inputs.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_images, n_channels, n_rows, n_columns, _ = _sizes(draw)
    p = 2 if draw.small else 3
    height, width = n_rows * p - 1, n_columns * p - 1
    images = draw.normal(n_images, n_channels, height, width, dtype=torch.float64)
    want = _patches(images, p)
    slopes = draw.normal(*want.shape, dtype=torch.float64)
    got, (gradient,) = learner.patchify.vjp(slopes, images.clone().requires_grad_(), p)
    expect_equal(got, want)
    # The slope of a number is the slope at the place to which it was moved.
    expect_gradient(gradient, _images(slopes, p, height, width))
    slopes = draw.normal(*images.shape, dtype=torch.float64)
    got, (gradient,) = learner.unpatchify.vjp(
        slopes, want.clone().requires_grad_(), p, height, width
    )
    expect_equal(got, images)
    expect_gradient(gradient, _patches(slopes, p))
    expect_unchanged(learner)
