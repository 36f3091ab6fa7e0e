"""Read a decoder that the course has trained: its sizes from one file, its weights from another."""

from pathlib import Path

import torch

from course_lib.checkpoints.weights import read_config, with_weights
from course_lib.decoder import Decoder, DecoderConfig


def read_decoder(path: Path) -> Decoder:
    """Build a trained decoder from its files, in single precision and evaluation mode.

    Args:
        path: The weights; the sizes stand in the JSON file of the same name.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: One of them is damaged, or they do not belong together.
    """
    cfg = read_config(path, DecoderConfig)
    return with_weights(Decoder(cfg, torch.Generator()), path)
