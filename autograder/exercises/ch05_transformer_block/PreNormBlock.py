"""Answers to the exercise about a whole block: mistakes, and other right ways."""  # noqa: N999

import torch
from torch import Tensor, nn

from autograder.exercises.ch05_transformer_block.PreNormBlock_checks import exercise
from course_lib.attention import AttentionConfig, MultiHeadAttention
from course_lib.layers import FeedForward, LayerNorm

__all__ = ["exercise"]


@exercise.misconception(
    "This is post-norm: the sum is normalised, and the stream with it. Pre-norm normalises only "
    "what goes into a part; x itself passes by untouched."
)
class NormAfterTheSum(nn.Module):
    """Normalise the stream."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = self.norm_1(x + self.attention(x, mask).x)
        return self.norm_2(x + self.feed_forward(x))


@exercise.misconception(
    "What you add to is the normalised copy. The part gets the norm's output; what is carried "
    "past it is x as it was."
)
class AddedToTheNormed(nn.Module):
    """Overwrite the stream with its norm."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = self.norm_1(x)
        x = x + self.attention(x, mask).x
        x = self.norm_2(x)
        return x + self.feed_forward(x)


@exercise.misconception(
    "norm_1 stands before both parts, and norm_2 is never used. Each part has gains and biases of "
    "its own: the feed-forward layer gets norm_2's."
)
class FirstNormTwice(nn.Module):
    """Use one norm for both parts."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = x + self.attention(self.norm_1(x), mask).x
        return x + self.feed_forward(self.norm_1(x))


@exercise.misconception(
    "Both parts read the same x, side by side. Here the feed-forward layer comes second: it reads "
    "the sum that the attention has already added to. (Some models do compute both at once.)"
)
class SideBySide(nn.Module):
    """Let both parts read the block's input."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        attended = self.attention(self.norm_1(x), mask).x
        return x + attended + self.feed_forward(self.norm_2(x))


@exercise.misconception(
    "Nothing is carried past the parts: each one's output replaces the stream. Add it to the "
    "stream instead."
)
class NothingCarriedPast(nn.Module):
    """Chain the parts."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = self.attention(self.norm_1(x), mask).x
        return self.feed_forward(self.norm_2(x))


@exercise.misconception(
    "The second half adds to the block's input, and what the attention wrote is lost but for what "
    "the feed-forward layer makes of it. Add to the sum of the first half."
)
class AttentionOverwritten(nn.Module):
    """Add to the wrong x."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        attended = x + self.attention(self.norm_1(x), mask).x
        return x + self.feed_forward(self.norm_2(attended))


@exercise.misconception(
    "The mask is not handed on: every position sees the whole sentence, the future too. Give it "
    "to the attention."
)
class MaskForgotten(nn.Module):
    """Attend to everything."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = x + self.attention(self.norm_1(x)).x
        return x + self.feed_forward(self.norm_2(x))


@exercise.misconception(
    "The parts get the stream as it is: neither norm is used. Normalise what goes into each part."
)
class NoNorms(nn.Module):
    """Leave the norms out."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x = x + self.attention(x, mask).x
        return x + self.feed_forward(x)


@exercise.misconception(
    "`x += …` writes into the tensor that the caller handed in, and the caller's x is no longer "
    "what it was. Make a new one: `x = x + …`."
)
class CallersTensorChanged(nn.Module):
    """Add in place."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        x += self.attention(self.norm_1(x), mask).x
        x += self.feed_forward(self.norm_2(x))
        return x


@exercise.alternative
class WithNamedSteps(nn.Module):
    """Give each step a name."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        into_attention = self.norm_1(x)
        written_by_attention = self.attention(into_attention, mask=mask).x
        between = torch.add(x, written_by_attention)
        into_feed_forward = self.norm_2(between)
        return torch.add(between, self.feed_forward(into_feed_forward))


@exercise.alternative
class WithALoop(nn.Module):
    """Treat both halves alike."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        halves = (
            (self.norm_1, lambda normed: self.attention(normed, mask).x),
            (self.norm_2, self.feed_forward),
        )
        stream = x
        for norm, part in halves:
            stream = stream + part(norm(stream))
        return stream


@exercise.alternative
class WithOneSum(nn.Module):
    """Add up what was written at the end."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        attended = self.attention(self.norm_1(x), mask).x
        transformed = self.feed_forward(self.norm_2(x + attended))
        return torch.stack([x, attended, transformed]).sum(dim=0)


@exercise.alternative
class InACopy(nn.Module):
    """Add in place, to a copy of its own."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        heads = AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_heads)
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(heads)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend, then transform."""
        stream = x.clone()
        stream += self.attention(self.norm_1(stream), mask).x
        update = self.feed_forward(self.norm_2(stream))
        return stream + update
