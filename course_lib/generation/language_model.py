"""What generation asks of a model, and what a model may keep between two calls.

Axes: B batch, T new positions, N of them that are scored, Tk positions that can be looked at, Hkv
key/value heads, Dh width of a head, D width of the residual stream, V vocabulary.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor


@runtime_checkable
class LayerCache(Protocol):
    """Keys and values of one layer for the positions seen so far.

    A cache is a value: `append` returns the next one and the one before is not used again. Where
    memory is reserved ahead, both share it.
    """

    @property
    def n_seen(self) -> int:
        """How many positions were appended so far, which is the position of the next one."""
        ...

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["LayerCache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Add new positions behind the others.

        Args:
            k: Keys of the new positions, turned by their positions where the model does that.
            v: Values of the new positions.

        Returns:
            The next cache, and all keys and values that the new positions may need: those of the
            last Tk positions in their order, the new ones at the end.

        Raises:
            ValueError: There is no room for them.
        """
        ...


@dataclass(frozen=True)
class LanguageModelOutput:
    """What a language model says of some positions.

    Attributes:
        logits: One score per position that was to be scored and token of the vocabulary, for the
            token that comes next.
        caches: The caches with these positions in them, first layer first; empty if none were
            given.
    """

    logits: Float[Tensor, "B N V"]
    caches: tuple[LayerCache, ...]


@runtime_checkable
class LanguageModel(Protocol):
    """A model that scores the next token at each position, or at the last ones."""

    def __call__(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones.

        Args:
            token_ids: The tokens of the new positions, which follow those in the caches.
            caches: What earlier calls kept, one a layer. Empty: these are all positions, and
                nothing is kept.
            n_padding: How many positions at the left of each sequence, counted from the very
                first one, are padding that nobody looks at. The first token after them is at
                position 0. None: no sequence is padded.
            n_scored: How many of the new positions are scored, the last ones: behind a prompt one
                is enough, and a large vocabulary takes its time. None: all of them.

        Returns:
            The scores and the caches for the next call.

        Raises:
            ValueError: There are fewer positions, or none is to be scored.
        """
        ...


def last_positions(x: Float[Tensor, "B T D"], n_scored: int | None) -> Float[Tensor, "B N D"]:
    """Cut the residual stream to the positions that are scored; see `LanguageModel`."""
    if n_scored is None:
        return x
    if not 1 <= n_scored <= x.shape[1]:
        raise ValueError(f"the last {n_scored} of {x.shape[1]} positions cannot be scored")
    return x[:, -n_scored:]
