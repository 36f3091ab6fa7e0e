"""The two towers of CLIP: one reads texts, one reads images, and both write into one space.

Radford et al. 2021 (arXiv:2103.00020), section 2.4.

Axes: B batch, T positions, D width of a tower's residual stream, J width of the joint space.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.blocks import StackOutput
from course_lib.models.plain_stack import StackConfig, layer_norm, plain_stack
from course_lib.models.vit import ViTConfig, patch_embedding
from course_lib.positions import INITIAL_SPREAD, LearnedPositions


@dataclass(frozen=True, kw_only=True)
class CLIPTextConfig(StackConfig):
    """Sizes of the tower that reads texts.

    Attributes:
        vocab_size: Number of different tokens.
        max_seq_len: How many positions have a vector.
        end_token: The token that ends each text. None: the largest one in a text does, as it is
            the last one of the published vocabulary.
    """

    vocab_size: int
    max_seq_len: int
    end_token: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.vocab_size, self.max_seq_len) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")


def end_positions(token_ids: Int[Tensor, "B T"], end_token: int | None) -> Int[Tensor, " B"]:
    """Find where each text ends, at the first of its end tokens; padding may be of the same.

    Args:
        token_ids: Texts with padding behind them.
        end_token: The token that ends a text. None: the largest one in it does.

    Raises:
        ValueError: A text has no end.
    """
    if end_token is None:
        return token_ids.argmax(dim=-1)  # the first where there are several
    is_end = token_ids == end_token  # B T
    endless = torch.nonzero(~is_end.any(dim=-1)).flatten().tolist()
    if endless:
        raise ValueError(f"no token {end_token} ends the texts {endless}")
    return is_end.int().argmax(dim=-1)


class TextTower(nn.Module):
    """Read texts from left to right, and take from each what stands at its end."""

    def __init__(self, cfg: CLIPTextConfig, d_joint: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        nn.init.normal_(self.embedding.weight, std=INITIAL_SPREAD)
        self.positions = LearnedPositions(cfg.max_seq_len, cfg.d_model)
        self.decoder = plain_stack(cfg, layer_norm(cfg))
        self.to_joint = nn.Linear(cfg.d_model, d_joint, bias=False)

    def states(self, token_ids: Int[Tensor, "B T"], keep_weights: bool = False) -> StackOutput:
        """Put each token in the context of those before it.

        Args:
            token_ids: Texts. Padding stands behind them, where no token of theirs looks.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: The texts are longer than the model has vectors for.
        """
        n_tokens = token_ids.shape[1]
        context = causal_context(
            n_seen=0, n_queries=n_tokens, keep_weights=keep_weights, device=token_ids.device
        )
        x = self.embedding(token_ids) + self.positions(0, n_tokens)  # B T D
        return self.decoder(x, (context,) * self.cfg.n_layers)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B J"]:
        """Place each text in the joint space; for arguments and errors see `states`."""
        ends = end_positions(token_ids, self.cfg.end_token)
        x = self.states(token_ids).x  # B T D
        return self.to_joint(x[torch.arange(len(x), device=x.device), ends])


class ImageTower(nn.Module):
    """A ViT with a normalisation before its first block; its patches are projected without bias."""

    def __init__(self, cfg: ViTConfig, d_joint: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.patches = patch_embedding(cfg, has_bias=False)
        self.first_norm = layer_norm(cfg)
        self.encoder = plain_stack(cfg, nn.Identity())
        self.class_norm = layer_norm(cfg)
        self.to_joint = nn.Linear(cfg.d_model, d_joint, bias=False)

    def states(
        self, images: Float[Tensor, "B channels height width"], keep_weights: bool = False
    ) -> StackOutput:
        """Put each patch in its context, not normalised after the last block.

        Args:
            images: Images, their pixels brought to the range that the model was trained on.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: The images have another size.
        """
        context = AttentionContext(keep_weights=keep_weights)
        return self.encoder(self.first_norm(self.patches(images)), (context,) * self.cfg.n_layers)

    def forward(self, images: Float[Tensor, "B channels height width"]) -> Float[Tensor, "B J"]:
        """Place each image in the joint space; for arguments and errors see `states`."""
        return self.to_joint(self.class_norm(self.states(images).x[:, 0]))
