"""Keys and values of the positions seen: all of them, or those of a sliding window.

Memory is reserved once and written in place, so that a step copies its own keys and values and no
others. A cache is a value (see `LayerCache`): the one before an `append` is not used again. Keeping
keys and values from step to step is the incremental attention of Shazeer 2019 (arXiv:1911.02150),
section 2.4.

Axes: B batch, Hkv key/value heads, T new positions, Tk positions that can be looked at, Tr
positions that memory is reserved for, Dh width of a head.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.attention_layer import AttentionLayerConfig

# More than are worth drafting for one call of the target, and few beside a real window.
N_SPARE = 16


@dataclass(frozen=True, kw_only=True)
class CacheShape:
    """What the caches of all layers have in common.

    Attributes:
        batch_size: How many sequences (B).
        n_kv_heads: Number of key/value heads (Hkv).
        d_head: Width of one head (Dh).
        dtype: Of the keys and values.
        device: Where they are kept.
    """

    batch_size: int
    n_kv_heads: int
    d_head: int
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, attention: AttentionLayerConfig, batch_size: int, like: Tensor) -> "CacheShape":
        """Say what the layers of a model need whose numbers are of the type and place of `like`."""
        return cls(
            batch_size=batch_size,
            n_kv_heads=attention.n_kv_heads,
            d_head=attention.d_head,
            dtype=like.dtype,
            device=like.device,
        )

    def reserve(self, n_positions: int) -> Float[Tensor, "B Hkv {n_positions} Dh"]:
        """Make memory for the keys or the values of some positions."""
        return torch.empty(
            (self.batch_size, self.n_kv_heads, n_positions, self.d_head),
            dtype=self.dtype,
            device=self.device,
        )


@dataclass(frozen=True)
class PlainCache:
    """All positions seen, in memory for so many.

    Attributes:
        k_memory: Reserved for keys; the first `n_seen` positions are written.
        v_memory: Reserved for values.
        n_seen: How many positions were appended.
    """

    k_memory: Float[Tensor, "B Hkv Tr Dh"]
    v_memory: Float[Tensor, "B Hkv Tr Dh"]
    n_seen: int

    @classmethod
    def empty(cls, shape: CacheShape, max_seq_len: int) -> "PlainCache":
        """Reserve memory for so many positions."""
        return cls(shape.reserve(max_seq_len), shape.reserve(max_seq_len), n_seen=0)

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["PlainCache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Write new positions behind the others; see `LayerCache`.

        Raises:
            ValueError: There is no room for them.
        """
        end, max_seq_len = self.n_seen + k.shape[2], self.k_memory.shape[2]
        if end > max_seq_len:
            raise ValueError(f"no room for {end} positions in a cache of {max_seq_len}")
        self.k_memory[:, :, self.n_seen : end] = k
        self.v_memory[:, :, self.n_seen : end] = v
        return replace(self, n_seen=end), self.k_memory[:, :, :end], self.v_memory[:, :, :end]

    def truncated(self, n_seen: int) -> "PlainCache":
        """Forget what comes behind the first positions; see `cache_editing`."""
        return replace(self, n_seen=min(n_seen, self.n_seen))

    def selected(self, rows: Int[Tensor, " R"]) -> "PlainCache":
        """Go on with the sequences at these rows; see `cache_editing`."""
        return replace(self, k_memory=self.k_memory[rows], v_memory=self.v_memory[rows])


@dataclass(frozen=True)
class SlidingCache:
    """The last positions seen: those that a query in a sliding window may look at, and some spare.

    There is memory for two windows and their spare positions. Only when it is full is what is kept
    moved to its front, so that a step copies two positions on average and the keys stay in order.

    Attributes:
        k_memory: Reserved for keys; the first `end` places hold the last positions seen.
        v_memory: Reserved for values.
        window: How many positions a query sees, its own among them.
        n_spare: How many of the positions seen can be taken back, at the least.
        n_seen: How many positions were appended.
        end: Where in memory the last position ends.
    """

    k_memory: Float[Tensor, "B Hkv Tr Dh"]
    v_memory: Float[Tensor, "B Hkv Tr Dh"]
    window: int
    n_spare: int
    n_seen: int
    end: int

    @classmethod
    def empty(cls, shape: CacheShape, window: int, n_spare: int = N_SPARE) -> "SlidingCache":
        """Reserve memory for two windows and their spare positions.

        Raises:
            ValueError: The window holds no position, or fewer than none are spare.
        """
        if window < 1 or n_spare < 0:
            raise ValueError(
                f"a window must hold at least one position and spare no fewer than none, got "
                f"{window=} and {n_spare=}"
            )
        n_positions = 2 * (window + n_spare)
        memory = shape.reserve(n_positions), shape.reserve(n_positions)
        return cls(*memory, window=window, n_spare=n_spare, n_seen=0, end=0)

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["SlidingCache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Write new positions behind those kept; see `LayerCache`. There is always room."""
        n_new, max_end = k.shape[2], self.k_memory.shape[2]
        cache = self if self.end + n_new <= max_end else self._moved_to_front()
        start, end = cache.end - self._n_needed(self.n_seen), cache.end + n_new
        if end > max_end:
            k = torch.cat([self.k_memory[:, :, start : cache.end], k], dim=2)  # B Hkv Tk Dh
            v = torch.cat([self.v_memory[:, :, start : cache.end], v], dim=2)
            end = self._max_kept
            self.k_memory[:, :, :end] = k[:, :, -end:]
            self.v_memory[:, :, :end] = v[:, :, -end:]
        else:
            self.k_memory[:, :, cache.end : end] = k
            self.v_memory[:, :, cache.end : end] = v
            k, v = self.k_memory[:, :, start:end], self.v_memory[:, :, start:end]
        return replace(self, n_seen=self.n_seen + n_new, end=end), k, v

    def truncated(self, n_seen: int) -> "SlidingCache":
        """Forget what comes behind the first positions; see `cache_editing`.

        Raises:
            ValueError: What the next query would look at is no longer kept.
        """
        n_taken_back = max(0, self.n_seen - n_seen)
        end = self.end - n_taken_back
        if end < self._n_needed(n_seen):
            raise ValueError(
                f"a window of {self.window} positions that has moved on, with {self.n_spare} to "
                f"spare, cannot go back from {self.n_seen} to {n_seen}"
            )
        return replace(self, n_seen=self.n_seen - n_taken_back, end=end)

    def selected(self, rows: Int[Tensor, " R"]) -> "SlidingCache":
        """Go on with the sequences at these rows; see `cache_editing`."""
        return replace(self, k_memory=self.k_memory[rows], v_memory=self.v_memory[rows])

    @property
    def _max_kept(self) -> int:
        """How many positions outlast a move: half of those that there is memory for."""
        return self.window + self.n_spare

    def _n_needed(self, n_seen: int) -> int:
        """How many of the positions seen a query looks at that comes behind so many."""
        return min(n_seen, self.window - 1)

    def _moved_to_front(self) -> "SlidingCache":
        """Make room behind the positions that are kept."""
        n_kept = min(self.end, self._max_kept)
        for memory in (self.k_memory, self.v_memory):
            # Through a copy: where they come from and where they go may overlap.
            memory[:, :, :n_kept] = memory[:, :, self.end - n_kept : self.end].clone()
        return replace(self, end=n_kept)
