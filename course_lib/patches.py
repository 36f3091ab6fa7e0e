"""Cut images into patches, which a Transformer then reads like the tokens of a text.

Axes: B batch, T positions, a class token and then the patches, D width of the residual stream.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.positions import LearnedPositions


def patchify(
    images: Float[Tensor, "B channels height width"], patch_size: int
) -> Float[Tensor, "B n_patches {patch_size}*{patch_size}*channels"]:
    """Cut images into squares, row by row, and write the pixels of each one after the other.

    Implements Dosovitskiy et al. 2021 (arXiv:2010.11929), section 3.1, before the projection.

    Args:
        images: Images, each channel a plane of its own.
        patch_size: Height and width of a patch, in pixels.

    Returns:
        One row per patch: its pixels row by row, the channels of a pixel side by side.

    Raises:
        ValueError: The patches do not fill the images.
    """
    height, width = images.shape[2:]
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(f"patches of {patch_size} pixels do not fill {height} × {width} pixels")
    # P for the pixels of a patch in one direction: B C rows P columns P.
    squares = images.unflatten(3, (-1, patch_size)).unflatten(2, (-1, patch_size))
    return squares.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)  # B rows·columns P·P·C


def join_patches(
    patches: Float[Tensor, "B n_patches PPC"], n_rows: int, n_channels: int
) -> Float[Tensor, "B {n_channels} height width"]:
    """Put the squares of images together again, as `patchify` has cut them.

    Args:
        patches: One row per patch.
        n_rows: Rows of patches in an image.
        n_channels: Numbers per pixel.

    Returns:
        The images.

    Raises:
        ValueError: So many patches do not make so many rows, or they are no squares.
    """
    n_patches, d_patch = patches.shape[1:]
    side = math.isqrt(d_patch // max(1, n_channels))
    if n_rows < 1 or n_patches % n_rows or side**2 * n_channels != d_patch:
        raise ValueError(
            f"{n_patches} patches of {d_patch} numbers are no {n_rows} rows of squares with "
            f"{n_channels} channels"
        )
    squares = patches.unflatten(2, (side, side, n_channels)).unflatten(1, (n_rows, -1))
    return squares.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)  # B C rows·P columns·P


class PatchEmbedding(nn.Module):
    """Own the projection of patches, the class token's vector, and one vector per position.

    Implements Dosovitskiy et al. 2021 (arXiv:2010.11929), equation 1. The projection is the
    convolution of other code, whose kernel is as large as its stride, written as a product.
    """

    def __init__(
        self,
        *,
        image_size: int,
        patch_size: int,
        n_channels: int,
        d_model: int,
        has_bias: bool = True,
    ) -> None:
        super().__init__()
        if min(image_size, patch_size, n_channels) < 1 or image_size % patch_size:
            raise ValueError(
                f"{patch_size=} does not cut {image_size=} with {n_channels=} into patches"
            )
        self.patch_size = patch_size
        self.image_shape = (n_channels, image_size, image_size)
        n_patches = (image_size // patch_size) ** 2
        self.projection = nn.Linear(patch_size**2 * n_channels, d_model, bias=has_bias)
        self.class_token = nn.Parameter(torch.zeros(d_model))
        self.positions = LearnedPositions(1 + n_patches, d_model)

    def forward(self, images: Float[Tensor, "B channels height width"]) -> Float[Tensor, "B T D"]:
        """Begin the residual stream, the class token first.

        Raises:
            ValueError: The images have not the size or the channels that there are weights for.
        """
        if images.shape[1:] != self.image_shape:
            raise ValueError(
                f"the images have shape {tuple(images.shape[1:])}, not {self.image_shape}"
            )
        patches = self.projection(patchify(images, self.patch_size))  # B T-1 D
        class_token = self.class_token.expand(len(images), 1, -1)  # B 1 D
        x = torch.cat([class_token, patches], dim=1)  # B T D
        return x + self.positions(0, x.shape[1])
