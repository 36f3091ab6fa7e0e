"""Keys and values of the positions seen: all of them, or those of a sliding window.

Memory is reserved once and written in place, so that a step copies its own keys and values and no
others. A cache is a value (see `LayerCache`): the one before an `append` is not used again.

Axes: B batch, Hkv key/value heads, T new positions, Tk positions that can be looked at, Tr
positions that memory is reserved for, Dh width of a head.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor


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
    """The last positions seen, as many as a query in a sliding window may look at.

    There is memory for two windows. Only when it is full are the positions that are still needed
    moved to its front, so that a step copies two positions on average and the keys stay in order.

    Attributes:
        k_memory: Reserved for keys; the `n_kept` positions before `end` are those kept.
        v_memory: Reserved for values.
        window: How many positions a query sees, its own among them.
        n_seen: How many positions were appended.
        end: Where in memory the last position ends.
    """

    k_memory: Float[Tensor, "B Hkv Tr Dh"]
    v_memory: Float[Tensor, "B Hkv Tr Dh"]
    window: int
    n_seen: int
    end: int

    @classmethod
    def empty(cls, shape: CacheShape, window: int) -> "SlidingCache":
        """Reserve memory for two windows.

        Raises:
            ValueError: The window holds no position.
        """
        if window < 1:
            raise ValueError(f"a window must hold at least one position, got {window}")
        memory = shape.reserve(2 * window), shape.reserve(2 * window)
        return cls(*memory, window=window, n_seen=0, end=0)

    @property
    def n_kept(self) -> int:
        """How many positions the next query may look at besides its own."""
        return min(self.n_seen, self.window - 1)

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["SlidingCache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Write new positions behind those kept; see `LayerCache`. There is always room."""
        n_new, start = k.shape[2], self.end - self.n_kept
        k_memory, v_memory = self.k_memory, self.v_memory
        n_looked_at = self.n_kept + n_new
        if n_looked_at > k_memory.shape[2]:
            k = torch.cat([k_memory[:, :, start : self.end], k], dim=2)  # B Hkv Tk Dh
            v = torch.cat([v_memory[:, :, start : self.end], v], dim=2)
            k_memory[:, :, : self.window] = k[:, :, -self.window :]
            v_memory[:, :, : self.window] = v[:, :, -self.window :]
            return replace(self, n_seen=self.n_seen + n_new, end=self.window), k, v
        if self.end + n_new > k_memory.shape[2]:
            # Through a copy: where they come from and where they go may overlap.
            k_memory[:, :, : self.n_kept] = k_memory[:, :, start : self.end].clone()
            v_memory[:, :, : self.n_kept] = v_memory[:, :, start : self.end].clone()
            start = 0
        end = start + n_looked_at
        k_memory[:, :, end - n_new : end] = k
        v_memory[:, :, end - n_new : end] = v
        following = replace(self, n_seen=self.n_seen + n_new, end=end)
        return following, k_memory[:, :, start:end], v_memory[:, :, start:end]
