"""The attention explorer: one sentence looks at itself, and the reader may change how.

Axes: T tokens, Dh width of queries and keys, Dv width of values. The figure holds q, k and v;
its module computes scores, weights and outputs from them in the reader's browser, and
`AttentionExplorer.numbers` computes the same with `course_lib.attention`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import traitlets
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.attention import attention_scores, masked_softmax
from course_lib.figures.base import Figure
from course_lib.figures.explorer_heads import ExplorerHead, explorer_heads, pack_heads

# What a chapter's cell needs.
__all__ = ["AttentionExplorer", "ExplorerHead", "ExplorerNumbers", "explorer_heads"]

# More tokens than this have neither readable arcs nor squares that a finger can meet.
MAX_TOKENS = 24


@dataclass(frozen=True)
class ExplorerNumbers:
    """All that the figure shows of one head.

    Attributes:
        products: Dot product of each query with each key.
        scores: The products times the scale; a hidden pair has a score too.
        weights: Softmax of the scores over the keys that a query may look at.
        outputs: Each query's mixture of the values.
    """

    products: Float[Tensor, "T T"]
    scores: Float[Tensor, "T T"]
    weights: Float[Tensor, "T T"]
    outputs: Float[Tensor, "T Dv"]


class AttentionExplorer(Figure):
    """Arcs from a token to those it looks at, the matrix of weights, and the numbers to change.

    Attributes:
        tokens: The sentence.
        head_labels: Names of the heads.
        d_head: Width of queries and keys (Dh), the same for all heads.
        d_value: Width of values (Dv), the same for all heads.
        qkv: q, k and v of one head after another, row by row, as little-endian float32.
        mask: One byte a pair, row by row, 1 = may look; empty lets all look at all.
        head: Index of the head shown.
        query: Index of the token that looks.
        key: Index of the key whose arithmetic is spelled out.
        scale_factor: Multiple of 1/√Dh by which dot products are scaled.
        edits: Rows that the reader has changed: head, part ("q" or "k"), token, row.
    """

    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    head_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    d_head = traitlets.Int().tag(sync=True)
    d_value = traitlets.Int().tag(sync=True)
    qkv = traitlets.Bytes().tag(sync=True)
    mask = traitlets.Bytes().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    query = traitlets.Int().tag(sync=True)
    key = traitlets.Int().tag(sync=True)
    scale_factor = traitlets.Float(1.0).tag(sync=True)
    edits = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        tokens: Sequence[str],
        heads: Sequence[ExplorerHead],
        *,
        mask: Tensor | None = None,
        head: int = 0,
        query: int = 0,
        key: int | None = None,
        title: str = "Attention explorer",
        description: str = "Arcs and squares show how much each token looks at each other one.",
    ) -> None:
        """Check the sentence and its heads, and pack them for the page.

        Args:
            tokens: The sentence; tokens may repeat.
            heads: At least one head, each with one row a token.
            mask: Boolean (T, T), True where a query may look at a key. None lets every query see
                every key.
            head: Index of the head shown first.
            query: Index of the token that looks first.
            key: Index of the key spelled out first. None takes the one that `query` looks at most.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: The sentence is empty or too long, a head does not fit it, a number is not
                finite, or an index points outside.
        """
        n_tokens = _check_tokens(tokens)
        packed = pack_heads(heads, n_tokens)
        super().__init__(
            tokens=list(tokens),
            head_labels=[each.label for each in heads],
            d_head=packed.d_head,
            d_value=packed.d_value,
            qkv=packed.qkv,
            mask=_pack_mask(mask, n_tokens),
            head=_check_index("head", head, len(heads)),
            query=_check_index("query", query, n_tokens),
            title=title,
            description=description,
        )
        if key is None:
            key = int(self.numbers().weights[query].argmax())
        self.key = _check_index("key", key, n_tokens)

    def numbers(self, head: int | None = None) -> ExplorerNumbers:
        """Compute what the figure shows now, the reader's changes included.

        Args:
            head: Index of a head. None takes the one shown.

        Returns:
            Products, scores, weights and outputs in float64.
        """
        head = self.head if head is None else head
        q, k, v = self._matrices(head)
        scores = self.scale_factor * attention_scores(q, k)
        weights = masked_softmax(scores, self._mask())
        return ExplorerNumbers(
            products=q @ k.mT, scores=scores, weights=weights, outputs=weights @ v
        )

    def text_alternative(self) -> str:
        """Say for each head at which token the chosen one looks most."""
        chosen = self.tokens[self.query]
        lines = [super().text_alternative(), f"Sentence: {' '.join(self.tokens)}"]
        for head, label in enumerate(self.head_labels):
            row = self.numbers(head).weights[self.query]
            best = int(row.argmax())
            lines.append(
                f"{label}: “{chosen}” looks most at “{self.tokens[best]}” ({row[best]:.2f})"
            )
        return "\n".join(lines)

    def _matrices(self, head: int) -> tuple[Tensor, Tensor, Tensor]:
        """Unpack q, k and v of a head and put the reader's rows in."""
        n_tokens, numbers = len(self.tokens), np.frombuffer(self.qkv, dtype="<f4")
        of_head = numbers.reshape(len(self.head_labels), -1)[head].astype(np.float64)
        sizes = [n_tokens * width for width in (self.d_head, self.d_head, self.d_value)]
        q, k, v = (part.view(n_tokens, -1) for part in torch.from_numpy(of_head).split(sizes))
        for edit in self.edits:
            if edit["head"] == head:
                {"q": q, "k": k}[edit["part"]][edit["token"]] = q.new_tensor(edit["row"])
        return q, k, v

    def _mask(self) -> Bool[Tensor, "T T"] | None:
        if not self.mask:
            return None
        flat = np.frombuffer(self.mask, dtype=np.uint8).astype(bool)
        return torch.from_numpy(flat).reshape(len(self.tokens), -1)


def _check_tokens(tokens: Sequence[str]) -> int:
    if not 1 <= len(tokens) <= MAX_TOKENS:
        raise ValueError(
            f"the attention explorer shows 1 to {MAX_TOKENS} tokens, got {len(tokens)}: "
            "choose a shorter sentence"
        )
    return len(tokens)


def _pack_mask(mask: Tensor | None, n_tokens: int) -> bytes:
    if mask is None:
        return b""
    if mask.shape != (n_tokens, n_tokens) or mask.dtype != torch.bool:
        raise ValueError(
            f"mask must be boolean with one row and one column a token, ({n_tokens}, {n_tokens}); "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
    return mask.cpu().numpy().astype(np.uint8).tobytes()


def _check_index(name: str, index: int, n_choices: int) -> int:
    if not 0 <= index < n_choices:
        raise ValueError(f"{name} {index} points outside: choose 0 to {n_choices - 1}")
    return index
