"""An automaton that reads texts character by character, small enough to be written down by hand.

For examples, exercises and tests. Real constraints are compiled from a grammar and read bytes
(`automaton`), and are worked out for all states and tokens beforehand (`constrained`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CharacterAutomaton:
    """What a text may look like, and the pieces that it is written in.

    Attributes:
        eos: The token that ends a text; its own text does not matter.
        accepting: States in which a text may end.
        vocabulary: The text of each token.
        transitions: For each state, the state behind each character that it can read.

    Raises:
        ValueError: A character leads to a state that there is not, or there is no such token.
    """

    # What is shortest stands first: a long automaton is shown cut off.
    eos: int
    accepting: Sequence[int]
    vocabulary: Sequence[str]
    transitions: Mapping[int, Mapping[str, int]]

    def __post_init__(self) -> None:
        if not 0 <= self.eos < len(self.vocabulary):
            raise ValueError(f"there is no token {self.eos}, only {len(self.vocabulary)} of them")
        reached = {*self.accepting}.union(*(moves.values() for moves in self.transitions.values()))
        if missing := reached - set(self.transitions):
            raise ValueError(f"the states {sorted(missing)} have no row in the transitions")
