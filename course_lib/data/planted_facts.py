"""A long conversation in which a few things are said that will be asked for later.

A person tells a tale, and now and then, between two of its sentences, a fact about somebody. Some
facts are corrected later: somebody moves, or takes up another instrument. Then the last word
counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from course_lib.data import facts, tinytales


@dataclass(frozen=True)
class Planted:
    """A fact that was told in a conversation.

    Attributes:
        question: Its beginning, which asks for the end.
        answer: The word that completes it; of a corrected fact, the later one.
        told_at: Number of the line in which it was told for the last time.
        is_corrected: Whether another answer was told before.
    """

    question: str
    answer: str
    told_at: int
    is_corrected: bool


@dataclass(frozen=True)
class Conversation:
    """What was said.

    Attributes:
        lines: Sentence by sentence.
        planted: The facts among them, in the order in which they were told last.
    """

    lines: tuple[str, ...]
    planted: tuple[Planted, ...]


def make_conversation(
    n_lines: int, n_facts: int, n_corrected: int, generator: torch.Generator
) -> Conversation:
    """Draw a conversation.

    Args:
        n_lines: How many sentences of tales there are.
        n_facts: How many facts are told among them.
        n_corrected: How many of those are told with another value before.
        generator: Source of the draws.

    Raises:
        ValueError: There are not so many facts, or more are corrected than told.
    """
    world = facts.make_world(generator, times_told=(1,))
    if not 0 <= n_corrected <= n_facts <= len(world):
        raise ValueError(
            f"of {len(world)} facts, {n_facts} cannot be told and {n_corrected} of them corrected"
        )
    order = torch.randperm(len(world), generator=generator)[:n_facts].tolist()
    told = [world[number] for number in order]
    # Each is told at a place of its own; of two for the same fact the later one corrects.
    n_told = n_facts + n_corrected
    places = torch.randperm(n_lines + n_told, generator=generator)[:n_told].tolist()
    lines: list[str | None] = [None] * (n_lines + n_told)
    planted = []
    for number, fact in enumerate(told):
        last = places[number]
        if is_corrected := number < n_corrected:
            first, last = sorted((last, places[n_facts + number]))
            lines[first] = _sentence(fact, _another_value(fact, generator))
        lines[last] = _sentence(fact, fact.value)
        planted.append(Planted(_question(fact), fact.value, last, is_corrected))
    tale_lines = _tale_lines(n_lines, generator)
    filled = tuple(tale_lines.pop() if line is None else line for line in lines)
    return Conversation(filled, tuple(sorted(planted, key=lambda each: each.told_at)))


def read_off(question: str, texts: Sequence[str]) -> str | None:
    """Answer from some texts: the end of the last one that begins as the question does.

    It reads without a fault, so that whatever is missed was missed by the memory.
    """
    for text in reversed(texts):
        if text.startswith(f"{question} "):
            return text.removeprefix(question).split()[0]
    return None


def _tale_lines(n_lines: int, generator: torch.Generator) -> list[str]:
    found: list[str] = []
    while len(found) < n_lines:
        words = " ".join(tinytales.sample_story(generator).words)
        found += [f"{sentence} ." for sentence in words.removesuffix(" .").split(" . ")]
    return found[:n_lines]


def _another_value(fact: facts.Fact, generator: torch.Generator) -> str:
    others = [value for value in facts.RELATIONS[fact.relation] if value != fact.value]
    return others[int(torch.randint(len(others), (), generator=generator))]


def _question(fact: facts.Fact) -> str:
    return f"{fact.person} {fact.relation}"


def _sentence(fact: facts.Fact, value: str) -> str:
    return f"{_question(fact)} {value} {facts.FULL_STOP}"
