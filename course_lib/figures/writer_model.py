"""The model of the story writer as its page gets it: one file with a name of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.decoder import Decoder, DecoderConfig
from course_lib.kernels.decoder_file import pack_decoder, unpack_decoder

POSITION_KINDS = ("none", "learned", "rotary")
"""The kinds of positions that the page computes."""
MAX_FILE_BYTES = 1_500_000
_N_DIGITS = 12  # of the content's hash: enough that no two models get one name


@dataclass(frozen=True)
class PackedModel:
    """A decoder in 8 bits.

    Attributes:
        name: Of the file; it follows from the content.
        content: The file.
        model: What the file says, as a decoder.
    """

    name: str
    content: bytes
    model: Decoder


def pack_model(model: Decoder, words: Sequence[str], end: str) -> PackedModel:
    """Check that a page can run a model, and round it to 8 bits.

    Args:
        model: The decoder.
        words: What each of its tokens says.
        end: The word of the token that ends a story.

    Returns:
        The file, and what is left of the model in it.

    Raises:
        ValueError: The page cannot compute such a model, the words do not fit it, or the file
            would be too large.
    """
    cfg = model.cfg
    if cfg.positions not in POSITION_KINDS:
        raise ValueError(
            f"the page computes no {cfg.positions} positions, only {', '.join(POSITION_KINDS)}"
        )
    if len(words) != cfg.vocab_size or len(set(words)) != len(words) or end not in words:
        raise ValueError(
            f"give each of the {cfg.vocab_size} tokens its own word, {end!r} among them; "
            f"there are {len(set(words))} words"
        )
    content = pack_decoder(model)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(
            f"in 8 bits the model has {len(content)} bytes; a page may fetch {MAX_FILE_BYTES}"
        )
    digest = hashlib.sha256(content).hexdigest()[:_N_DIGITS]
    return PackedModel(f"story-writer-{digest}.safetensors", content, unpack_decoder(content))


def head_labels(cfg: DecoderConfig) -> list[str]:
    """Name the heads of a decoder, those of the first layer first."""
    layers, heads = range(1, cfg.n_layers + 1), range(1, cfg.n_heads + 1)
    return [f"layer {layer}, head {head}" for layer in layers for head in heads]
