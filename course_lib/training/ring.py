"""Adding up what several processes hold, with nobody in the middle: all-reduce around a ring.

Everything happens in this process, step by step and exactly, so that it can be looked at; no data
travels. What a real one sends is counted.

Axes: N processes, M numbers in each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class RingResult:
    """What came of going round.

    Attributes:
        totals: The sum, as each process has it in the end.
        n_sent: How many numbers each process sent to its neighbour.
        n_steps: How many times all of them sent at once.
    """

    totals: tuple[Float[Tensor, " M"], ...]
    n_sent: tuple[int, ...]
    n_steps: int


def ring_all_reduce(held: Sequence[Float[Tensor, " M"]]) -> RingResult:
    """Give every process the sum of what all hold; each talks to its right neighbour alone.

    Each vector is cut into N pieces. On the first way round every piece collects what each process
    has of it; on the second the finished pieces are handed on. Nobody sends more than 2(N-1)/N
    times its own numbers, give or take an uneven cut, however many processes there are (Patarasuk
    and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations").

    Args:
        held: What each process holds; it stays as it is.

    Returns:
        Sums, in the dtype of what was held.

    Raises:
        ValueError: There is no process.
    """
    n = len(held)
    if not n:
        raise ValueError("nobody holds anything that could be added up")
    pieces = [[piece.clone() for piece in vector.tensor_split(n)] for vector in held]
    n_sent = [0] * n
    for step in range(n - 1):
        for rank, number, piece in _sent(pieces, step):
            pieces[(rank + 1) % n][number] += piece
            n_sent[rank] += len(piece)
    for step in range(n - 1):
        for rank, number, piece in _sent(pieces, step - 1):
            pieces[(rank + 1) % n][number] = piece
            n_sent[rank] += len(piece)
    totals = tuple(torch.cat(own) for own in pieces)
    return RingResult(totals, tuple(n_sent), 2 * (n - 1))


def _sent(pieces: list[list[Tensor]], step: int) -> list[tuple[int, int, Tensor]]:
    """Say who sends which piece in a step; nobody receives a piece in the step that sends it on."""
    n = len(pieces)
    numbers = [(rank - step) % n for rank in range(n)]
    return [(rank, number, pieces[rank][number]) for rank, number in enumerate(numbers)]
