"""CLIP, which tells how well images and texts go together: Radford et al. 2021 (arXiv:2103.00020).

Axes: T positions, J width of the joint space.
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.activations import gelu_exact, gelu_sigmoid
from course_lib.models.clip_towers import CLIPTextConfig, ImageTower, TextTower
from course_lib.models.plain_stack import StackConfig, attention_sources
from course_lib.models.public_checkpoint import Source, build_with_public_weights, linear, norm
from course_lib.models.public_config import PublicConfig, read_config
from course_lib.models.vit import ViTConfig, kernel_as_matrix

# What the cosines are divided by before any training: section 2.5 of the paper.
FIRST_TEMPERATURE = 0.07

# The end token that public files name which were made before it was put right there.
WRONG_END_TOKEN = 2


@dataclass(frozen=True, kw_only=True)
class CLIPConfig:
    """Sizes of a CLIP.

    Attributes:
        text: The tower that reads texts.
        image: The tower that reads images.
        d_joint: Width of the space that both write into (J).
    """

    text: CLIPTextConfig
    image: ViTConfig
    d_joint: int

    def __post_init__(self) -> None:
        if self.d_joint < 1:
            raise ValueError(f"every size must be at least 1, got {self}")


CLIP_VIT_B_32 = CLIPConfig(
    text=CLIPTextConfig(
        vocab_size=49_408,
        max_seq_len=77,
        d_model=512,
        n_heads=8,
        n_layers=12,
        d_ff=2048,
        activation=gelu_sigmoid,
    ),
    image=ViTConfig(
        image_size=224,
        patch_size=32,
        d_model=768,
        n_heads=12,
        n_layers=12,
        d_ff=3072,
        activation=gelu_sigmoid,
    ),
    d_joint=512,
)
CLIP_VIT_B_16 = replace(CLIP_VIT_B_32, image=replace(CLIP_VIT_B_32.image, patch_size=16))
CLIP_VIT_L_14 = CLIPConfig(
    text=replace(CLIP_VIT_B_32.text, d_model=768, n_heads=12, d_ff=3072),
    image=replace(
        CLIP_VIT_B_32.image, patch_size=14, d_model=1024, n_heads=16, n_layers=24, d_ff=4096
    ),
    d_joint=768,
)
CLIP_VIT_L_14_336 = replace(CLIP_VIT_L_14, image=replace(CLIP_VIT_L_14.image, image_size=336))


@dataclass(frozen=True)
class CLIPOutput:
    """How images and texts go together.

    Attributes:
        images: Where each image lies in the joint space, at distance 1 from its origin.
        texts: Where each text lies.
        logits: How well each text fits each image, for a softmax over either.
    """

    images: Float[Tensor, "n_images J"]
    texts: Float[Tensor, "n_texts J"]
    logits: Float[Tensor, "n_images n_texts"]


def compare(
    images: Float[Tensor, "n_images J"],
    texts: Float[Tensor, "n_texts J"],
    log_scale: Float[Tensor, ""],
) -> CLIPOutput:
    """Compare every image with every text by the cosine of the angle between them.

    Implements Radford et al. 2021 (arXiv:2103.00020), figure 3, up to the loss.

    Args:
        images: Images in the joint space, at any distance from its origin but 0.
        texts: Texts in the joint space.
        log_scale: Logarithm of the factor on the cosines.

    Returns:
        Images and texts, brought to distance 1, and one logit for each two of them.
    """
    images, texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    return CLIPOutput(images=images, texts=texts, logits=log_scale.exp() * images @ texts.mT)


class CLIP(nn.Module):
    """Two towers that write into one space, and the scale on its cosines."""

    def __init__(self, cfg: CLIPConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.text = TextTower(cfg.text, cfg.d_joint)
        self.image = ImageTower(cfg.image, cfg.d_joint)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(FIRST_TEMPERATURE)))

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "CLIP":
        """Read a model as published on the Hugging Face hub: openai/clip-vit-base-patch32.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a CLIP.
        """
        return build_with_public_weights(
            partial(cls, read_clip_config(folder)), folder, SOURCES, dtype=dtype, ignored=NUMBERS
        )

    def forward(
        self,
        images: Float[Tensor, "n_images channels height width"],
        token_ids: Int[Tensor, "n_texts T"],
    ) -> CLIPOutput:
        """Compare every image with every text; see `ImageTower.states` and `TextTower.states`."""
        return compare(self.image(images), self.text(token_ids), self.log_scale)


def read_clip_config(folder: Path) -> CLIPConfig:
    """Read the sizes of a published CLIP; what a file leaves out is as in `CLIP_VIT_B_32`.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something else than a CLIP as it was published.
    """
    config = read_config(folder, "clip")
    return CLIPConfig(
        text=_read_text_tower(_part(config, "text_config")),
        image=_read_image_tower(_part(config, "vision_config")),
        d_joint=config.size("projection_dim", default=CLIP_VIT_B_32.d_joint),
    )


def _part(config: PublicConfig, name: str) -> PublicConfig:
    """Give the settings of a tower. Some files say them twice; then the second time holds."""
    return config.part(f"{name}_dict" if config.says(f"{name}_dict") else name)


def _read_text_tower(config: PublicConfig) -> CLIPTextConfig:
    usual = CLIP_VIT_B_32.text
    end_token = config.size("eos_token_id", default=usual.vocab_size - 1)
    return CLIPTextConfig(
        vocab_size=config.size("vocab_size", default=usual.vocab_size),
        max_seq_len=config.size("max_position_embeddings", default=usual.max_seq_len),
        end_token=None if end_token == WRONG_END_TOKEN else end_token,
        **_read_stack(config, usual),
    )


def _read_image_tower(config: PublicConfig) -> ViTConfig:
    usual = CLIP_VIT_B_32.image
    return ViTConfig(
        image_size=config.size("image_size", default=usual.image_size),
        patch_size=config.size("patch_size", default=usual.patch_size),
        n_channels=config.size("num_channels", default=usual.n_channels),
        **_read_stack(config, usual),
    )


def _read_stack(config: PublicConfig, usual: StackConfig) -> dict[str, Any]:
    """Read what both towers name alike."""
    activations = {"quick_gelu": gelu_sigmoid, "gelu": gelu_exact}
    return {
        "d_model": config.size("hidden_size", default=usual.d_model),
        "n_heads": config.size("num_attention_heads", default=usual.n_heads),
        "n_layers": config.size("num_hidden_layers", default=usual.n_layers),
        "d_ff": config.size("intermediate_size", default=usual.d_ff),
        "norm_eps": config.number("layer_norm_eps", default=usual.norm_eps),
        "activation": config.one_of("hidden_act", activations, default="quick_gelu"),
    }


def _block_sources(ours: str, public: str) -> dict[str, Source]:
    ours, public = f"{ours}.blocks.*", f"{public}.encoder.layers.*"
    return {
        **norm(f"{ours}.attention_norm", f"{public}.layer_norm1"),
        **attention_sources(f"{ours}.attention", f"{public}.self_attn"),
        **norm(f"{ours}.feed_forward_norm", f"{public}.layer_norm2"),
        **linear(f"{ours}.feed_forward.to_hidden", f"{public}.mlp.fc1"),
        **linear(f"{ours}.feed_forward.to_out", f"{public}.mlp.fc2"),
    }


_TEXT, _IMAGE = "text_model.embeddings", "vision_model.embeddings"
SOURCES = {
    **linear("text.embedding", f"{_TEXT}.token_embedding"),
    "text.positions.table": Source(f"{_TEXT}.position_embedding.weight"),
    **_block_sources("text.decoder", "text_model"),
    **norm("text.decoder.final_norm", "text_model.final_layer_norm"),
    **linear("text.to_joint", "text_projection"),
    "image.patches.projection.weight": Source(f"{_IMAGE}.patch_embedding.weight", kernel_as_matrix),
    "image.patches.class_token": Source(f"{_IMAGE}.class_embedding"),
    "image.patches.positions.table": Source(f"{_IMAGE}.position_embedding.weight"),
    **norm("image.first_norm", "vision_model.pre_layrnorm"),  # spelt so in public files
    **_block_sources("image.encoder", "vision_model"),
    **norm("image.class_norm", "vision_model.post_layernorm"),
    **linear("image.to_joint", "visual_projection"),
    "log_scale": Source("logit_scale"),
}
"""Where each parameter stands in a published CLIP."""

NUMBERS = (f"{_TEXT}.position_ids", f"{_IMAGE}.position_ids")
"""The numbers of the positions, which old files hold."""
