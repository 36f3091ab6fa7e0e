"""What the story writer shows of one text: the next words, and where each word has looked.

Axes: L layers, H heads, T tokens of the text, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.decoder import Decoder
from course_lib.figures.playground_numbers import PlaygroundNumbers, playground_numbers
from course_lib.generation.sampling import SamplingConfig


@dataclass(frozen=True)
class WriterNumbers:
    """What a decoder says of a text.

    Attributes:
        logits: Scores of the word after the text.
        next: Their probabilities, as the model has them and as the settings leave them.
        weights: Share of each word that a word looks at, by layer and head.
    """

    logits: Float[Tensor, " V"]
    next: PlaygroundNumbers
    weights: Float[Tensor, "L H T T"]


@torch.no_grad()
def writer_numbers(
    model: Decoder, words: Sequence[str], token_ids: Sequence[int], cfg: SamplingConfig
) -> WriterNumbers:
    """Read a text and look at what may come next.

    Args:
        model: The decoder.
        words: What each token says.
        token_ids: The text, at least one token.
        cfg: Temperature and filters.

    Returns:
        Scores and weights in float32, probabilities in float64 as the page computes them.
    """
    out = model(torch.tensor([list(token_ids)]), keep_weights=True)
    logits = out.logits[0, -1]
    return WriterNumbers(
        logits,
        playground_numbers(words, logits.double(), [], cfg),
        torch.cat(out.weights),
    )


def pack_start(numbers: WriterNumbers) -> bytes:
    """Write scores and weights as the page reads them: little-endian float32.

    After the scores come, word by word, the weights of each layer's heads; a word has as many as
    there are words up to it.
    """
    n_words = numbers.weights.shape[-1]
    rows = [numbers.weights[:, :, i, : i + 1].flatten() for i in range(n_words)]
    return torch.cat([numbers.logits, *rows]).numpy().astype("<f4").tobytes()
