"""What kind of word each word of the tales is."""

from course_lib.data.tale_tokens import END, TOKENS
from course_lib.data.tinytales import lexicon


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VERBS = _words(
    "admired asked ate cleaned comforted disliked drank dried found gave growled had hated hid "
    "hugged liked lost measured mended needed painted played read said sang sat slept swept threw "
    "touched trembled wanted warmed was washed went were wore yawned"
)

KINDS = {
    "name": tuple(lexicon.PRONOUN),
    "pronoun": (*dict.fromkeys((*lexicon.PRONOUN.values(), *lexicon.POSSESSIVE.values())), "it"),
    "verb": _VERBS,
    "noun": (
        *lexicon.PLACES,
        *lexicon.OBJECTS,
        *lexicon.CONTAINERS,
        *lexicon.ANIMALS,
        *lexicon.THINGS,
        *lexicon.FOODS,
        *lexicon.DRINKS,
        "friend",
        "home",
        "night",
    ),
    "adjective": (*lexicon.ADJECTIVES, *lexicon.CONSEQUENCES),
    "punctuation": (".",),
}
"""Words by kind. A word that is in none of them is a small word, such as "the" or "because"."""

SMALL = "small word"

_KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}


def kind_of(word: str) -> str:
    """Tell what kind of word a word of the tales is: one of `KINDS`, or `SMALL`.

    The end of a tale counts as punctuation.

    Raises:
        ValueError: It is in no tale.
    """
    if word not in TOKENS:
        raise ValueError(f"no tale has the word {word!r}")
    return "punctuation" if word == TOKENS[END] else _KIND_OF.get(word, SMALL)
