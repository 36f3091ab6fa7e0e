"""Rows without padding: documents set end to end, and a mask that keeps them apart.

Axes: N rows, T positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

NO_DOCUMENT = -1
"""Stands where a row is padded."""


@dataclass(frozen=True)
class PackedRows:
    """Documents in rows of one length.

    Attributes:
        token_ids: The tokens, each document followed by its end.
        documents: Which document a token belongs to, `NO_DOCUMENT` for padding. A document that
            runs on in the next row keeps its number.
        places: How many tokens of the same document stand before it in this row. Positions that
            are learned are looked up by it, for what stands before in another document, or in
            another row, cannot be seen.
    """

    token_ids: Int[Tensor, "N T"]
    documents: Int[Tensor, "N T"]
    places: Int[Tensor, "N T"]

    @property
    def is_counted(self) -> Bool[Tensor, "N T"]:
        """True where the next token of the row is known and of the same document."""
        follows = torch.zeros_like(self.documents, dtype=torch.bool)
        same = self.documents[:, :-1] == self.documents[:, 1:]
        follows[:, :-1] = same & (self.documents[:, 1:] != NO_DOCUMENT)
        return follows


def pack_rows(
    documents: Sequence[Sequence[int]], seq_len: int, end: int, padding: int
) -> PackedRows:
    """Set documents end to end and cut the row of all into rows of one length.

    Args:
        documents: Token ids of each document.
        seq_len: Length of a row.
        end: Token that closes each document.
        padding: Token that fills the last row.

    Returns:
        As few rows as hold all tokens; none for no documents.

    Raises:
        ValueError: A row would hold nothing.
    """
    if seq_len < 1:
        raise ValueError(f"a row must hold at least one token, got {seq_len=}")
    tokens = [token for document in documents for token in (*document, end)]
    numbers = [n for n, document in enumerate(documents) for _ in range(len(document) + 1)]
    n_missing = -len(tokens) % seq_len
    token_ids = torch.tensor([*tokens, *[padding] * n_missing], dtype=torch.long)
    owners = torch.tensor([*numbers, *[NO_DOCUMENT] * n_missing], dtype=torch.long)
    rows = owners.reshape(-1, seq_len)
    return PackedRows(token_ids.reshape(-1, seq_len), rows, _places(rows))


def document_mask(documents: Int[Tensor, "N T"]) -> Bool[Tensor, "N T T"]:
    """Let each token look at itself and at those before it in its own document.

    As in Grattafiori et al. 2024 (arXiv:2407.21783), section 3.2.

    Args:
        documents: Which document a token belongs to, `NO_DOCUMENT` for padding.

    Returns:
        True where a query may look at a key; a row of padding looks at nothing.
    """
    same = documents.unsqueeze(2) == documents.unsqueeze(1)  # N T T
    is_token = (documents != NO_DOCUMENT).unsqueeze(2)  # N T 1
    return (same & is_token).tril()


def _places(documents: Int[Tensor, "N T"]) -> Int[Tensor, "N T"]:
    """Count, for each position, how far behind it its document's first token of the row is."""
    column = torch.arange(documents.shape[1])
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return column - torch.where(begins, column, 0).cummax(dim=1).values
