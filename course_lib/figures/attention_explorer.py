"""The attention explorer: one sentence looks at itself, and the reader may change how.

Axes: T tokens, Dh width of queries and keys, Dv width of values. The figure holds q, k and v;
its module computes scores, weights and outputs from them in the reader's browser, and
`AttentionExplorer.numbers` computes the same in Python.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import torch
import traitlets
from jaxtyping import Bool
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.explorer_heads import ExplorerHead, explorer_heads, pack_heads, pull_query
from course_lib.figures.explorer_numbers import ExplorerNumbers, attend
from course_lib.figures.explorer_words import in_words

# What a chapter's cell needs.
__all__ = [
    "AttentionExplorer",
    "ExplorerHead",
    "ExplorerNumbers",
    "Preset",
    "explorer_heads",
    "pull_query",
]

# What a reader may change, and the buttons above the figure bring back.
STATE = ("head", "query", "key", "scale_factor", "causal", "edits")
START = "Choose a word to see where it looks. Then change a number or the scale."

# More tokens than this have neither readable arcs nor squares that a finger can meet.
MAX_TOKENS = 24


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
        causal: Whether each token looks only at itself and back, on top of `mask`.
        causal_switch: Whether the reader may choose that.
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
    scale_factor = traitlets.Float(1.0, min=0.0).tag(sync=True)
    causal = traitlets.Bool(default_value=False).tag(sync=True)
    causal_switch = traitlets.Bool(default_value=False).tag(sync=True)
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
        causal_switch: bool = False,
        presets: Sequence[Preset] = (),
        see: str = START,
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
            causal_switch: Whether the reader may hide the future.
            presets: States worth seeing, each behind a button; values of the traits in `STATE`.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: The sentence is empty or too long, a head does not fit it, a number is not
                finite, or a preset names no trait.
            traitlets.TraitError: An index points outside, or a row of edits does not fit.
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
            head=head,
            query=query,
            causal_switch=causal_switch,
            title=title,
            description=description,
        )
        if key is None:
            key = int(self.numbers().weights[query].argmax())
        self.key = key
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("head", "query", "key")
    def _check_index(self, proposal: dict[str, Any]) -> int:
        """Refuse what points outside: the page could only stop."""
        name, index = proposal["trait"].name, proposal["value"]
        n_choices = len(self.head_labels if name == "head" else self.tokens)
        # While the figure is being made, its sentence may come after its choices.
        if n_choices and not 0 <= index < n_choices:
            raise traitlets.TraitError(
                f"{name} {index} points outside: choose 0 to {n_choices - 1}"
            )
        return index

    @traitlets.validate("edits")
    def _check_edits(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        """Refuse a row that fits no query and no key."""
        n_tokens, n_heads = len(self.tokens), len(self.head_labels)
        for edit in proposal["value"]:
            row = edit.get("row", ())
            if not (
                edit.get("part") in ("q", "k")
                and edit.get("head") in range(n_heads)
                and edit.get("token") in range(n_tokens)
                and len(row) == self.d_head
                and all(isinstance(number, int | float) and isfinite(number) for number in row)
            ):
                raise traitlets.TraitError(
                    f"{edit} is no edit: give head (0 to {n_heads - 1}), part (“q” or “k”), "
                    f"token (0 to {n_tokens - 1}) and row ({self.d_head} finite numbers)"
                )
        return proposal["value"]

    def numbers(self, head: int | None = None) -> ExplorerNumbers:
        """Compute what the figure shows now, the reader's changes included.

        Args:
            head: Index of a head. None takes the one shown.

        Returns:
            Products, scores, weights and outputs in float64.
        """
        head = self.head if head is None else head
        q, k, v = self._matrices(head)
        for edit in self.edits:
            if edit["head"] == head:
                {"q": q, "k": k}[edit["part"]][edit["token"]] = q.new_tensor(edit["row"])
        return attend(q, k, v, self.scale_factor, self._mask())

    def numbers_at_start(self, head: int | None = None) -> ExplorerNumbers:
        """Compute what the figure shows before the reader changes anything.

        Args:
            head: Index of a head. None takes the one shown.

        Returns:
            The same as `numbers`, without the reader's rows, scale and causal mask.
        """
        q, k, v = self._matrices(self.head if head is None else head)
        return attend(q, k, v, 1.0, self._given_mask())

    def in_words(self, head: int | None = None) -> str:
        """Say where the chosen token looks in a head, as the figure says it now."""
        mask = self._mask()
        allowed = None if mask is None else mask[self.query]
        return in_words(self.tokens, self.query, self.numbers(head), allowed)

    def text_alternative(self) -> str:
        """Say for each head where the chosen token looks."""
        lines = [super().text_alternative(), f"Sentence: {' '.join(self.tokens)}"]
        lines += [f"{label}: {self.in_words(i)}" for i, label in enumerate(self.head_labels)]
        return "\n".join(lines)

    def _matrices(self, head: int) -> tuple[Tensor, Tensor, Tensor]:
        """Unpack q, k and v of a head."""
        n_tokens, numbers = len(self.tokens), np.frombuffer(self.qkv, dtype="<f4")
        of_head = numbers.reshape(len(self.head_labels), -1)[head].astype(np.float64)
        sizes = [n_tokens * width for width in (self.d_head, self.d_head, self.d_value)]
        q, k, v = (part.view(n_tokens, -1) for part in torch.from_numpy(of_head).split(sizes))
        return q, k, v

    def _mask(self) -> Bool[Tensor, "T T"] | None:
        """Return who may look at whom now, the reader's choice included."""
        given = self._given_mask()
        if not self.causal:
            return given
        back = torch.ones(len(self.tokens), len(self.tokens), dtype=torch.bool).tril()
        return back if given is None else given & back

    def _given_mask(self) -> Bool[Tensor, "T T"] | None:
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
