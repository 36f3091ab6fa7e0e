"""Sizes of a Whisper: those published, and how its config.json says them.

Radford et al. 2022 (arXiv:2212.04356), table 1.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.models.plain_stack import StackConfig
from course_lib.models.public_config import PublicConfig, read_config


@dataclass(frozen=True, kw_only=True)
class WhisperConfig:
    """Sizes of a Whisper.

    Attributes:
        vocab_size: Number of different tokens (V).
        max_seq_len: How many tokens the decoder has positions for.
        n_mels: Number of bands in a spectrogram.
        n_sound_positions: Positions of the sound (Ts), each made of two frames.
        encoder: Sizes of the blocks that listen.
        decoder: Sizes of the blocks that write, as wide as the others.
    """

    vocab_size: int
    max_seq_len: int
    n_mels: int
    n_sound_positions: int
    encoder: StackConfig
    decoder: StackConfig

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.max_seq_len, self.n_mels, self.n_sound_positions) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.encoder.d_model != self.decoder.d_model:
            raise ValueError(f"{self.encoder.d_model=} is not {self.decoder.d_model=}")


def _published(*, d_model: int, n_heads: int, n_layers: int) -> WhisperConfig:
    stack = StackConfig(
        d_model=d_model, n_heads=n_heads, n_layers=n_layers, d_ff=4 * d_model, k_bias=False
    )
    return WhisperConfig(
        vocab_size=51_865,
        max_seq_len=448,
        n_mels=80,
        n_sound_positions=1500,  # 30 seconds
        encoder=stack,
        decoder=stack,
    )


WHISPER_TINY = _published(d_model=384, n_heads=6, n_layers=4)
WHISPER_BASE = _published(d_model=512, n_heads=8, n_layers=6)
WHISPER_SMALL = _published(d_model=768, n_heads=12, n_layers=12)
WHISPER_MEDIUM = _published(d_model=1024, n_heads=16, n_layers=24)
WHISPER_LARGE = _published(d_model=1280, n_heads=20, n_layers=32)
WHISPER_LARGE_V3 = replace(WHISPER_LARGE, vocab_size=51_866, n_mels=128)
WHISPER_LARGE_V3_TURBO = replace(
    WHISPER_LARGE_V3, decoder=replace(WHISPER_LARGE_V3.decoder, n_layers=4)
)


def read_whisper_config(folder: Path) -> WhisperConfig:
    """Read the sizes of a published Whisper.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something else than a Whisper as it was published.
    """
    config = read_config(folder, "whisper")
    config.must_be("activation_function", "gelu")
    config.must_be("scale_embedding", False)
    config.must_be("tie_word_embeddings", True)
    return WhisperConfig(
        vocab_size=config.size("vocab_size"),
        max_seq_len=config.size("max_target_positions"),
        n_mels=config.size("num_mel_bins"),
        n_sound_positions=config.size("max_source_positions"),
        encoder=_read_stack(config, "encoder"),
        decoder=_read_stack(config, "decoder"),
    )


def _read_stack(config: PublicConfig, side: str) -> StackConfig:
    return StackConfig(
        d_model=config.size("d_model"),
        n_heads=config.size(f"{side}_attention_heads"),
        n_layers=config.size(f"{side}_layers"),
        d_ff=config.size(f"{side}_ffn_dim"),
        k_bias=False,
    )
