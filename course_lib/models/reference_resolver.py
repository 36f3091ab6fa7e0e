"""An encoder that names the word a pronoun stands for.

Axes: B batch, T positions, D width of the residual stream, L layers, H heads, V vocabulary.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.checkpoints.weights import (
    FOLDER,
    read_config,
    with_weights,
)
from course_lib.transformer import Encoder, EncoderConfig, EncoderOutput

CHECKPOINT = FOLDER / "reference_resolution.safetensors"
"""Weights trained on `course_lib.data.reference_sentences`."""


@dataclass(frozen=True)
class ResolverOutput:
    """An answer, with what the encoder computed on the way.

    Attributes:
        logits: One score per word of the vocabulary: what the pronoun stands for.
        encoder: Outputs, attention and embeddings of every position.
    """

    logits: Float[Tensor, "B V"]
    encoder: EncoderOutput


class ReferenceResolver(nn.Module):
    """Read the sentence, then name a word from the vector at the pronoun alone.

    The attention is left free: training only ever sees whether the word named is right.
    """

    def __init__(self, cfg: EncoderConfig, generator: torch.Generator) -> None:
        """Build the model.

        Args:
            cfg: Sizes of the encoder.
            generator: Source of every weight.
        """
        super().__init__()
        self.cfg = cfg
        self.encoder = Encoder(cfg)
        self.to_word = nn.Linear(cfg.d_model, cfg.vocab_size)
        _draw_weights(self, generator)

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        positions: Int[Tensor, " B"],
        head_gains: Float[Tensor, "L H"] | None = None,
    ) -> ResolverOutput:
        """Score every word as what the pronoun at `positions` stands for.

        Args:
            token_ids: The sentences.
            positions: Index of one pronoun in each sentence.
            head_gains: Factor on each head's output, by layer and head; 0 silences a head. None
                leaves every head as it is.

        Returns:
            The scores, with what the encoder computed.
        """
        encoded = self.encoder(token_ids, head_gains=head_gains)
        rows = torch.arange(len(positions), device=positions.device)
        return ResolverOutput(self.to_word(encoded.x[rows, positions]), encoded)

    @torch.no_grad()
    def answer(
        self,
        token_ids: Int[Tensor, "B T"],
        positions: Int[Tensor, " B"],
        head_gains: Float[Tensor, "L H"] | None = None,
    ) -> Int[Tensor, " B"]:
        """Return the id of the word with the highest score; see `forward` for the arguments."""
        return self(token_ids, positions, head_gains).logits.argmax(dim=-1)


def load_resolver(path: Path = CHECKPOINT) -> ReferenceResolver:
    """Build a trained model from its files, ready to answer.

    Args:
        path: The weights; the sizes stand in the JSON file of the same name.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: One of them is damaged, or they do not belong together.
    """
    cfg = read_config(path, EncoderConfig)
    return with_weights(ReferenceResolver(cfg, torch.Generator()), path)


def _draw_weights(model: nn.Module, generator: torch.Generator) -> None:
    """Draw every matrix, with rows of about unit length; gains and biases stay as they are made.

    Rows of the embedding are vectors of the residual stream: at unit length they neither drown
    what attention adds nor are drowned by it.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            width = module.weight.shape[-1]
            nn.init.normal_(module.weight, std=1 / math.sqrt(width), generator=generator)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
