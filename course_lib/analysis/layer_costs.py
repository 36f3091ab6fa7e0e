"""What a layer costs: how many operations, how many of them one after the other, how far a path."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerCosts:
    """The costs of one layer over a sequence, as Vaswani et al. 2017 compare them.

    The columns of table 1 in arXiv:1706.03762, with constants left out.

    Attributes:
        operations: Multiplications, up to a constant.
        sequential: Steps that have to wait for one another.
        path: Steps from the first position to the last, for a signal or a gradient.
    """

    operations: int
    sequential: int
    path: int
