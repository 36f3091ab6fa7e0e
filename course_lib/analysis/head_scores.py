"""How strongly each head plays a simple part: previous token, first token, induction.

What an induction head looks at is said in Olsson et al. 2022 (arXiv:2209.11895).
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class HeadScores:
    """The mean weight that each head of a layer puts where a simple part would have it look.

    Attributes:
        previous: On the token before.
        first: On the first token.
        induction: On the token after the last occurrence of this one, in a sequence that repeats.
    """

    previous: Float[Tensor, " H"]
    first: Float[Tensor, " H"]
    induction: Float[Tensor, " H"]
