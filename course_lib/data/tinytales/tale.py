"""Tell a tale, read one, and say how likely it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import torch

from course_lib.data.tinytales import grammar, lexicon
from course_lib.data.tinytales.slots import CHANGES, SLOTS
from course_lib.data.tinytales.walk import Reading, TaleError, Telling, Walk
from course_lib.data.tinytales.world import Link, World


@dataclass(frozen=True)
class Story:
    """A whole tale.

    Attributes:
        words: Its words; a full stop is a word.
        log_probs: Natural logarithm of each word's probability, given the words before it.
        links: What each pronoun stands for, and the other relations between its words.
    """

    words: tuple[str, ...]
    log_probs: tuple[float, ...]
    links: tuple[Link, ...]

    @property
    def text(self) -> str:
        """The tale as a string."""
        return " ".join(self.words)

    @property
    def log_prob(self) -> float:
        """Natural logarithm of the probability of the whole tale."""
        return sum(self.log_probs)

    @cached_property
    def references(self) -> dict[int, int]:
        """Index of each pronoun → index of the word that it stands for."""
        return {link.source: link.target for link in self.links if link.kind == "reference"}


@dataclass(frozen=True)
class Floor:
    """The loss of a model that knows the grammar: none can be lower on average.

    Attributes:
        nats_per_word: Mean −log p of a word.
        nats_per_story: Mean −log p of a whole tale.
    """

    nats_per_word: float
    nats_per_story: float


def sample_story(generator: torch.Generator) -> Story:
    """Tell a tale at random."""
    return _story(Telling(generator))


def parse(words: str | Sequence[str]) -> Story:
    """Read a tale.

    Args:
        words: The tale, as a string with spaces between the words or as its words.

    Returns:
        The tale with its probabilities and relations.

    Raises:
        TaleError: The words are no tale of this grammar. The error names the first word that
            cannot stand where it stands, and what could.
    """
    words = words.split() if isinstance(words, str) else words
    story = _story(Reading(words))
    if len(story.words) < len(words):
        raise TaleError(len(story.words), words[len(story.words)], {})
    return story


def log_prob(words: str | Sequence[str]) -> float:
    """Return the natural logarithm of a tale's probability; see `parse` for words that are none."""
    return parse(words).log_prob


def references(words: str | Sequence[str]) -> dict[int, int]:
    """Return each pronoun's index with that of the word it stands for; see `parse` for errors."""
    return parse(words).references


def continuations(words: str | Sequence[str]) -> dict[str, float]:
    """Return the probability of every word that can follow the beginning of a tale.

    Args:
        words: The beginning, possibly empty.

    Returns:
        The words with probabilities that sum to 1; nothing after a whole tale.

    Raises:
        TaleError: No tale begins so.
    """
    try:
        parse(words)
    except TaleError as error:
        if error.word:
            raise
        return error.options
    return {}


def floor(stories: Iterable[Story]) -> Floor:
    """Return the mean −log p of a set of tales, a word and a tale.

    Raises:
        ValueError: There is no tale.
    """
    stories = list(stories)
    if not stories:
        raise ValueError("the floor of no tales is not defined: give at least one")
    nats = -sum(story.log_prob for story in stories)
    n_words = sum(len(story.words) for story in stories)
    return Floor(nats / n_words, nats / len(stories))


def _story(walk: Walk) -> Story:
    """Walk through the grammar from its start to its end."""
    world = World(walk)
    _expand(world, grammar.OPENING)
    while (start := _fill(world, "EVENT_START")) != "at":
        _expand(world, grammar.ANIMALS_EVENT if start == "the" else grammar.PERSONS_EVENT)
    _expand(world, grammar.CLOSING)
    return Story(tuple(walk.words), tuple(walk.log_probs), tuple(world.links))


def _expand(world: World, pattern: str) -> None:
    """Say a pattern, term by term."""
    for kind, term, use in _terms(pattern):
        if kind == "word":
            world.walk.say(term)
        elif kind == "slot":
            _fill(world, term, use)
        elif kind == "change":
            CHANGES[term](world)
        elif kind == "table":
            _choose_row(world, term)
        else:
            _expand(world, lexicon.CONSEQUENCES[world.state])


def _fill(world: World, name: str, use: str = "") -> str:
    """Say one of the words that may fill a slot."""
    slot = SLOTS[name]
    word = world.walk.choose(slot.options(world, use))
    slot.said(world, word)
    return word


def _choose_row(world: World, name: str) -> None:
    """Say one row of a table."""
    table = grammar.TABLES[name]
    options = {word: row.weight for word, row in table.items() if _possible(world, row)}
    word = world.walk.choose(options)
    if name in grammar.VERB_TABLES:
        world.link_verb()
    _expand(world, table[word].rest)


def _possible(world: World, row: grammar.Row) -> bool:
    """Tell whether the slot that a row needs has a filling."""
    if not row.needs:
        return True
    ((_, name, use),) = _terms(row.needs)
    return bool(SLOTS[name].options(world, use))


@cache
def _terms(pattern: str) -> tuple[tuple[str, str, str], ...]:
    """Sort the terms of a pattern into (kind, name, narrowing word)."""
    terms = []
    for term in pattern.split():
        name, _, use = term.rstrip(")").partition("(")
        if name in SLOTS:
            terms.append(("slot", name, use))
        elif name in grammar.TABLES:
            terms.append(("table", name, ""))
        elif term.startswith("+"):
            terms.append(("change", term[1:], ""))
        elif term == "CONSEQUENCE":
            terms.append(("consequence", term, ""))
        else:
            terms.append(("word", term, ""))
    return tuple(terms)


def _vocabulary() -> tuple[str, ...]:
    """Collect every word that the grammar can say."""
    patterns = [grammar.OPENING, grammar.CLOSING, *lexicon.CONSEQUENCES.values()]
    words = set()
    for table in grammar.TABLES.values():
        words |= table.keys()
        patterns += [row.rest for row in table.values()]
    words |= {name for pattern in patterns for kind, name, _ in _terms(pattern) if kind == "word"}
    return tuple(sorted(words | lexicon.WORDS))


VOCABULARY = _vocabulary()
"""Every word of the tales once, in alphabetical order."""
