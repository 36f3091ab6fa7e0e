"""The sizes that decide how many parameters a GPT-2 has.

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", table 2.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GPT2Shape:
    """Sizes of a GPT-2 on which its parameters depend, and two choices that other GPTs made.

    The number of heads is not among them: heads share the width out, and add no parameter.

    Attributes:
        n_layers: Number of blocks.
        d_model: Width of the residual stream.
        d_ff: Width of the feed-forward layers between their projections.
        vocab_size: Number of different tokens.
        max_seq_len: How many positions have a vector.
        tied: Whether the table that reads the tokens also scores them.
        bias: Whether linear layers and norms have a bias; the output head has none.
    """

    n_layers: int
    d_model: int
    d_ff: int
    vocab_size: int
    max_seq_len: int
    tied: bool = True
    bias: bool = True

    def __post_init__(self) -> None:
        sizes = self.n_layers, self.d_model, self.d_ff, self.vocab_size, self.max_seq_len
        if min(sizes) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
