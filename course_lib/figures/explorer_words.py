"""The attention explorer's sentence: where a token looks, in words."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.figures.explorer_numbers import ExplorerNumbers
from course_lib.figures.formats import fixed

# Weights closer than this are written alike, or nearly.
ALIKE = 0.005
# More tokens than this with one weight are counted, not named.
MOST_NAMED = 3


def in_words(
    tokens: Sequence[str],
    query: int,
    numbers: ExplorerNumbers,
    allowed: Bool[Tensor, " T"] | None = None,
) -> str:
    """Say where one token looks.

    Args:
        tokens: The sentence.
        query: Index of the token that looks.
        numbers: What its head computes.
        allowed: True where it may look. None: everywhere.

    Returns:
        One or two sentences, as the figure writes them in the page.
    """
    weights, looks = numbers.weights[query], f"“{tokens[query]}”"
    seen = weights if allowed is None else weights[allowed]
    if not len(seen):
        return f"{looks} may look at nothing: its output is zero."
    if len(seen) > 1 and (seen.max() - seen.min()).item() < ALIKE:
        return f"{looks} looks at all {len(seen)} tokens alike ({fixed(seen.max().item())} each)."
    written = sorted({fixed(w) for w in seen.tolist() if w >= ALIKE}, reverse=True)
    most, *others = [_named(tokens, weights, each) for each in written[:2]]
    then = f", then at {others[0]}" if others else ""
    spread = fixed(numbers.spread[query].item(), 1)
    return (
        f"{looks} looks most at {most}{then}. "
        f"Spread: as if even over {spread} of {len(tokens)} tokens."
    )


def _named(tokens: Sequence[str], weights: Float[Tensor, " T"], written: str) -> str:
    """Name the tokens whose weight is written so, or count them where they are many."""
    names = [
        f"“{token}”"
        for token, weight in zip(tokens, weights.tolist(), strict=True)
        if fixed(weight) == written
    ]
    each = f"{written} each" if len(names) > 1 else written
    if len(names) > MOST_NAMED:
        return f"{len(names)} tokens ({each})"
    return f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} ({each})"
