"""Language models that follow a rule: what they write is a function of what they have read."""

from dataclasses import dataclass

import torch

from course_lib.generation.language_model import LanguageModelOutput


@dataclass(frozen=True)
class Ruled:
    """Writes what a rule says behind a prompt, token by token.

    Attributes:
        rule: From the tokens read so far, the next one.
        vocab_size: Number of different tokens.
    """

    rule: object
    vocab_size: int

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        logits = torch.zeros(token_ids.shape[0], 1, self.vocab_size)
        padding = [0] * len(token_ids) if n_padding is None else n_padding.tolist()
        for row, (read, n_left_out) in enumerate(zip(token_ids.tolist(), padding, strict=True)):
            logits[row, 0, self.rule(read[n_left_out:])] = 1.0
        return LanguageModelOutput(logits, ())

    def reserve_caches(self, batch_size, max_seq_len):
        return ()
