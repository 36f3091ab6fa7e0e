"""Mutants that behave as the solution does, each with the reason: no check could notice them.

`course selftest` leaves them out of the kill rate. It finds a mutant by the exercise and by the
lines that changed, as the self-test shows them; an entry that fits no mutant is a fault.
Nothing stands here that a better check would notice.
"""

from autograder.mutation.equivalents import (
    capstone_mini_gpt,
    ch01_why_attention,
    ch02_self_attention,
    ch03_heads_and_positions,
    ch04_generation,
    ch05_transformer_block,
    ch06_training,
    ch07_inference_engineering,
    ch08_reasoning_and_agents,
    ch09_where_next,
)
from autograder.mutation.equivalents.equivalent import Equivalent

CHAPTERS = (
    ch01_why_attention,
    ch02_self_attention,
    ch03_heads_and_positions,
    ch04_generation,
    ch05_transformer_block,
    ch06_training,
    ch07_inference_engineering,
    ch08_reasoning_and_agents,
    ch09_where_next,
    capstone_mini_gpt,
)

EQUIVALENT_MUTANTS = tuple(entry for chapter in CHAPTERS for entry in chapter.MUTANTS)

__all__ = ["EQUIVALENT_MUTANTS", "Equivalent"]
