"""Answers to the exercise about noise in pictures: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch09_where_next.diffusion_noise_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The roots are missing: ᾱ and 1 − ᾱ are shares of the *variance*. The factors are their "
    "roots; otherwise the pictures shrink on the way."
)
def no_roots() -> tuple:
    """Mix by the shares themselves."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
        return kept * x0 + (1 - kept) * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - (1 - kept) * noise) / kept

    return add_noise, predict_x0


@exercise.misconception(
    "The noise is multiplied by 1 − √ᾱ. Its factor is √(1 − ᾱ): subtract first, then take the "
    "root, so that the squares of the two factors sum to 1."
)
def one_less_the_root() -> tuple:
    """Take the root too early."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        root = alpha_bar[t].sqrt().reshape(-1, *[1] * (x0.dim() - 1))
        return root * x0 + (1 - root) * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        root = alpha_bar[t].sqrt().reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - (1 - root) * noise) / root

    return add_noise, predict_x0


@exercise.misconception(
    "The times are counted from 1: you look up t − 1, and for 0 the last entry, where there is "
    "nearly nothing but noise. t is the place in `alpha_bar`, counted from 0."
)
def counted_from_one() -> tuple:
    """Look up the step before."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t - 1].reshape(-1, *[1] * (x0.dim() - 1))
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t - 1].reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - (1 - kept).sqrt() * noise) / kept.sqrt()

    return add_noise, predict_x0


@exercise.misconception(
    "The two factors are exchanged. ᾱ is what is left of the *picture*: it begins near 1 and falls."
)
def factors_exchanged() -> tuple:
    """Multiply the noise by what is left."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
        return (1 - kept).sqrt() * x0 + kept.sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - kept.sqrt() * noise) / (1 - kept).sqrt()

    return add_noise, predict_x0


@exercise.misconception(
    "The numbers looked up meet the *last* axis of the pictures. They belong to the first: give "
    "them an axis of length 1 for each further axis of the pictures."
)
def meets_the_last_axis() -> tuple:
    """Let the factors broadcast."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t]
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t]
        return (x_t - (1 - kept).sqrt() * noise) / kept.sqrt()

    return add_noise, predict_x0


@exercise.misconception(
    "All pictures are treated as the first one. Each has a time of its own: look all of them up."
)
def one_time_for_all() -> tuple:
    """Look a single entry up."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t[0]]
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t[0]]
        return (x_t - (1 - kept).sqrt() * noise) / kept.sqrt()

    return add_noise, predict_x0


@exercise.misconception(
    "You multiply the entries up to t. `alpha_bar` holds these products already (that is what the "
    "bar means): look one up."
)
def multiplied_again() -> tuple:
    """Take ᾱ for the factor of a single step."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar.cumprod(0)[t].reshape(-1, *[1] * (x0.dim() - 1))
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar.cumprod(0)[t].reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - (1 - kept).sqrt() * noise) / kept.sqrt()

    return add_noise, predict_x0


@exercise.misconception(
    "On the way back the noise is taken away, and the picture is left as small as √ᾱ has made it. "
    "Divide by √ᾱ in the end."
)
def not_divided() -> tuple:
    """Only subtract."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x_t.dim() - 1))
        return x_t - (1 - kept).sqrt() * noise

    return add_noise, predict_x0


@exercise.misconception(
    "On the way back all of the noise is taken away. Only √(1 − ᾱ) of it was added, so only so "
    "much may go."
)
def all_noise_taken_away() -> tuple:
    """Subtract the noise as it is."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
        return kept.sqrt() * x0 + (1 - kept).sqrt() * noise

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = alpha_bar[t].reshape(-1, *[1] * (x_t.dim() - 1))
        return (x_t - noise) / kept.sqrt()

    return add_noise, predict_x0


@exercise.alternative
def by_einsum() -> tuple:
    """Let einsum find the first axis."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = torch.index_select(alpha_bar, 0, t)
        scaled = torch.einsum("b,b...->b...", kept**0.5, x0)
        return scaled + torch.einsum("b,b...->b...", (1 - kept) ** 0.5, noise)

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        kept = torch.index_select(alpha_bar, 0, t)
        less = x_t - torch.einsum("b,b...->b...", (1 - kept) ** 0.5, noise)
        return torch.einsum("b,b...->b...", kept**-0.5, less)

    return add_noise, predict_x0


@exercise.alternative
def picture_by_picture() -> tuple:
    """Take the pictures one by one."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        mixed = []
        for picture, step, grain in zip(x0, t.tolist(), noise, strict=True):
            kept = alpha_bar[step]
            mixed.append(torch.sqrt(kept) * picture + torch.sqrt(1 - kept) * grain)
        return torch.stack(mixed)

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        found = []
        for picture, step, grain in zip(x_t, t.tolist(), noise, strict=True):
            kept = alpha_bar[step].item()
            found.append((picture - (1 - kept) ** 0.5 * grain) / kept**0.5)
        return torch.stack(found)

    return add_noise, predict_x0


@exercise.alternative
def batch_axis_last() -> tuple:
    """Bring the pictures to the last axis, where their factors meet them."""

    def add_noise(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        angle = alpha_bar.gather(0, t).sqrt().clamp(max=1).arccos()
        mixed = angle.cos() * x0.movedim(0, -1) + angle.sin() * noise.movedim(0, -1)
        return mixed.movedim(-1, 0)

    def predict_x0(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
        angle = alpha_bar.gather(0, t).sqrt().clamp(max=1).arccos()
        found = x_t.movedim(0, -1) / angle.cos() - angle.tan() * noise.movedim(0, -1)
        return found.movedim(-1, 0)

    return add_noise, predict_x0
