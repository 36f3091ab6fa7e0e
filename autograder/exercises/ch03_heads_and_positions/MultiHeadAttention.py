"""Answers to the exercise about the layer of several heads: mistakes, and other right ways."""  # noqa: N999

import math

import torch
from torch import Tensor, nn

from autograder.exercises.ch03_heads_and_positions.MultiHeadAttention_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The scores are scaled by the root of the model's width. Each product runs over the width of a "
    "*head*: divide by √(D/H)."
)
class ScaledByTheModel(nn.Module):
    """Scale by the whole width."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = (
            to(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for to in (self.to_q, self.to_k, self.to_v)
        )
        scores = q @ k.mT / x.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


@exercise.misconception(
    "The heads are merged and handed over as they are. to_out mixes what the heads have found; "
    "without it they stay side by side, each in its own slice."
)
class NoOutputProjection(nn.Module):
    """Own the projection and forget it."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = (
            to(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for to in (self.to_q, self.to_k, self.to_v)
        )
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return (weights @ v).transpose(1, 2).flatten(2)


@exercise.misconception(
    "The softmax runs over the heads. A head is to share its attention out over the *keys*: the "
    "last axis of the scores."
)
class SoftmaxAcrossHeads(nn.Module):
    """Let the heads compete for each pair."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = (
            to(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for to in (self.to_q, self.to_k, self.to_v)
        )
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e9)
        weights = scores.softmax(1)
        if mask is not None:
            weights = weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


@exercise.misconception(
    "The heads are merged without exchanging the axes back, so that the numbers of one head run on "
    "over several positions: `.transpose(1, 2)` comes before `.flatten(2)`."
)
class MergedWithoutTransposing(nn.Module):
    """Reshape what lies in another order."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = (
            to(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for to in (self.to_q, self.to_k, self.to_v)
        )
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.to_out((weights @ v).reshape(x.shape))


@exercise.misconception(
    "The mask is read the wrong way round. In this course True means: may look. (The mask of "
    "`torch.nn.MultiheadAttention` means the opposite.)"
)
class MaskInverted(nn.Module):
    """Read the mask as torch's own layer does."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = (
            to(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for to in (self.to_q, self.to_k, self.to_v)
        )
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(mask, -torch.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~(~mask).any(-1, keepdim=True), 0.0)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


@exercise.misconception(
    "All heads see the whole width: one attention of D numbers, not H of D/H. Split queries, keys "
    "and values into heads before the scores are made."
)
class OneHeadOnly(nn.Module):
    """Forget to split."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        q, k, v = self.to_q(x)[:, None], self.to_k(x)[:, None], self.to_v(x)[:, None]
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


@exercise.alternative
class OneHeadAfterTheOther(nn.Module):
    """Loop over the heads, each with its slices of the matrices."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        merged = []
        for q, k, v in zip(
            self.to_q(x).chunk(self.n_heads, -1),
            self.to_k(x).chunk(self.n_heads, -1),
            self.to_v(x).chunk(self.n_heads, -1),
            strict=True,
        ):
            scores = torch.einsum("btd,bsd->bts", q, k) / math.sqrt(q.shape[-1])
            if mask is None:
                merged.append(scores.softmax(dim=-1) @ v)
                continue
            there = mask.squeeze(1) if mask.dim() == 4 else mask
            blind = ~there.any(dim=-1, keepdim=True)
            scores = torch.where(there | blind, scores, -math.inf)
            merged.append(scores.softmax(dim=-1).masked_fill(blind, 0) @ v)
        return self.to_out(torch.cat(merged, dim=-1))


@exercise.alternative
class WithExponentials(nn.Module):
    """Write the softmax out, and add what each head contributes."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)
        self.to_out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        batch_size, seq_len, width = x.shape
        shape = (batch_size, seq_len, self.n_heads, width // self.n_heads)
        q, k, v = (to(x).view(shape) for to in (self.to_q, self.to_k, self.to_v))
        scores = torch.einsum("bthd,bshd->bhts", q, k) * (width // self.n_heads) ** -0.5
        there = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
        highest = scores.detach().amax(-1, keepdim=True)
        powers = torch.exp(scores - highest) * there
        total = powers.sum(-1, keepdim=True)
        shares = powers / torch.where(total == 0, 1.0, total)
        return self.to_out(torch.einsum("bhts,bshd->bthd", shares, v).reshape(x.shape))


@exercise.alternative
class WithTheHeadsInTheBatch(nn.Module):
    """Fold the heads into the batch axis, and add −∞ as a bias."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.heads, self.width = n_heads, d_model // n_heads
        self.to_q, self.to_k, self.to_v, self.to_out = (
            nn.Linear(d_model, d_model, bias=False) for _ in range(4)
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend."""
        batch_size, seq_len, _ = x.shape

        def split(y: Tensor) -> Tensor:
            y = y.reshape(batch_size, seq_len, self.heads, self.width).permute(0, 2, 1, 3)
            return y.reshape(batch_size * self.heads, seq_len, self.width)

        q, k, v = split(self.to_q(x)), split(self.to_k(x)), split(self.to_v(x))
        scores = torch.bmm(q, k.transpose(1, 2)) / self.width**0.5
        shape = (batch_size, self.heads, seq_len, seq_len)
        there = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
        there = there.reshape(scores.shape)
        some = there.any(dim=-1, keepdim=True)
        bias = torch.zeros_like(scores).masked_fill(some & ~there, -torch.inf)
        shares = torch.softmax(scores + bias, dim=-1) * some
        merged = torch.bmm(shares, v).reshape(batch_size, self.heads, seq_len, self.width)
        return self.to_out(torch.cat(merged.unbind(dim=1), dim=-1))
