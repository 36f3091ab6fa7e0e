"""One prompt and the scores of what may come next, checked and packed for the playground."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

# Strings and logits of this many tokens weigh about 60 KB in the page.
MAX_TOKENS = 4_096
# Scores so large leave no choice; infinite ones have no difference.
MAX_LOGIT = 1e6


@dataclass(frozen=True)
class NextTokens:
    """What a model says may come after one prompt.

    Attributes:
        prompt: The text so far, as the reader sees it.
        tokens: The tokens that can come, each once.
        logits: Their scores, one a token.
        seen: The tokens of the text so far, for the repetition penalty. Those that cannot come are
            passed over.
    """

    prompt: str
    tokens: Sequence[str]
    logits: Tensor | np.ndarray | Sequence[float]
    seen: Sequence[str] = ()


@dataclass(frozen=True)
class PackedPrompt:
    """A prompt's tokens by falling logit, of equals the one given first, as the page gets them.

    Attributes:
        tokens: The tokens.
        logits: Their logits as little-endian float64.
        seen: Indices of the tokens of the text so far.
    """

    tokens: list[str]
    logits: bytes
    seen: list[int]


def pack_prompt(given: NextTokens) -> PackedPrompt:
    """Check that tokens and logits fit, and sort them.

    Args:
        given: A prompt and what may come next.

    Returns:
        The same as the page gets it.

    Raises:
        ValueError: Tokens and logits do not fit, a token is there twice, or a logit is not finite.
    """
    tokens, logits = list(given.tokens), _as_row(given)
    if not 1 <= len(tokens) <= MAX_TOKENS:
        raise ValueError(
            f"the prompt “{given.prompt}” has {len(tokens)} next tokens: give 1 to {MAX_TOKENS}, "
            "the most probable ones"
        )
    if len(tokens) != len(logits):
        raise ValueError(
            f"the prompt “{given.prompt}” has {len(tokens)} tokens and {len(logits)} logits: "
            "give one logit a token"
        )
    if len(set(tokens)) < len(tokens) or not all(tokens):
        wrong = next(token for token in tokens if not token or tokens.count(token) > 1)
        raise ValueError(
            f"each token after “{given.prompt}” has to be there once and not be empty, "
            f"unlike “{wrong}”"
        )
    if not (fits := np.abs(logits) <= MAX_LOGIT).all():
        wrong = int(fits.argmin())
        raise ValueError(
            f"a logit lies between −{MAX_LOGIT:g} and {MAX_LOGIT:g}, unlike {logits[wrong]} of "
            f"“{tokens[wrong]}”; leave out a token that cannot come"
        )
    order = np.argsort(-logits, kind="stable")
    in_order = [tokens[i] for i in order]
    seen = set(given.seen)
    return PackedPrompt(
        in_order,
        logits[order].astype("<f8").tobytes(),
        [i for i, token in enumerate(in_order) if token in seen],
    )


def _as_row(given: NextTokens) -> np.ndarray:
    logits = given.logits
    if isinstance(logits, Tensor):
        logits = logits.detach().cpu().double().numpy()
    row = np.asarray(logits, dtype=np.float64)
    if row.ndim != 1:
        raise ValueError(
            f"the logits after “{given.prompt}” are a row, one a token; their shape is {row.shape}"
        )
    return row
