"""Answers to the exercise about drawing a token: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.sample_token_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You multiply by the temperature. It divides: a high temperature makes the scores smaller, so "
    "that they differ less."
)
def multiplies(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Turn the dial the wrong way."""
    if temperature == 0:
        return int(logits.argmax())
    p = ((logits - logits.max()) * temperature).softmax(0)
    return int(torch.multinomial(p, 1, generator=generator))


@exercise.misconception(
    "At temperature 0 you divide by 0. There is nothing to draw: give the largest logit's index "
    "before you divide."
)
def divides_by_zero(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Forget the special case."""
    p = ((logits - logits.max()) / temperature).softmax(0)
    return int(torch.multinomial(p, 1, generator=generator))


@exercise.misconception(
    "The generator is not used: the token comes from torch's global one, and a text cannot be "
    "repeated. Hand it on: `torch.multinomial(…, generator=generator)`."
)
def generator_ignored(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Draw from the global generator."""
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(((logits - logits.max()) / temperature).softmax(0), 1))


@exercise.misconception(
    "You divide probabilities by the temperature, after the softmax. Their ratios stay what they "
    "were, so nothing changes: divide the logits."
)
def probabilities_divided(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Divide too late."""
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(logits.softmax(0) / temperature, 1, generator=generator))


@exercise.misconception(
    "The largest is taken at every temperature. Only at 0: else each token has its probability, "
    "and is drawn."
)
def always_the_largest(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Forget to draw."""
    return int(logits.argmax())


@exercise.misconception(
    "A small temperature makes ∞ of a large score, and ∞ − ∞ is not a number. Subtract the largest "
    "logit before you divide."
)
def overflows(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Divide the scores as they are."""
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(0), 1, generator=generator))


@exercise.misconception(
    "You draw with the scores themselves for weights. They may be negative, and equal steps are "
    "equal ratios only after `exp`: take the softmax."
)
def no_softmax(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Take scores for probabilities."""
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(logits / temperature, 1, generator=generator))


@exercise.alternative
def by_running_sum(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """See where the running sum of the probabilities passes a number between 0 and 1."""
    if not temperature:
        return int(logits.argmax().item())
    shares = torch.exp((logits - logits.amax()) / temperature).double()
    running = torch.cumsum(shares, dim=0)
    drawn = torch.rand(1, generator=generator).double() * running[-1]
    return int(torch.searchsorted(running, drawn, right=True).item())


@exercise.alternative
def with_gumbel_noise(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Add noise whose largest sum is drawn with the right probability."""
    if temperature == 0:
        return int(torch.argmax(logits))
    waits = torch.empty_like(logits).exponential_(generator=generator)
    return int(torch.argmax((logits - logits.max()) / temperature - waits.log()))


@exercise.alternative
def token_by_token(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Let Python add up."""
    scores = logits.tolist()
    largest = max(scores)
    if temperature == 0:
        return scores.index(largest)
    powers = [2.718281828459045 ** ((one - largest) / temperature) for one in scores]
    rest = float(torch.rand((), generator=generator)) * sum(powers)
    for token, power in enumerate(powers):
        rest -= power
        if rest < 0:
            return token
    return scores.index(largest)


@exercise.alternative
def with_logsumexp(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Take a single entry out of the draw."""
    best = int(logits.argmax())
    if temperature <= 0:
        return best
    scaled = (logits.double() - logits[best]) / temperature
    p = (scaled - scaled.logsumexp(dim=-1)).exp()
    return p.multinomial(num_samples=1, generator=generator).tolist()[0]
