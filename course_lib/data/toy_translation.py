"""Sentences about giving and seeing, and their translation into an invented language.

The language puts the verb last and the receiver before what is given; an adjective stands behind
its noun and has an ending for the noun's class; there are no articles.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch

NAMES = ("sarah", "john", "mary", "peter", "anna", "tom", "lucy", "ben")

GIVING: Mapping[str, str] = MappingProxyType(
    {"gave": "dorel", "showed": "vidrel", "sold": "vendrel", "threw": "jetrel"}
)
"""Verbs that have a receiver."""
SEEING: Mapping[str, str] = MappingProxyType({"found": "trovas", "lost": "perdas", "hid": "kashas"})
"""Verbs that have none."""

NOUNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ball": ("bola", "a"),
        "kite": ("draga", "a"),
        "cup": ("tasa", "a"),
        "bell": ("klocha", "a"),
        "lamp": ("lampa", "a"),
        "book": ("libro", "o"),
        "hat": ("kapelo", "o"),
        "drum": ("tambo", "o"),
        "coin": ("monero", "o"),
        "key": ("klefo", "o"),
    }
)
"""Each noun, its translation and its class."""

ADJECTIVES: Mapping[str, str] = MappingProxyType(
    {"red": "rug", "blue": "blav", "old": "vekh", "small": "pik", "heavy": "pez", "new": "nov"}
)
"""Each adjective and its stem, to which the noun's class is added."""

SOURCE_TOKENS = ("<pad>", *NAMES, *GIVING, *SEEING, *NOUNS, *ADJECTIVES, "the", "to")
"""What the sentences are made of; the first fills up short ones."""
TARGET_TOKENS = (
    "<start>",
    "<end>",
    *NAMES,
    *GIVING.values(),
    *SEEING.values(),
    *(noun for noun, _ in NOUNS.values()),
    *(stem + ending for stem in ADJECTIVES.values() for ending in "ao"),
)
"""What the translations are made of, a token that begins them, and one that ends them."""

_HOLD_OUT_EVERY = 5
_DESCRIBED_SHARE = 0.5


def sample_sentence(generator: torch.Generator) -> list[str]:
    """Draw a sentence: somebody gives something to somebody else, or finds it.

    Half of the objects have an adjective, each verb is as likely as the next, and nobody gives
    anything to himself.
    """
    giver, receiver = torch.randperm(len(NAMES), generator=generator)[:2].tolist()
    verb = _any([*GIVING, *SEEING], generator)
    thing = ["the", _any(list(NOUNS), generator)]
    if torch.rand(1, generator=generator).item() < _DESCRIBED_SHARE:
        thing.insert(1, _any(list(ADJECTIVES), generator))
    to_whom = ["to", NAMES[receiver]] if verb in GIVING else []
    return [NAMES[giver], verb, *thing, *to_whom]


def translate(sentence: Sequence[str]) -> list[str]:
    """Translate a sentence by the rules of the language.

    Args:
        sentence: Its words, as `sample_sentence` draws them.

    Returns:
        The words of the translation.

    Raises:
        ValueError: It is no such sentence.
    """
    giver, verb, _, *rest = [*sentence, *[""] * 3][: max(3, len(sentence))]
    thing = rest[: rest.index("to")] if "to" in rest else rest
    receiver = rest[len(thing) + 1 :]
    is_known = (
        giver in NAMES
        and (verb in GIVING and len(receiver) == 1 and receiver[0] in NAMES)
        | (verb in SEEING and not receiver and "to" not in rest)
        and len(thing) in (1, 2)
        and thing[-1] in NOUNS
        and all(word in ADJECTIVES for word in thing[:-1])
        and sentence[2] == "the"
    )
    if not is_known:
        raise ValueError(f"{' '.join(sentence)!r} is no sentence of the toy language")
    noun, ending = NOUNS[thing[-1]]
    described = [ADJECTIVES[word] + ending for word in thing[:-1]]
    return [giver, *receiver, noun, *described, {**GIVING, **SEEING}[verb]]


def is_held_out(sentence: Sequence[str]) -> bool:
    """Whether a sentence has an adjective and a noun that are kept apart in training.

    One pair in five is: each adjective and each noun is seen in other pairs.
    """
    nouns = [place for place, word in enumerate(sentence) if word in NOUNS]
    if not nouns or nouns[0] == 0 or sentence[nouns[0] - 1] not in ADJECTIVES:
        return False
    adjective = list(ADJECTIVES).index(sentence[nouns[0] - 1])
    noun = list(NOUNS).index(sentence[nouns[0]])
    return (adjective + noun) % _HOLD_OUT_EVERY == 0


def _any(words: Sequence[str], generator: torch.Generator) -> str:
    return words[int(torch.randint(len(words), (1,), generator=generator))]
