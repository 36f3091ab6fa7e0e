"""The words of the tales by kind, and which words go together.

Within a kind every word is as likely as the next. "bat" is an animal and a toy.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIRLS = _words(
    "sarah mary anna lucy emma jane kate rosa lily nora ruth ella clara julia grace alice "
    "marta helen irene sofia"
)
BOYS = _words(
    "john peter tom ben paul max sam leo jack adam noah hugo david simon oscar henry "
    "felix frank ralph bruno"
)

PRONOUN = dict.fromkeys(GIRLS, "she") | dict.fromkeys(BOYS, "he")
POSSESSIVE = dict.fromkeys(GIRLS, "her") | dict.fromkeys(BOYS, "his")

PLACES = _words(
    "garden park school kitchen forest market library castle farm museum harbour meadow "
    "station bakery tower village theatre valley barn hotel"
)

OBJECTS_BY_USE: dict[str, tuple[str, ...]] = {
    "read": _words("book letter map story poem comic diary recipe note ticket"),
    "wore": _words("hat coat scarf ring crown mask shirt belt jacket glove"),
    "threw": _words("ball bat kite stone stick disc dart feather pebble marble"),
    "cleaned": _words("cup lamp key clock spoon mirror bottle bowl plate vase"),
    "played": _words("drum flute piano guitar violin horn harp trumpet bell whistle"),
}
"""What can be done with each object: every object stands under exactly one verb."""

OBJECTS = tuple(noun for nouns in OBJECTS_BY_USE.values() for noun in nouns)
ADJECTIVES = _words(
    "red blue green yellow white black small big shiny heavy pretty round tiny strange"
)
CONTAINERS = _words("box drawer basket bag chest cupboard bucket sack trunk jar crate pot")

ANIMALS = _words(
    "cat dog bat mouse bird fox cow pig horse rabbit hen frog duck goat sheep bear wolf owl "
    "squirrel hedgehog donkey turtle"
)
THINGS = _words(
    "mat rug sofa bed chair pillow blanket bench roof cushion stool carpet table wall step "
    "log towel shelf crib swing"
)

FOODS = _words("bread fish cheese soup rice cake meat corn honey salad bacon pasta")
DRINKS = _words("milk water juice tea cocoa lemonade")

ANIMAL_STATES: dict[str, str] = {
    "hungry": "PERSON gave IT some FOOD",
    "starving": "PERSON gave IT some FOOD",
    "thirsty": "PERSON gave IT some DRINK",
    "tired": "IT slept",
    "sleepy": "IT slept",
    "scared": "IT trembled",
    "cold": "PERSON warmed IT",
    "lonely": "PERSON hugged IT",
    "sad": "PERSON hugged IT",
    "dirty": "PERSON washed IT",
    "happy": "IT sang",
    "angry": "IT growled",
    "furious": "IT growled",
    "bored": "IT yawned",
    "ill": "PERSON comforted IT",
    "afraid": "IT trembled",
}
"""What an animal can be, and what follows from it."""

THING_STATES: dict[str, str] = {
    "soft": "PERSON touched IT",
    "warm": "PERSON touched IT",
    "smooth": "PERSON touched IT",
    "silky": "PERSON touched IT",
    "dusty": "PERSON swept IT",
    "sandy": "PERSON swept IT",
    "broken": "PERSON mended IT",
    "torn": "PERSON mended IT",
    "plain": "PERSON painted IT",
    "comfortable": "PERSON admired IT",
    "new": "PERSON admired IT",
    "wide": "PERSON measured IT",
    "long": "PERSON measured IT",
    "cracked": "PERSON mended IT",
    "wet": "PERSON dried IT",
    "damp": "PERSON dried IT",
    "bare": "PERSON painted IT",
    "beautiful": "PERSON admired IT",
}
"""What a thing can be, and what follows from it."""

CONSEQUENCES = ANIMAL_STATES | THING_STATES

RECEIVER_REASONS = ("liked", "needed", "wanted")
"""Why someone is given an object: the receiver's reasons."""
GIVER_REASONS = ("disliked", "hated")
"""Why someone gives an object away: the giver's reasons."""

WORDS = frozenset().union(
    *(PRONOUN, PRONOUN.values(), POSSESSIVE.values(), PLACES, OBJECTS, ADJECTIVES, CONTAINERS),
    *(ANIMALS, THINGS, FOODS, DRINKS, CONSEQUENCES, RECEIVER_REASONS, GIVER_REASONS),
    ("it", "the", "at", "alone"),
)
"""Every word that a slot can hold."""
