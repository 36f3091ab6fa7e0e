"""Judge how often something happened among many independent draws.

The number of times follows a binomial distribution. Chernoff's bound says how improbable a share is
that lies away from the probability: it is passed with at most 2 exp(−n D), where D is the relative
entropy of the share to the probability (Chernoff 1952). The bound holds for every n and p, so that
one limit serves every count, also one among a number that was itself drawn.
"""

import math

from autograder.exercises.expect import CheckError

# A right answer passes it with at most 2 exp(−26) = 1.03e-11: an item may hold ninety such counts.
LIMIT = 26.0


def surprise(count: int, total: int, probability: float) -> float:
    """Give n D: how far a share lies from the probability, in nats, all draws together.

    Args:
        count: How often it happened.
        total: Out of how many.
        probability: Of each, above 0 and below 1.
    """
    parts = ((count, total * probability), (total - count, total * (1 - probability)))
    return sum(seen * math.log(seen / expected) for seen, expected in parts if seen)


def expect_share(count: int, total: int, probability: float, what: str) -> None:
    """Judge that something happened as often as its probability says.

    Args:
        count: How often it happened.
        total: Out of how many independent draws.
        probability: Of each, above 0 and below 1.
        what: What happened, to follow "12 of 80 ".

    Raises:
        CheckError: It happened too often or too seldom.
    """
    if surprise(count, total, probability) > LIMIT:
        raise CheckError(f"{count} of {total} {what}, expected about {round(total * probability)}")
