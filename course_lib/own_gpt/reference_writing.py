"""Writing with a cache, as the library would: what a learner's own is raced against.

Axes: T tokens.
"""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from course_lib.own_gpt.parameters import Params, nothing_yet
from course_lib.own_gpt.reference_model import reference_gpt


@torch.no_grad()
def reference_write(
    prompt: Int[Tensor, "1 T"],
    n_new: int,
    params: Params,
    n_heads: int,
    sample: Callable[[Tensor], int],
    end: int | None = None,
) -> Int[Tensor, "1 T_all"]:
    """Continue a text; every token is read once.

    Args:
        prompt: The text so far.
        n_new: How many tokens are added at most.
        params: Of the model.
        n_heads: Number of heads.
        sample: Chooses a token from the scores of one position.
        end: The token that ends a text, and stays in it. None: no token does.

    Returns:
        The prompt and the new tokens.
    """
    written: list[int] = []
    kept = nothing_yet(params, 1, n_heads)
    reading = prompt
    while len(written) < n_new and (not written or written[-1] != end):
        scores, kept = reference_gpt(reading, params, kept, n_heads)
        written.append(sample(scores[0, -1]))
        reading = prompt.new_tensor([written[-1:]])
    return torch.cat([prompt, prompt.new_tensor([written])], dim=1)
