"""The decoding loop: ask the model, choose a token a row, append it, until every row is done.

Axes: B batch, T tokens so far, N new tokens, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.generation.language_model import LanguageModel, LayerCache


@runtime_checkable
class ChooseToken(Protocol):
    """Picks the next token of each row: `greedy`, a `Sampler`, a constrained choice."""

    def __call__(
        self,
        logits: Float[Tensor, "B V"],
        token_ids: Int[Tensor, "B T"],
        n_padding: Int[Tensor, " B"] | None = None,
    ) -> Int[Tensor, " B"]:
        """Pick one token a row.

        Args:
            logits: The model's scores for the next token.
            token_ids: The text so far, the prompt too.
            n_padding: How many tokens at the left of each row are padding. None: none.

        Returns:
            The tokens. What it picks for rows that are done is not used.
        """
        ...


def greedy(
    logits: Float[Tensor, "B V"],
    token_ids: Int[Tensor, "B T"],
    n_padding: Int[Tensor, " B"] | None = None,
) -> Int[Tensor, " B"]:
    """Pick the most probable token, of equals the first, whatever the text is."""
    return logits.argmax(dim=-1)


@dataclass(frozen=True)
class Prompts:
    """Texts of different lengths to go on from, as one batch, flush right.

    Attributes:
        token_ids: The tokens, behind the padding of their row.
        n_padding: How much padding each row has. None: no row has any.
    """

    token_ids: Int[Tensor, "B T"]
    n_padding: Int[Tensor, " B"] | None = None

    @classmethod
    def pad_left(
        cls,
        rows: Sequence[Sequence[int]],
        padding_token: int,
        device: torch.device | None = None,
    ) -> "Prompts":
        """Lay texts over each other so that all end in the same column.

        Args:
            rows: One text a row.
            padding_token: What fills the left; nobody looks at it.
            device: Where the tensors are made; None for torch's default.

        Returns:
            The batch.

        Raises:
            ValueError: There is no text, or one has no token to go on from.
        """
        if not rows or not all(rows):
            raise ValueError(f"each of at least one text needs a token, unlike {rows}")
        n_tokens = max(len(row) for row in rows)
        n_padding = [n_tokens - len(row) for row in rows]
        padded = [[padding_token] * n + list(row) for n, row in zip(n_padding, rows, strict=True)]
        token_ids = torch.tensor(padded, device=device)
        return cls(token_ids, torch.tensor(n_padding, device=device) if any(n_padding) else None)


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """When a row is done, and what is written behind its end.

    Attributes:
        max_new_tokens: How many tokens a row gets at most.
        end_token: The token that ends a row, and stays in it. None: no token does.
        stop_sequences: A row is done when its new tokens end in one of these, which is then cut
            off; of several the longest. No part of it lies in the prompt.
        padding_token: Stands behind the end of a row while others go on.
    """

    max_new_tokens: int
    end_token: int | None = None
    stop_sequences: tuple[tuple[int, ...], ...] = ()
    padding_token: int = 0

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise ValueError(f"at least one new token has to be made, not {self.max_new_tokens}")
        if not all(self.stop_sequences):
            raise ValueError(f"a stop sequence needs a token, unlike one of {self.stop_sequences}")


@dataclass(frozen=True)
class DecodingStep:
    """What one step did to each row.

    Attributes:
        token_ids: The tokens picked; padding in rows that were done before.
        released: The tokens that can be shown now. One that may turn out to belong to a stop
            sequence is held back until that is known.
        is_done: Whether the row gets no more tokens.
    """

    token_ids: tuple[int, ...]
    released: tuple[tuple[int, ...], ...]
    is_done: tuple[bool, ...]


@dataclass(frozen=True)
class Decoded:
    """The new tokens of a batch.

    Attributes:
        token_ids: The new tokens without the prompts; padding behind the end of a row.
        n_new: How many tokens of each row are not padding.
    """

    token_ids: Int[Tensor, "B N"]
    n_new: Int[Tensor, " B"]

    @property
    def rows(self) -> list[list[int]]:
        """The new tokens of each row without padding."""
        ends = self.n_new.tolist()
        return [row[:end] for row, end in zip(self.token_ids.tolist(), ends, strict=True)]


def decode(
    model: LanguageModel,
    prompts: Prompts,
    choose: ChooseToken,
    cfg: DecodingConfig,
    caches: tuple[LayerCache, ...] = (),
) -> Decoded:
    """Decode until every row is done; for arguments and errors see `stream`."""
    rows: list[list[int]] = [[] for _ in prompts.token_ids]
    for step in stream(model, prompts, choose, cfg, caches):
        for row, released in zip(rows, step.released, strict=True):
            row.extend(released)
    n_new = [len(row) for row in rows]
    padded = [row + [cfg.padding_token] * (max(n_new) - len(row)) for row in rows]
    like = prompts.token_ids
    return Decoded(like.new_tensor(padded).view(len(rows), -1), like.new_tensor(n_new))


def stream(
    model: LanguageModel,
    prompts: Prompts,
    choose: ChooseToken,
    cfg: DecodingConfig,
    caches: tuple[LayerCache, ...] = (),
) -> Iterator[DecodingStep]:
    """Decode step by step; whoever takes the steps may stop at any.

    Args:
        model: Scores the next token.
        prompts: What to go on from.
        choose: Picks the next token of each row.
        cfg: When a row is done.
        caches: The model's caches, one a layer, empty or with the beginning of the prompts in
            them. None at all: the model reads the whole text again at each step.

    Yields:
        What each step did. After the last one all rows are done.

    Raises:
        ValueError: The caches leave nothing of the prompts to be read.
    """
    n_prompt, n_padding = prompts.token_ids.shape[1], prompts.n_padding
    if caches and caches[0].n_seen >= n_prompt:
        raise ValueError(f"caches of {caches[0].n_seen} positions leave none of {n_prompt} to read")
    # Reserved at once, so that a step writes its own tokens and copies no others.
    text = F.pad(prompts.token_ids, (0, cfg.max_new_tokens), value=cfg.padding_token)  # B T+N
    rows = [_Row(cfg) for _ in text]
    for n_tokens in range(n_prompt, n_prompt + cfg.max_new_tokens):
        n_read = caches[0].n_seen if caches else 0
        with torch.no_grad():
            out = model(text[:, n_read:n_tokens], caches, n_padding, n_scored=1)
            picked = choose(out.logits[:, -1], text[:, :n_tokens], n_padding)  # B
        caches = out.caches
        token_ids = tuple(
            cfg.padding_token if row.is_done else token
            for row, token in zip(rows, picked.tolist(), strict=True)
        )
        text[:, n_tokens] = text.new_tensor(token_ids)
        released = tuple(row.add(token) for row, token in zip(rows, token_ids, strict=True))
        yield DecodingStep(token_ids, released, tuple(row.is_done for row in rows))
        if all(row.is_done for row in rows):
            return


class _Row:
    """Watches one row for its end, and holds back what may belong to a stop sequence."""

    def __init__(self, cfg: DecodingConfig) -> None:
        self.is_done = False
        self._cfg = cfg
        self._n_new = 0
        self._held: list[int] = []

    def add(self, token: int) -> tuple[int, ...]:
        """Take the next token, and return the tokens that can be shown now."""
        if self.is_done:
            return ()
        self._n_new += 1
        self._held.append(token)
        stops = self._cfg.stop_sequences
        n_cut = max((len(stop) for stop in stops if self._n_shared(stop) == len(stop)), default=0)
        if n_cut:
            self.is_done = True
            return tuple(self._held[:-n_cut])
        self.is_done = token == self._cfg.end_token or self._n_new == self._cfg.max_new_tokens
        n_open = 0 if self.is_done else max((self._n_shared(stop) for stop in stops), default=0)
        n_released = len(self._held) - n_open
        released, self._held = self._held[:n_released], self._held[n_released:]
        return tuple(released)

    def _n_shared(self, stop: tuple[int, ...]) -> int:
        """Return how many tokens at the end of those held are the beginning of a stop sequence."""
        held = tuple(self._held)
        lengths = range(min(len(stop), len(held)), 0, -1)
        return next((n for n in lengths if held[-n:] == stop[:n]), 0)
