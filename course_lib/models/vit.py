"""The Vision Transformer: Dosovitskiy et al. 2021 (arXiv:2010.11929).

Axes: B batch, T positions, a class token and then the patches, D width of the residual stream.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.blocks import StackOutput
from course_lib.models.plain_stack import StackConfig, layer_norm, plain_stack
from course_lib.models.public_checkpoint import Source, build_with_public_weights, linear, norm
from course_lib.models.public_config import PublicConfig, read_config
from course_lib.patches import PatchEmbedding

# Channels out, channels in, height, width.
N_KERNEL_AXES = 4


@dataclass(frozen=True, kw_only=True)
class ViTConfig(StackConfig):
    """Sizes of a Vision Transformer.

    Attributes:
        image_size: Height and width of the images, in pixels.
        patch_size: Height and width of a patch, in pixels.
        n_channels: Numbers per pixel.
    """

    image_size: int
    patch_size: int
    n_channels: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.image_size, self.patch_size, self.n_channels) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.image_size % self.patch_size:
            raise ValueError(f"{self.image_size=} is not a multiple of {self.patch_size=}")


VIT_BASE_16 = ViTConfig(
    image_size=224,
    patch_size=16,
    d_model=768,
    n_heads=12,
    n_layers=12,
    d_ff=3072,
    norm_eps=1e-12,
)
VIT_LARGE_16 = replace(VIT_BASE_16, d_model=1024, n_heads=16, n_layers=24, d_ff=4096)
VIT_HUGE_14 = replace(VIT_BASE_16, patch_size=14, d_model=1280, n_heads=16, n_layers=32, d_ff=5120)


class ViT(nn.Module):
    """Patches in place of tokens, and an encoder that normalises first."""

    def __init__(self, cfg: ViTConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.patches = patch_embedding(cfg)
        self.encoder = plain_stack(cfg, layer_norm(cfg))

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "ViT":
        """Read a model as published on the Hugging Face hub, and leave out its head.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a ViT.
        """
        return build_with_public_weights(
            partial(cls, read_vit_config(read_config(folder, "vit"))),
            folder,
            SOURCES,
            dtype=dtype,
            optional_prefix="vit.",
            ignored=[f"{head}.{leaf}" for head in HEADS for leaf in ("weight", "bias")],
        )

    def forward(
        self, images: Float[Tensor, "B channels height width"], keep_weights: bool = False
    ) -> StackOutput:
        """Put each patch in its context.

        Args:
            images: Images, their pixels brought to the range that the model was trained on.
            keep_weights: Whether to give the attention weights of each layer back.

        Returns:
            The residual stream, with what is known of the whole image at the class token, which
            is the first position.

        Raises:
            ValueError: The images have another size.
        """
        context = AttentionContext(keep_weights=keep_weights)
        return self.encoder(self.patches(images), (context,) * self.cfg.n_layers)


class ViTClassifier(nn.Module):
    """A `ViT` that says which of some classes an image belongs to."""

    def __init__(self, cfg: ViTConfig, n_classes: int) -> None:
        super().__init__()
        self.body = ViT(cfg)
        self.to_classes = nn.Linear(cfg.d_model, n_classes)

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "ViTClassifier":
        """Read a model with a head, such as google/vit-base-patch16-224.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a ViT with a head.
        """
        config = read_config(folder, "vit")
        return build_with_public_weights(
            partial(cls, read_vit_config(config), _n_classes(config)),
            folder,
            CLASSIFIER_SOURCES,
            dtype=dtype,
            optional_prefix="vit.",
        )

    def forward(
        self, images: Float[Tensor, "B channels height width"]
    ) -> Float[Tensor, "B n_classes"]:
        """Score each class by what stands at the class token."""
        return self.to_classes(self.body(images).x[:, 0])


def patch_embedding(cfg: ViTConfig, has_bias: bool = True) -> PatchEmbedding:
    """Make what begins the residual stream."""
    return PatchEmbedding(
        image_size=cfg.image_size,
        patch_size=cfg.patch_size,
        n_channels=cfg.n_channels,
        d_model=cfg.d_model,
        has_bias=has_bias,
    )


def read_vit_config(config: PublicConfig) -> ViTConfig:
    """Make sense of the settings of a published ViT.

    Raises:
        ValueError: They ask for something else than a ViT as it was published.
    """
    config.must_be("hidden_act", "gelu")
    has_bias = config.flag("qkv_bias", default=True)
    return ViTConfig(
        image_size=config.size("image_size"),
        patch_size=config.size("patch_size"),
        n_channels=config.size("num_channels", default=VIT_BASE_16.n_channels),
        d_model=config.size("hidden_size"),
        n_heads=config.size("num_attention_heads"),
        n_layers=config.size("num_hidden_layers"),
        d_ff=config.size("intermediate_size"),
        norm_eps=config.number("layer_norm_eps", default=VIT_BASE_16.norm_eps),
        q_bias=has_bias,
        k_bias=has_bias,
        v_bias=has_bias,
    )


def _n_classes(config: PublicConfig) -> int:
    """Count the classes. Two is what public files mean that neither name nor count them."""
    names = config.part("id2label").settings
    return config.size("num_labels", default=len(names) or 2)


def _without_batch(table: Tensor) -> Tensor:
    """Take the batch axis of 1 off, with which ViT stores its positions."""
    return table.squeeze(0)


def kernel_as_matrix(kernel: Tensor) -> Tensor:
    """Write a convolution's kernel as the matrix that the rows of `patchify` are projected with.

    What is no kernel stays as it is, and is refused for its shape.
    """
    if kernel.ndim != N_KERNEL_AXES:
        return kernel
    return kernel.movedim(1, -1).flatten(1)  # D P·P·C


_BLOCK, _PUBLIC_BLOCK = "encoder.blocks.*", "encoder.layer.*"
SOURCES = {
    **linear("patches.projection", "embeddings.patch_embeddings.projection"),
    "patches.projection.weight": Source(
        "embeddings.patch_embeddings.projection.weight", kernel_as_matrix
    ),
    "patches.class_token": Source("embeddings.cls_token", torch.flatten),
    "patches.positions.table": Source("embeddings.position_embeddings", _without_batch),
    **norm(f"{_BLOCK}.attention_norm", f"{_PUBLIC_BLOCK}.layernorm_before"),
    **linear(f"{_BLOCK}.attention.to_q", f"{_PUBLIC_BLOCK}.attention.attention.query"),
    **linear(f"{_BLOCK}.attention.to_k", f"{_PUBLIC_BLOCK}.attention.attention.key"),
    **linear(f"{_BLOCK}.attention.to_v", f"{_PUBLIC_BLOCK}.attention.attention.value"),
    **linear(f"{_BLOCK}.attention.to_out", f"{_PUBLIC_BLOCK}.attention.output.dense"),
    **norm(f"{_BLOCK}.feed_forward_norm", f"{_PUBLIC_BLOCK}.layernorm_after"),
    **linear(f"{_BLOCK}.feed_forward.to_hidden", f"{_PUBLIC_BLOCK}.intermediate.dense"),
    **linear(f"{_BLOCK}.feed_forward.to_out", f"{_PUBLIC_BLOCK}.output.dense"),
    **norm("encoder.final_norm", "layernorm"),
}
"""Where each parameter stands in a published ViT, whose patches are cut by a convolution."""

CLASSIFIER_SOURCES = {
    **{f"body.{ours}": source for ours, source in SOURCES.items()},
    **linear("to_classes", "classifier"),
}
"""The same for a ViT with a head."""

HEADS = ("classifier", "pooler.dense")
"""Where public files hold what stands on top of the class token."""
