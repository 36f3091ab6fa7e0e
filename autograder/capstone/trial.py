"""Try a function in the place of a part: does it give what the library's gives, on a small example?

A trial keeps a GPT from being built on a function that is not finished; it is no mark. The
exercise's own checks say more.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from course_lib.own_gpt.parameters import new_state, nothing_yet, params_from_seed, params_of_block
from course_lib.own_gpt.parts import Parts
from course_lib.own_gpt.stand_ins import reference_parts

RTOL, ATOL = 1e-3, 1e-5  # of numbers in single precision, added up in another order


def fault_of(name: str, function: Callable[..., Any]) -> str:
    """Say in one clause why a function cannot take the place of a part; "" when it can.

    Args:
        name: The part.
        function: What is to take its place.

    Raises:
        ValueError: There is no such part.
    """
    if name not in _examples():
        raise ValueError(f"there is no part {name!r}; there are {', '.join(_examples())}")
    given = _examples()[name]
    want = getattr(reference_parts(), name)(*given())
    try:
        got = function(*given())
    except NotImplementedError:
        return "is not written yet"
    except Exception as error:  # the learner's own code, which can fail in any way
        return f"stops with {type(error).__name__}: {error}"
    try:
        torch.testing.assert_close(got, want, rtol=RTOL, atol=ATOL)
    except (AssertionError, TypeError, ValueError):
        return "gives another result than it should, on a small example"
    return ""


@cache
def _examples() -> dict[str, Callable[[], tuple[Any, ...]]]:
    """Give for each part what makes the arguments of its trial, anew each time."""

    def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
        return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))

    def wholes(most: int, *shape: int) -> torch.Tensor:
        return torch.randint(1, most, shape, generator=torch.Generator().manual_seed(1))

    def state() -> tuple[torch.Tensor, torch.Tensor, int]:
        return numbers(2, 3, seed=2), numbers(2, 3, seed=3).square(), 4

    small = {
        "embed": lambda: (wholes(5, 2, 3), numbers(5, 4)),
        "stable_softmax": lambda: (numbers(2, 3, 4) * 100, -1),
        "split_heads": lambda: (numbers(2, 3, 8), 4),
        "merge_heads": lambda: (numbers(2, 4, 3, 2),),
        "apply_rope": lambda: (numbers(2, 3, 5, 4), torch.arange(2, 7)),
        "causal_mask": lambda: (2, 5),
        "next_token_loss": lambda: (
            numbers(2, 4, 5),
            torch.tensor([[1, 2, 3, 4], [2, 1, 0, 0]]),
            0,
        ),
        "sample_token": lambda: (numbers(7), 0.0, torch.Generator().manual_seed(0)),
        "top_p_filter": lambda: (numbers(2, 6), 0.7),
        "rms_norm": lambda: (numbers(2, 3, 4), numbers(4, seed=1), 0.1),
        "swiglu": lambda: (numbers(2, 3), *(numbers(3, 5, seed=n) for n in (1, 2)), numbers(5, 3)),
        "adamw_step": lambda: (
            numbers(2, 3),
            numbers(2, 3, seed=1),
            state(),
            (0.1, 0.9, 0.98, 1e-8, 0.1),
        ),
        "lr_at": lambda: (9, 5, 20, 0.1, 0.01),
        "clip_by_global_norm": lambda: ([numbers(2, 3), numbers(4, seed=1)], 1.0),
        "dpo_loss": lambda: (*(numbers(3, seed=n) for n in range(4)), 0.3),
    }
    return {**small, **_examples_of_the_gpt(wholes)}


def _examples_of_the_gpt(
    wholes: Callable[..., torch.Tensor],
) -> dict[str, Callable[[], tuple[Any, ...]]]:
    """Give the same for the parts that are written when the GPT is put together."""
    sizes = {"vocab_size": 7, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 5}
    params = params_from_seed(0, **sizes)
    parts: Parts = reference_parts()
    stream = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(4))
    grads = [0.3 * torch.ones_like(one) for one in params.values()]
    past = nothing_yet(params, 2, 2)
    answers = torch.tensor([[False, False, True, True], [False, True, True, False]])
    return {
        "gpt_block": lambda: (stream, params_of_block(params, 1), past[0], 2, parts),
        "gpt": lambda: (wholes(7, 2, 4), params, list(past), 2, parts),
        "update": lambda: (params, grads, new_state(params), 0.01, parts),
        "train_step": lambda: (wholes(7, 2, 4), params, new_state(params), 0.01, 2, parts),
        "answer_log_p": lambda: (wholes(7, 2, 4), answers, params, 2, parts),
    }
