"""A Transformer that tells noise from picture: Peebles and Xie 2023 (arXiv:2212.09748).

Time and class do not stand in the row of patches. They set the gain and the shift of every
normalisation, and a gate on what each part adds, which is shut before training ("adaLN-Zero").

Axes: B batch, T patches, D width of the residual stream.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.layers import LAYER_NORM_EPS, FeedForward, standardise
from course_lib.patches import join_patches, patchify
from course_lib.positions import LearnedPositions, sinusoidal_table

N_SIGNALS = 6  # gain, shift and gate, for attention and for the feed-forward layer
# About as large as a patch is after its projection, so that where it stands is heard from the first
# step on. The classes' vectors begin large for the same reason.
POSITION_SPREAD = 0.5
SHUT = ("to_signals", "to_last_signals", "to_noise")


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig:
    """Sizes of a diffusion Transformer.

    Attributes:
        image_size: Height and width of the images, in pixels.
        patch_size: Height and width of a patch.
        n_channels: Numbers a pixel.
        n_classes: What can be asked for.
        n_times: Times of the noise schedule.
        d_model: Width of the residual stream (D).
        n_heads: Heads of each layer.
        n_layers: Number of blocks.
        d_ff: Width of the feed-forward layers between their projections.
    """

    image_size: int
    patch_size: int
    n_channels: int
    n_classes: int
    n_times: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.image_size % self.patch_size or self.d_model % self.n_heads or self.d_model % 2:
            raise ValueError(
                "the patches must fill the image, the heads the width, and the width be even: "
                f"{self}"
            )

    @property
    def no_class(self) -> int:
        """The label that asks for no class in particular."""
        return self.n_classes

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        d_head = self.d_model // self.n_heads
        return AttentionLayerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_heads,
            d_head=d_head,
            scale=d_head**-0.5,
            q_bias=True,
            k_bias=True,
            v_bias=True,
            out_bias=True,
        )


class ConditionedBlock(nn.Module):
    """A block whose normalisations and gates are set by time and class."""

    def __init__(self, cfg: DiffusionConfig) -> None:
        super().__init__()
        self.attention = AttentionLayer(cfg.attention)
        self.feed_forward = FeedForward(cfg.d_model, cfg.d_ff)
        self.to_signals = shut(nn.Linear(cfg.d_model, N_SIGNALS * cfg.d_model))

    def forward(
        self, x: Float[Tensor, "B T D"], condition: Float[Tensor, "B D"]
    ) -> Float[Tensor, "B T D"]:
        """Attend, then transform each patch; each adds as much as its gate lets through."""
        signals = self.to_signals(F.silu(condition)).unsqueeze(1).chunk(N_SIGNALS, dim=-1)
        gain, shift, gate, ff_gain, ff_shift, ff_gate = signals  # B 1 D each
        x = x + gate * self.attention(modulated(x, gain, shift), AttentionContext()).x
        return x + ff_gate * self.feed_forward(modulated(x, ff_gain, ff_shift))


class DiffusionTransformer(nn.Module):
    """Guess the noise in images from the images, their time and their class."""

    clock: Tensor

    def __init__(self, cfg: DiffusionConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.cfg = cfg
        d_patch = cfg.patch_size**2 * cfg.n_channels
        self.to_stream = nn.Linear(d_patch, cfg.d_model)
        self.positions = LearnedPositions((cfg.image_size // cfg.patch_size) ** 2, cfg.d_model)
        self.register_buffer("clock", sinusoidal_table(cfg.n_times, cfg.d_model), persistent=False)
        self.to_time = FeedForward(cfg.d_model, cfg.d_model, F.silu)
        self.classes = nn.Embedding(cfg.n_classes + 1, cfg.d_model)
        self.blocks = nn.ModuleList(ConditionedBlock(cfg) for _ in range(cfg.n_layers))
        self.to_last_signals = shut(nn.Linear(cfg.d_model, 2 * cfg.d_model))
        self.to_noise = shut(nn.Linear(cfg.d_model, d_patch))
        self._draw(generator)

    def _draw(self, generator: torch.Generator) -> None:
        """Draw the first weights; what is shut stays shut."""
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
                if name.rsplit(".", 1)[-1] not in SHUT:
                    nn.init.xavier_uniform_(module.weight, generator=generator)
        nn.init.normal_(self.classes.weight, generator=generator)
        nn.init.normal_(self.positions.table, std=POSITION_SPREAD, generator=generator)

    def forward(
        self,
        images: Float[Tensor, "B channels height width"],
        times: Int[Tensor, " B"],
        labels: Int[Tensor, " B"],
    ) -> Float[Tensor, "B channels height width"]:
        """Guess the noise.

        Args:
            images: Spoilt images.
            times: How far each is spoilt, counted from 0.
            labels: The class of each, or `cfg.no_class`.
        """
        condition = self.to_time(self.clock[times]) + self.classes(labels)  # B D
        x = self.to_stream(patchify(images, self.cfg.patch_size))  # B T D
        x = x + self.positions(0, x.shape[1])
        for block in self.blocks:
            x = block(x, condition)
        gain, shift = self.to_last_signals(F.silu(condition)).unsqueeze(1).chunk(2, dim=-1)
        patches = self.to_noise(modulated(x, gain, shift))
        n_rows = self.cfg.image_size // self.cfg.patch_size
        return join_patches(patches, n_rows, self.cfg.n_channels)


def modulated(
    x: Float[Tensor, "B T D"], gain: Float[Tensor, "B 1 D"], shift: Float[Tensor, "B 1 D"]
) -> Float[Tensor, "B T D"]:
    """Standardise each patch; a gain of 0 then leaves it, and a shift of 0 too."""
    return standardise(x, LAYER_NORM_EPS) * (1 + gain) + shift


def shut(layer: nn.Linear) -> nn.Linear:
    """Set a layer to zero, so that it gives nothing until it is trained."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
