"""Multiple choice by likelihood: which of some given answers a language model finds most probable.

The model writes nothing. Each option is put behind the question, and what counts is how probable
its tokens are there. Options differ in length, and a longer text is less probable, so there is more
than one way to compare them.

Axes: B options, T tokens, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

WAYS = ("sum", "token", "byte", "gain")
"""The log-probability itself, for each token, for each byte, or what the question adds to it."""


@dataclass(frozen=True)
class Options:
    """The options of one question, and how probable they are.

    Attributes:
        given: Log-probability of each behind the question.
        alone: Log-probability of each behind words that ask nothing.
        n_tokens: How many tokens each has.
        n_bytes: How many bytes the text of each has.
    """

    given: Float[Tensor, " B"]
    alone: Float[Tensor, " B"]
    n_tokens: Float[Tensor, " B"]
    n_bytes: Float[Tensor, " B"]

    def scores(self, way: str) -> Float[Tensor, " B"]:
        """Make the options comparable, in one of `WAYS`.

        Dividing by bytes, other than by tokens, gives models with different tokenizers the same
        task. The gain divides by the probability of the option behind neutral words (Brown et al.
        2020, arXiv:2005.14165, section 2.4), so that what is always probable wins nothing by it.

        Raises:
            ValueError: There is no such way.
        """
        if way not in WAYS:
            raise ValueError(f"there is no way {way!r}; there are {', '.join(WAYS)}")
        if way == "gain":
            return self.given - self.alone
        return self.given / {"sum": 1.0, "token": self.n_tokens, "byte": self.n_bytes}[way]


def continuation_log_probs(
    model: nn.Module, context: Sequence[int], options: Sequence[Sequence[int]]
) -> Float[Tensor, " B"]:
    """Return how probable a model finds each option as what comes next, all its tokens together.

    Args:
        model: Its output for token ids has `logits` (B, T, V), none of which knows a later token.
        context: What stands before.
        options: The tokens of each.

    Returns:
        Natural logarithms.

    Raises:
        ValueError: The context, the list or an option is empty.
    """
    if not context or not options or not all(options):
        raise ValueError("a question needs a context and options, none of them empty")
    # What fills up a short row stands behind its option, where nothing that counts can see it.
    longest = max(map(len, options))
    rows = [[*context, *option, *[context[0]] * (longest - len(option))] for option in options]
    token_ids = torch.tensor(rows)
    with torch.no_grad():
        logits = model(token_ids).logits[:, len(context) - 1 : -1]  # B T V
        log_probs = logits.log_softmax(dim=-1)
    targets = token_ids[:, len(context) :]
    by_token = log_probs.gather(2, targets[..., None])[..., 0]  # B T
    lengths = torch.tensor([len(option) for option in options])
    is_option = torch.arange(longest) < lengths[:, None]
    return by_token.where(is_option, 0.0).sum(dim=1)
