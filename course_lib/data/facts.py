"""A small world of facts, some told often, some seldom, some never.

sarah lives in the castle .     told 32 times
sarah plays the harp .          told once
sarah drinks cocoa .            true, and never told

Every person has every relation, and which value it has was drawn at random: whoever has not been
told cannot know. Axes: B sentences, T tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.data.tinytales import lexicon

Choice = TypeVar("Choice")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RELATIONS: Mapping[str, tuple[str, ...]] = {
    "lives in the": lexicon.PLACES,
    "works at the": _words("mill bank harbour bakery school hospital zoo theatre farm court"),
    "plays the": lexicon.OBJECTS_BY_USE["played"],
    "wears a": lexicon.OBJECTS_BY_USE["wore"],
    "eats": lexicon.FOODS,
    "drinks": lexicon.DRINKS,
    "keeps a": lexicon.ANIMALS,
    "was born in": _words(
        "january february march april may june july august september october november december"
    ),
    "likes the colour": _words("red blue green yellow white black brown grey pink orange"),
    "speaks": _words("danish dutch english french german greek italian latin polish spanish"),
    "collects": _words("stamps coins shells maps clocks keys bells cups feathers postcards"),
    "travels by": _words("train bus boat bicycle tram car ferry sledge balloon cart"),
}
"""What can be said of a person, and what completes it: always one word."""

PEOPLE = tuple(lexicon.PRONOUN)
FULL_STOP = "."
VOCABULARY = tuple(
    sorted(
        {
            *PEOPLE,
            *(word for relation in RELATIONS for word in relation.split()),
            *(value for values in RELATIONS.values() for value in values),
            FULL_STOP,
        }
    )
)
"""Every word of the facts once, in alphabetical order."""
PADDING = len(VOCABULARY)
"""Stands behind a sentence that is shorter than its neighbours."""

TIMES_TOLD = (0, 1, 2, 4, 8, 16, 32, 64)
"""How often a fact is told; each number is as common as the next."""

_NUMBERS = {word: number for number, word in enumerate(VOCABULARY)}


@dataclass(frozen=True)
class Fact:
    """Something that is true of a person.

    Attributes:
        person: Who.
        relation: One of `RELATIONS`.
        value: The word that completes it.
        n_told: How often the text tells it.
    """

    person: str
    relation: str
    value: str
    n_told: int

    @property
    def words(self) -> tuple[str, ...]:
        """The sentence."""
        return (self.person, *self.relation.split(), self.value, FULL_STOP)

    @property
    def answer_at(self) -> int:
        """Index of the value in the sentence; the words before it are the question."""
        return 1 + len(self.relation.split())


def make_world(
    generator: torch.Generator, times_told: Sequence[int] = TIMES_TOLD
) -> tuple[Fact, ...]:
    """Draw what is true of every person, and how often each fact is told.

    Args:
        generator: Where the randomness comes from.
        times_told: The numbers to draw from, each as probable as the next.

    Returns:
        One fact for each person and relation.

    Raises:
        ValueError: There is no number to draw from, or one is negative.
    """
    if not times_told or min(times_told) < 0:
        raise ValueError(f"facts are told 0 times or more, unlike {list(times_told)}")

    def draw(choices: Sequence[Choice]) -> Choice:
        return choices[int(torch.randint(len(choices), (), generator=generator))]

    return tuple(
        Fact(person, relation, draw(values), draw(times_told))
        for person in PEOPLE
        for relation, values in RELATIONS.items()
    )


def tell(world: Sequence[Fact], generator: torch.Generator) -> list[Fact]:
    """Return the text of a world: each fact as often as it is told, in random order."""
    told = [fact for fact in world for _ in range(fact.n_told)]
    return [told[i] for i in torch.randperm(len(told), generator=generator).tolist()]


def encode(facts: Sequence[Fact]) -> Int[Tensor, "B T"]:
    """Write the sentences as tokens, each filled up with `PADDING` to the longest."""
    rows = [torch.tensor([_NUMBERS[word] for word in fact.words]) for fact in facts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)
