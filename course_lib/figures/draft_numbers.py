"""What the figure of speculative decoding computes: what stands, what replaces it, how often.

Axes: V vocabulary.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from course_lib.figures.seeded_draws import random_share

DRAWS_EACH = 3  # random numbers of a draw: the draft's word, whether it stands, the replacement
RULES = ("the residual", "the target itself")
"""From what a word that has fallen is replaced: rightly, and by a mistake."""


@dataclass(frozen=True)
class DraftNumbers:
    """One draft and one target at one place of a text.

    Attributes:
        target: The target's probabilities (V).
        draft: The draft's (V).
        rule: Index of the rule in `RULES`.
    """

    target: Sequence[float]
    draft: Sequence[float]
    rule: int

    @cached_property
    def stands(self) -> list[float]:
        """How often each word is drafted and stands."""
        return [min(p, q) for p, q in zip(self.target, self.draft, strict=True)]

    @property
    def acceptance(self) -> float:
        """How often the drafted word stands, whichever it is."""
        return math.fsum(self.stands)

    @cached_property
    def replacement(self) -> list[float]:
        """From what a word that has fallen is replaced."""
        if self.rule:
            return list(self.target)
        beyond = [max(0.0, p - q) for p, q in zip(self.target, self.draft, strict=True)]
        total = math.fsum(beyond)
        return [each / total for each in beyond] if total > 0 else list(self.target)

    @property
    def emitted(self) -> list[float]:
        """How often each word comes out in the long run."""
        fallen = 1 - self.acceptance
        pairs = zip(self.stands, self.replacement, strict=True)
        return [stood + fallen * replaced for stood, replaced in pairs]

    @property
    def apart(self) -> float:
        """Largest distance of what comes out from what the target wants."""
        pairs = zip(self.emitted, self.target, strict=True)
        return max(abs(came - wanted) for came, wanted in pairs)

    def draw(self, seed: int, index: int) -> "Draw":
        """Draft a word, judge it, and replace it if it falls.

        Args:
            seed: Chooses the row of random numbers.
            index: Which draw of the row.
        """
        shares = [random_share(seed, DRAWS_EACH * index + place) for place in range(DRAWS_EACH)]
        drafted = pointed_at(self.draft, shares[0])
        chance = min(1.0, self.target[drafted] / self.draft[drafted])
        stands = shares[1] < chance
        word = drafted if stands else pointed_at(self.replacement, shares[2])
        return Draw(drafted, chance, shares[1], stands, word)

    def counts(self, seed: int, n_draws: int) -> list[int]:
        """Count the words that come out of so many draws."""
        counted = [0] * len(self.target)
        for index in range(n_draws):
            counted[self.draw(seed, index).word] += 1
        return counted


@dataclass(frozen=True)
class Draw:
    """One drafted word and what became of it.

    Attributes:
        drafted: The word that was drafted.
        chance: With which probability it stands.
        share: The random number that decides, in [0, 1).
        stands: Whether it does.
        word: The word that comes out.
    """

    drafted: int
    chance: float
    share: float
    stands: bool
    word: int


def blended(target: Sequence[float], draft: Sequence[float], quality: float) -> list[float]:
    """Return a draft between the one given, at 0, and the target itself, at 1."""
    pairs = zip(target, draft, strict=True)
    return [quality * p + (1 - quality) * q for p, q in pairs]


def tokens_a_call(acceptance: float, n_drafted: int) -> float:
    """Return the tokens that a call of the target yields, were every place like this one.

    Leviathan et al. 2023 (arXiv:2211.17192), equation 1.
    """
    return math.fsum(acceptance**power for power in range(n_drafted + 1))


def pointed_at(probs: Sequence[float], share: float) -> int:
    """Return the word at a place between 0 and 1, words side by side in their order."""
    total = 0.0
    for index, prob in enumerate(probs):
        total += prob
        if share < total:
            return index
    # Rounding may leave the sum below the number: the last word with a probability is meant.
    return max(index for index, prob in enumerate(probs) if prob > 0)
