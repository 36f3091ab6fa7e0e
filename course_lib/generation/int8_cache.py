"""Keys and values kept as bytes: a quarter of float32's memory, for a small and known error.

Axes: B batch, Hkv key/value heads, T new positions, Tk positions that can be looked at, Tr
positions that memory is reserved for, Dh width of a head.

Each head and position has a scale of its own, so one large vector does not blur the others:
absmax quantization, Dettmers et al. 2022 (arXiv:2208.07339), section 2.1. All are turned back into
numbers at each step, which costs time: a kernel that does it while it reads them would save both.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int, Int8
from torch import Tensor

from course_lib.generation.kv_cache import CacheShape

# Codes are symmetric, -127 to 127: -128 would have no counterpart.
_LARGEST_CODE = 127


@dataclass(frozen=True)
class Coded:
    """Vectors as whole numbers, each with the scale that turns them back.

    Attributes:
        codes: Whole numbers from -127 to 127.
        scales: What one step of the code is worth, for each vector.
    """

    codes: Int8[Tensor, "*batch Dh"]
    scales: Float[Tensor, "*batch 1"]

    def decode(self) -> Float[Tensor, "*batch Dh"]:
        """Return the vectors, each number within half a step of what it was."""
        return self.codes * self.scales


def encode(x: Float[Tensor, "*batch Dh"]) -> Coded:
    """Round vectors to whole multiples of a step, chosen so that the largest number just fits.

    Args:
        x: The vectors.

    Returns:
        Their codes; of a vector of zeros, zeros and a step of 1.
    """
    steps = x.abs().amax(dim=-1, keepdim=True) / _LARGEST_CODE  # *batch 1
    steps = torch.where(steps > 0, steps, 1)
    codes = (x / steps).round().clamp(-_LARGEST_CODE, _LARGEST_CODE)
    return Coded(codes.to(torch.int8), steps)


@dataclass(frozen=True)
class Int8Cache:
    """All positions seen, as codes, in memory for so many.

    Attributes:
        k: Codes and scales of the keys; the first `n_seen` positions are written.
        v: Codes and scales of the values.
        n_seen: How many positions were appended.
    """

    k: Coded
    v: Coded
    n_seen: int

    @classmethod
    def empty(cls, shape: CacheShape, max_seq_len: int) -> "Int8Cache":
        """Reserve memory for so many positions; `shape` tells what is appended and given back."""
        return cls(_reserve(shape, max_seq_len), _reserve(shape, max_seq_len), n_seen=0)

    def append(
        self, k: Float[Tensor, "B Hkv T Dh"], v: Float[Tensor, "B Hkv T Dh"]
    ) -> tuple["Int8Cache", Float[Tensor, "B Hkv Tk Dh"], Float[Tensor, "B Hkv Tk Dh"]]:
        """Write new positions behind the others; see `LayerCache`.

        Those just written come back rounded too: a position looks the same to itself as to later
        ones, and it does not matter how a text is cut into calls.

        Raises:
            ValueError: There is no room for them.
        """
        end, max_seq_len = self.n_seen + k.shape[2], self.k.codes.shape[2]
        if end > max_seq_len:
            raise ValueError(f"no room for {end} positions in a cache of {max_seq_len}")
        for memory, new in ((self.k, encode(k)), (self.v, encode(v))):
            memory.codes[:, :, self.n_seen : end] = new.codes
            memory.scales[:, :, self.n_seen : end] = new.scales
        following = replace(self, n_seen=end)
        return following, _first(self.k, end).decode(), _first(self.v, end).decode()

    def truncated(self, n_seen: int) -> "Int8Cache":
        """Forget what comes behind the first positions; see `cache_editing`."""
        return replace(self, n_seen=min(n_seen, self.n_seen))

    def selected(self, rows: Int[Tensor, " R"]) -> "Int8Cache":
        """Go on with the sequences at these rows; see `cache_editing`."""
        k = Coded(self.k.codes[rows], self.k.scales[rows])
        v = Coded(self.v.codes[rows], self.v.scales[rows])
        return Int8Cache(k, v, self.n_seen)


def _reserve(shape: CacheShape, max_seq_len: int) -> Coded:
    size = (shape.batch_size, shape.n_kv_heads, max_seq_len, shape.d_head)
    codes = torch.empty(size, dtype=torch.int8, device=shape.device)
    return Coded(codes, replace(shape, d_head=1).reserve(max_seq_len))


def _first(memory: Coded, n_positions: int) -> Coded:
    return Coded(memory.codes[:, :, :n_positions], memory.scales[:, :, :n_positions])
