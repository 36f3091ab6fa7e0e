"""What a machine can reach on some work: its roofline, and how much each layer asks of it.

Work asks for operations and for bytes. Done side by side, the slower of the two sets the time: with
few operations a byte the machine waits for its memory, with many for its arithmetic.

Operations are additions and multiplications of numbers, two for each pair that a product of
matrices multiplies and adds; the softmax and the like are not counted. Bytes are those between the
memory and the processor, each input read once and each output written once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

# Long enough that a clock, and the start of the work on a GPU, do not count.
_LONG_ENOUGH_S = 0.02
# The best of a few timings is the one that other processes disturbed least.
_N_TIMINGS = 5
# More than caches hold.
_COPIED_BYTES = 128 * 2**20


@dataclass(frozen=True)
class Work:
    """What some computation asks for.

    Attributes:
        n_operations: Additions and multiplications.
        n_bytes: Bytes read from memory and written to it.
    """

    n_operations: int
    n_bytes: int

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.n_operations / self.n_bytes


@dataclass(frozen=True)
class Roofline:
    """What a machine can do at best. Williams et al. 2009 (doi:10.1145/1498765.1498785).

    Attributes:
        operations_per_s: Operations a second in a large product of matrices.
        bytes_per_s: Bytes a second read from memory and written to it, in a copy.
    """

    operations_per_s: float
    bytes_per_s: float

    @property
    def ridge(self) -> float:
        """Operations a byte from which on the arithmetic sets the time, no longer the memory."""
        return self.operations_per_s / self.bytes_per_s

    def attainable(self, intensity: float) -> float:
        """Return the operations a second that work of some operations a byte can reach."""
        return min(self.operations_per_s, self.bytes_per_s * intensity)

    def least_seconds(self, work: Work) -> float:
        """Return the time that some work takes at least."""
        return max(work.n_operations / self.operations_per_s, work.n_bytes / self.bytes_per_s)


def linear_work(*, n_rows: int, d_in: int, d_out: int, bytes_each: int) -> Work:
    """Count a product of rows with a matrix: X (n_rows, d_in) @ W (d_in, d_out)."""
    numbers = n_rows * d_in + d_in * d_out + n_rows * d_out
    return Work(n_operations=2 * n_rows * d_in * d_out, n_bytes=bytes_each * numbers)


@dataclass(frozen=True, kw_only=True)
class AttentionSizes:
    """Sizes of one attention, without the projections before and after it.

    Attributes:
        batch_size: Sequences (B).
        n_heads: Query heads (H).
        n_kv_heads: Key/value heads (Hkv).
        d_head: Width of one head (Dh).
        n_queries: Queries of a sequence (Tq): all its positions, or 1 while it is decoded.
        n_keys: Keys of a sequence (Tk).
        causal: Whether a query sees only its own position and those before it. The queries are
            the last positions.
        bytes_each: Bytes of one number.
    """

    batch_size: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    n_queries: int
    n_keys: int
    causal: bool
    bytes_each: int

    def __post_init__(self) -> None:
        sizes = (self.batch_size, self.n_heads, self.n_kv_heads, self.d_head, self.bytes_each)
        if min(*sizes, self.n_queries, self.n_keys) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.causal and self.n_queries > self.n_keys:
            raise ValueError(f"{self.n_queries=} cannot be the last of {self.n_keys=} positions")

    @property
    def n_seen(self) -> int:
        """Pairs of a query and a key that it sees, in one head of one sequence."""
        if not self.causal:
            return self.n_queries * self.n_keys
        n_before = self.n_keys - self.n_queries
        return self.n_queries * n_before + self.n_queries * (self.n_queries + 1) // 2


def tiled_attention_work(sizes: AttentionSizes) -> Work:
    """Count attention that keeps the scores to itself, as `flash_attention` does.

    Each query, key and value is read once: the least there can be. A kernel whose tiles do not all
    find the keys in a cache reads them again.
    """
    per_pair = 4 * sizes.d_head  # a product with the key and one with the value
    heads = sizes.batch_size * sizes.n_heads
    kv_heads = sizes.batch_size * sizes.n_kv_heads
    queries_and_values = 2 * heads * sizes.n_queries * sizes.d_head
    keys_and_values = 2 * kv_heads * sizes.n_keys * sizes.d_head
    return Work(
        n_operations=per_pair * heads * sizes.n_seen,
        n_bytes=sizes.bytes_each * (queries_and_values + keys_and_values),
    )


def direct_attention_work(sizes: AttentionSizes) -> Work:
    """Count attention that writes the table of scores to memory and reads it back.

    Dao et al. 2022 (arXiv:2205.14135), algorithm 0: the scores are written, read for the softmax,
    written as weights and read again. Nothing of the table is skipped, causal or not.
    """
    tiled = tiled_attention_work(sizes)
    heads = sizes.batch_size * sizes.n_heads
    table = heads * sizes.n_queries * sizes.n_keys
    return Work(
        n_operations=4 * sizes.d_head * table,
        n_bytes=tiled.n_bytes + 4 * sizes.bytes_each * table,
    )


def measure_roofline(device: torch.device, dtype: torch.dtype = torch.float32) -> Roofline:
    """Measure what a machine can do, in a second or so.

    Args:
        device: Where to measure.
        dtype: Of the matrices; the bandwidth does not depend on it.

    Returns:
        The best of a few timings. What else runs on the machine lowers both.
    """
    return Roofline(
        operations_per_s=_operations_per_s(device, dtype), bytes_per_s=_bytes_per_s(device)
    )


def _operations_per_s(device: torch.device, dtype: torch.dtype) -> float:
    """Multiply square matrices, each time twice as wide, until one product takes long enough."""
    width = 256
    while True:
        a = torch.ones(width, width, device=device, dtype=dtype)
        out = torch.empty_like(a)

        def multiply(a: torch.Tensor = a, out: torch.Tensor = out) -> None:
            torch.mm(a, a, out=out)

        multiply()  # the first time some things are set up
        if _seconds(multiply, device) >= _LONG_ENOUGH_S:
            break
        width *= 2
    work = linear_work(n_rows=width, d_in=width, d_out=width, bytes_each=dtype.itemsize)
    best = min(_seconds(multiply, device) for _ in range(_N_TIMINGS))
    return work.n_operations / best


def _bytes_per_s(device: torch.device) -> float:
    source = torch.ones(_COPIED_BYTES, device=device, dtype=torch.uint8)
    target = torch.zeros_like(source)
    best = min(_seconds(lambda: target.copy_(source), device) for _ in range(_N_TIMINGS))
    return (source.nbytes + target.nbytes) / best


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """Time some work, to its end: a GPU only notes down what it is to do."""
    _wait_for(device)
    start = time.perf_counter()
    work()
    _wait_for(device)
    return time.perf_counter() - start


def _wait_for(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
