"""Answers to the exercise about images in patches: mistakes, and other right ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch09_where_next.patchify_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The patches come column by column. One reads them like a page: the whole first row of patches "
    "before the second row begins."
)
def column_by_column() -> tuple:
    """Let the columns lead, there and back."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 4, 2, 3, 5, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (-(-width // p), -1))
        x = x.permute(0, 5, 2, 3, 1, 4).flatten(4).flatten(2, 3)
        return x[..., :height, :width]

    return patchify, unpatchify


@exercise.misconception(
    "Inside a patch all pixels of the first channel come before those of the second: (C, p, p). "
    "The channels of one pixel stand side by side: the channel changes fastest."
)
def channels_first_inside() -> tuple:
    """Leave the channels in front, there and back."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (-1, p, p)).unflatten(1, (-(-height // p), -1))
        x = x.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)
        return x[..., :height, :width]

    return patchify, unpatchify


@exercise.misconception(
    "The way back works for square images alone: you take the root of the number of patches for "
    "the number of rows. Height and width are handed in: count the rows of patches from them."
)
def squares_only() -> tuple:
    """Take the root of the number of patches."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        n = int(patches.shape[1] ** 0.5)
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (n, n))
        x = x.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)
        return x[..., :height, :width]

    return patchify, unpatchify


@exercise.misconception(
    "What is missing is filled in above and at the left. The picture keeps its upper left corner: "
    "zeros go below it and to its right, and are cut off there."
)
def filled_at_the_wrong_side() -> tuple:
    """Pad before the picture, there and back."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (-images.shape[3] % p, 0, -images.shape[2] % p, 0))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (-(-height // p), -1))
        x = x.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)
        return x[..., -height:, -width:]

    return patchify, unpatchify


@exercise.misconception(
    "Pixels that fill no whole patch are dropped. The picture is to come back whole: fill it up "
    "with zeros first, then cut."
)
def rest_dropped() -> tuple:
    """Cut the rest off, and fill it up on the way back."""

    def patchify(images: Tensor, p: int) -> Tensor:
        height, width = images.shape[2] // p * p, images.shape[3] // p * p
        x = images[:, :, :height, :width].unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (height // p, -1))
        x = x.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)
        return F.pad(x, (0, width % p, 0, height % p))

    return patchify, unpatchify


@exercise.misconception(
    "The axes are only given another shape, and no number is moved: a `reshape` to (B, N, p·p·C) "
    "cuts the memory into pieces, which are runs of one row of pixels, not squares."
)
def reshaped_only() -> tuple:
    """Trust the shapes."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        return x.reshape(len(x), -1, p * p * x.shape[1])

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        n_rows, n_columns = -(-height // p), -(-width // p)
        x = patches.reshape(len(patches), -1, n_rows * p, n_columns * p)
        return x[..., :height, :width]

    return patchify, unpatchify


@exercise.misconception(
    "Inside a patch the pixels come column by column. A patch is read as the image is: its first "
    "row from left to right, then the next."
)
def patch_on_its_side() -> tuple:
    """Exchange rows and columns inside the patch, there and back."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 5, 3, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (-(-height // p), -1))
        x = x.permute(0, 5, 1, 4, 2, 3).flatten(4).flatten(2, 3)
        return x[..., :height, :width]

    return patchify, unpatchify


@exercise.misconception(
    "The zeros that were filled in come back with the picture. `height` and `width` are those of "
    "the image: cut the rest off."
)
def filling_kept() -> tuple:
    """Give back all that the patches hold."""

    def patchify(images: Tensor, p: int) -> Tensor:
        x = F.pad(images, (0, -images.shape[3] % p, 0, -images.shape[2] % p))
        x = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        x = patches.unflatten(2, (p, p, -1)).unflatten(1, (-(-height // p), -1))
        return x.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)

    return patchify, unpatchify


@exercise.alternative
def square_by_square() -> tuple:
    """Cut the squares out one by one, and put them down again."""

    def patchify(images: Tensor, p: int) -> Tensor:
        n_images, n_channels, height, width = images.shape
        found = []
        for top in range(0, height, p):
            for left in range(0, width, p):
                part = images[:, :, top : top + p, left : left + p]
                square = images.new_zeros(n_images, p, p, n_channels)
                square[:, : part.shape[2], : part.shape[3]] = part.permute(0, 2, 3, 1)
                found.append(square.reshape(n_images, -1))
        return torch.stack(found, dim=1)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        n_columns = (width + p - 1) // p
        squares = patches.reshape(*patches.shape[:2], p, p, -1).permute(0, 1, 4, 2, 3)
        rows = squares.split(n_columns, dim=1)
        pictures = [torch.cat(row.unbind(1), dim=3) for row in rows]
        return torch.cat(pictures, dim=2)[:, :, :height, :width]

    return patchify, unpatchify


@exercise.alternative
def by_index() -> tuple:
    """Say of each number in a patch which pixel it is, and let the way back scatter."""

    def patchify(images: Tensor, p: int) -> Tensor:
        _, _, height, width = images.shape
        n_rows, n_columns = -(-height // p), -(-width // p)
        # One row and column of zeros more stand for everything that lies outside.
        filled = F.pad(images, (0, 1, 0, 1))
        y = torch.arange(n_rows * p).clamp(max=height).reshape(n_rows, 1, p, 1)
        x = torch.arange(n_columns * p).clamp(max=width).reshape(1, n_columns, 1, p)
        return filled.movedim(1, 3)[:, y, x].flatten(3).flatten(1, 2)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        y, x = torch.arange(height)[:, None], torch.arange(width)[None]
        place = y // p * -(-width // p) + x // p
        inside = y % p * p + x % p
        pixels = patches.unflatten(2, (p * p, -1))[:, place, inside]
        return pixels.movedim(3, 1)

    return patchify, unpatchify


@exercise.alternative
def with_einsum() -> tuple:
    """Name the six axes."""

    def patchify(images: Tensor, p: int) -> Tensor:
        n_images, n_channels, height, width = images.shape
        tall, wide = -(-height // p) * p, -(-width // p) * p
        x = torch.cat([images, images.new_zeros(n_images, n_channels, tall - height, width)], 2)
        x = torch.cat([x, x.new_zeros(n_images, n_channels, tall, wide - width)], 3)
        x = x.reshape(n_images, n_channels, tall // p, p, wide // p, p)
        return torch.einsum("bcripj->brpijc", x).reshape(n_images, -1, p * p * n_channels)

    def unpatchify(patches: Tensor, p: int, height: int, width: int) -> Tensor:
        n_rows, n_columns = (height - 1) // p + 1, (width - 1) // p + 1
        x = patches.reshape(len(patches), n_rows, n_columns, p, p, -1)
        x = torch.einsum("brpijc->bcripj", x)
        return x.reshape(*x.shape[:2], n_rows * p, -1)[:, :, :height, :width]

    return patchify, unpatchify
