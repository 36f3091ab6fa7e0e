"""Sentences in which a pronoun has to be understood, with the word it stands for.

Two patterns, ten words each:

    the cat sat on the mat because it was tired            it → cat   (with "soft", it → mat)
    john gave the book to sarah because she liked it       she → sarah, it → book

The last word of the first pattern decides: an animal can be tired, a mat can be soft. In the second
a person is found by gender, and the verb fits: who receives likes, who gives dislikes.

Held out by combination: every (animal, thing, state) and (giver, receiver, object) whose indices
add up to a multiple of `HELD_OUT_EVERY` is never trained on. The first words of each list are
those of the sentences above, so these are held out too, while each of their words is met in
training in other combinations.

"bat" and "mouse" are animals in the first pattern and objects in the second.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, product

import torch
from jaxtyping import Int
from torch import Tensor


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ANIMALS = _words("cat dog bat mouse bird fox cow pig horse rabbit hen frog")
THINGS = _words("mat rug sofa bed chair pillow blanket bench roof box cushion stool")
ANIMAL_STATES = _words("tired hungry sleepy thirsty scared sick lonely angry")
THING_STATES = _words("soft warm clean dry flat comfortable new sturdy")
WOMEN = _words("sarah mary anna lucy emma")
MEN = _words("john peter tom ben paul")
OBJECTS = _words("book ball bat mouse cup hat lamp coat pen key map bag")
RECEIVER_REASONS = _words("liked needed wanted")
GIVER_REASONS = _words("disliked hated")

HELD_OUT_EVERY = 5
"""One combination in so many is never trained on."""

_FRAME_WORDS = _words("the sat on because it was gave to she he")
_ALL_LISTS = (
    *(_FRAME_WORDS, ANIMALS, THINGS, ANIMAL_STATES, THING_STATES),
    *(WOMEN, MEN, OBJECTS, RECEIVER_REASONS, GIVER_REASONS),
)
VOCABULARY: tuple[str, ...] = tuple(dict.fromkeys(chain(*_ALL_LISTS)))
"""Every word of the sentences once; a word's id is its place here."""

_WORD_IDS = {word: i for i, word in enumerate(VOCABULARY)}
N_WORDS = 10
"""Words in a sentence of either pattern: a batch needs no padding."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One sentence and one question about it: what does this pronoun stand for?

    Attributes:
        words: The sentence.
        position: Index of the pronoun that is asked about.
        antecedent: Index of the noun or name that it stands for.
        rival: Index of the word that it could be mistaken for: the other noun or the other
            person. For the object of a gift, the receiver.
        combination: What the split goes by: (animal, thing, state) or (giver, receiver, object).
        pattern: "sat" or "gave", the sentence's verb.
    """

    words: tuple[str, ...]
    position: int
    antecedent: int
    rival: int
    combination: tuple[str, str, str]
    pattern: str

    @property
    def target(self) -> str:
        """The word that the pronoun stands for."""
        return self.words[self.antecedent]

    @property
    def text(self) -> str:
        """The sentence as a string."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Batch:
    """Examples as tensors.

    Attributes:
        token_ids: The sentences.
        positions: Index of each pronoun.
        targets: Id of the word that each pronoun stands for.
        antecedents: Index of that word in its sentence.
        rivals: Index of the word that it could be mistaken for.
    """

    token_ids: Int[Tensor, "B T"]
    positions: Int[Tensor, " B"]
    targets: Int[Tensor, " B"]
    antecedents: Int[Tensor, " B"]
    rivals: Int[Tensor, " B"]


def sat_example(animal: str, thing: str, state: str) -> Example:
    """Build "the ANIMAL sat on the THING because it was STATE" and ask about "it"."""
    words = tuple(f"the {animal} sat on the {thing} because it was {state}".split())
    animal_at, thing_at = 1, 5
    is_animal = state in ANIMAL_STATES
    return Example(
        words=words,
        position=words.index("it"),
        antecedent=animal_at if is_animal else thing_at,
        rival=thing_at if is_animal else animal_at,
        combination=(animal, thing, state),
        pattern="sat",
    )


def gave_examples(giver: str, receiver: str, gift: str, reason: str) -> tuple[Example, Example]:
    """Build "GIVER gave the GIFT to RECEIVER because she REASON it"; ask about "she" and "it"."""
    giver_at, gift_at, receiver_at = 0, 3, 5
    is_giver = reason in GIVER_REASONS
    who = "she" if (giver if is_giver else receiver) in WOMEN else "he"
    words = tuple(f"{giver} gave the {gift} to {receiver} because {who} {reason} it".split())
    combination = (giver, receiver, gift)
    person = Example(
        words=words,
        position=words.index(who),
        antecedent=giver_at if is_giver else receiver_at,
        rival=receiver_at if is_giver else giver_at,
        combination=combination,
        pattern="gave",
    )
    thing = Example(
        words=words,
        position=words.index("it"),
        antecedent=gift_at,
        rival=receiver_at,
        combination=combination,
        pattern="gave",
    )
    return person, thing


def is_held_out(combination: tuple[str, str, str]) -> bool:
    """Tell whether a combination is kept from training."""
    first, second, third = combination
    if third in ANIMAL_STATES or third in THING_STATES:
        states = _interleave(ANIMAL_STATES, THING_STATES)
        total = ANIMALS.index(first) + THINGS.index(second) + states[third]
    else:
        people = _interleave(WOMEN, MEN)
        total = people[first] + people[second] + OBJECTS.index(third)
    return total % HELD_OUT_EVERY == 0


@cache
def train_examples() -> tuple[Example, ...]:
    """Return the examples of both patterns that may be trained on."""
    return tuple(e for e in _all_examples() if not is_held_out(e.combination))


@cache
def held_out_examples() -> tuple[Example, ...]:
    """Return the examples whose combination is never trained on."""
    return tuple(e for e in _all_examples() if is_held_out(e.combination))


@cache
def same_gender_examples() -> tuple[Example, ...]:
    """Return the questions "who?" about gifts between two women or two men, none trained on.

    For each sentence the one with giver and receiver exchanged is here too. Its answer is the other
    person, its words are the same: without word order at most half can be answered.
    """
    return tuple(
        gave_examples(giver, receiver, gift, reason)[0]
        for people in (WOMEN, MEN)
        for giver, receiver in product(people, people)
        if giver != receiver
        for gift, reason in product(OBJECTS, RECEIVER_REASONS + GIVER_REASONS)
    )


def token_ids(words: str | Sequence[str]) -> Int[Tensor, " T"]:
    """Turn a sentence into word ids.

    Raises:
        ValueError: A word is not in `VOCABULARY`.
    """
    words = words.split() if isinstance(words, str) else words
    for place, word in enumerate(words):
        if word not in _WORD_IDS:
            raise ValueError(f"word {place} ({word!r}) is not in the vocabulary of these sentences")
    return torch.tensor([_WORD_IDS[word] for word in words])


def make_batch(examples: Sequence[Example]) -> Batch:
    """Stack examples into tensors."""
    return Batch(
        torch.stack([token_ids(e.words) for e in examples]),
        torch.tensor([e.position for e in examples]),
        torch.tensor([_WORD_IDS[e.target] for e in examples]),
        torch.tensor([e.antecedent for e in examples]),
        torch.tensor([e.rival for e in examples]),
    )


def batches(
    examples: Sequence[Example], batch_size: int, generator: torch.Generator
) -> Iterator[Batch]:
    """Yield random batches for ever, drawn with replacement, each pattern as often as the other."""
    whole = make_batch(examples)
    n_of_pattern = Counter(e.pattern for e in examples)
    chances = torch.tensor([1 / n_of_pattern[e.pattern] for e in examples])
    while True:
        rows = torch.multinomial(chances, batch_size, replacement=True, generator=generator)
        yield Batch(
            whole.token_ids[rows],
            whole.positions[rows],
            whole.targets[rows],
            whole.antecedents[rows],
            whole.rivals[rows],
        )


@cache
def _all_examples() -> tuple[Example, ...]:
    sat = [sat_example(*c) for c in product(ANIMALS, THINGS, ANIMAL_STATES + THING_STATES)]
    pairs = [*product(WOMEN, MEN), *product(MEN, WOMEN)]
    gave = [
        example
        for (giver, receiver), gift, reason in product(
            pairs, OBJECTS, RECEIVER_REASONS + GIVER_REASONS
        )
        for example in gave_examples(giver, receiver, gift, reason)
    ]
    return (*sat, *gave)


def _interleave(left: tuple[str, ...], right: tuple[str, ...]) -> dict[str, int]:
    """Number two lists alike, so that the first word of each is word 0."""
    return {word: i for words in (left, right) for i, word in enumerate(words)}
