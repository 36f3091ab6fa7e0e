"""Put a function of the capstone's own into the parts, when it is right."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from autograder.capstone.trial import fault_of
from course_lib.own_gpt.parts import Parts


def put_in(parts: Parts, function: Callable[..., Any]) -> Parts:
    """Let a function take the place of the part of its name, and say so.

    A function that is not finished yet stays out, with the reason: everything behind it goes on
    with the library's.

    Args:
        parts: The parts so far.
        function: Named as a part, such as `gpt_block`.

    Returns:
        The parts with it, or as they were.

    Raises:
        ValueError: No part is called so.
    """
    name = getattr(function, "__name__", "")
    fault = fault_of(name, function)
    if fault:
        print(f"✗ {name} {fault}. The library's stands in for it.")
        return parts
    print(f"✓ {name} is yours from here on.")
    return replace(parts, **{name: function})
