"""What may fill each slot of the grammar in the world of a tale, and what filling it changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from course_lib.data.tinytales import lexicon
from course_lib.data.tinytales.grammar import (
    CLOSING_WEIGHTS,
    EVENT_WEIGHTS,
    GIVERS_SHARE,
    RECEIVERS_SHARE,
)
from course_lib.data.tinytales.world import World

Options = Mapping[str, float]


@dataclass(frozen=True)
class Slot:
    """A place in a sentence.

    Attributes:
        options: The words that may fill it in a world, with weights; the second argument is the
            word in brackets that narrows the slot, empty for most.
        said: What changes once the word is said.
    """

    options: Callable[[World, str], Options]
    said: Callable[[World, str], object]


def _alike(words: Iterable[str]) -> Options:
    """Give every word the same weight."""
    return dict.fromkeys(words, 1.0)


def _any_of(words: Iterable[str], said: Callable[[World, str], object] | None = None) -> Slot:
    """Make a slot that takes any word of a list, whatever was told before."""
    options = _alike(words)
    return Slot(lambda world, use: options, said or (lambda world, word: None))


def _only(word: Callable[[World], str], said: Callable[[World, str], object] | None = None) -> Slot:
    """Make a slot that the tale so far fills in one way."""
    return Slot(lambda world, use: {word(world): 1.0}, said or (lambda world, word: None))


def _event_starts(world: World, use: str) -> Options:
    if world.n_events >= len(CLOSING_WEIGHTS):
        return {"at": 1.0}
    options = dict.fromkeys(world.people, EVENT_WEIGHTS["name"])
    if world.hero:  # after an animal's sentence nobody is "she" or "he"
        options[lexicon.PRONOUN[world.hero]] = EVENT_WEIGHTS["pronoun"]
    options["the"] = EVENT_WEIGHTS["the"]
    if CLOSING_WEIGHTS[world.n_events]:
        options["at"] = CLOSING_WEIGHTS[world.n_events]
    return options


def _who(world: World, use: str) -> Options:
    options = {lexicon.PRONOUN[world.hero]: GIVERS_SHARE}
    receiver = lexicon.PRONOUN[world.other]
    options[receiver] = options.get(receiver, 0.0) + RECEIVERS_SHARE
    return options


def _reasons(world: World, use: str) -> Options:
    pronoun = world.walk.words[world.pronoun_at]
    options: dict[str, float] = {}
    for person, share, reasons in (
        (world.hero, GIVERS_SHARE, lexicon.GIVER_REASONS),
        (world.other, RECEIVERS_SHARE, lexicon.RECEIVER_REASONS),
    ):
        if lexicon.PRONOUN[person] == pronoun:
            options |= dict.fromkeys(reasons, share / len(reasons))
    return options


def _own(world: World, use: str) -> Options:
    owned = world.owned(world.hero)
    return _alike(thing for thing in owned if not use or thing in lexicon.OBJECTS_BY_USE[use])


def _new_objects(world: World, use: str) -> Options:
    known = world.known_objects
    return _alike(thing for thing in lexicon.OBJECTS if thing not in known)


_ANIMALS = _alike(lexicon.ANIMALS)

SLOTS: Mapping[str, Slot] = {
    # people
    "FIRST_NAME": _any_of(lexicon.PRONOUN, World.introduce),
    "SECOND_NAME": Slot(
        lambda world, use: _alike(name for name in lexicon.PRONOUN if name != world.hero),
        World.introduce,
    ),
    "POSSESSIVE": _only(lambda world: lexicon.POSSESSIVE[world.hero], World.refer_to_hero),
    "HERO": Slot(lambda world, use: _alike(world.people), World.act),
    "OTHER": _only(lambda world: world.other, World.mention),
    "PERSON": Slot(lambda world, use: _alike(world.people), World.mention),
    "SELF": _only(lambda world: lexicon.PRONOUN[world.hero], World.refer_to_hero),
    "OTHERS_PRONOUN": _only(lambda world: lexicon.PRONOUN[world.other], World.refer_to_other),
    "WHO": Slot(_who, World.leave_pronoun_open),
    "REASON": Slot(_reasons, World.give_reason),
    # places
    "NEW_PLACE": Slot(
        lambda world, use: _alike(place for place in lexicon.PLACES if place != world.place),
        World.go,
    ),
    "PLACE": _only(lambda world: world.place),
    # objects
    "OWNER": _only(lambda world: world.people[world.n_owners_named], World.name_owner),
    "ADJECTIVE": _any_of(lexicon.ADJECTIVES),
    "NEW_OBJECT": Slot(_new_objects, World.name_object),
    "OWN": Slot(_own, World.name_own),
    "THEIRS": Slot(lambda world, use: _alike(world.owned(world.other)), World.name_theirs),
    "EMPTY_HANDS": Slot(
        lambda world, use: {} if world.owned(world.hero) else {"alone": 1.0},
        lambda world, word: None,
    ),
    "CONTAINER": _any_of(lexicon.CONTAINERS, World.choose_container),
    "HIDDEN": Slot(lambda world, use: _alike(world.hiding_place), World.name_object),
    "HIDING_PLACE": _only(lambda world: world.hiding_place[world.object]),
    "LOST": Slot(
        lambda world, use: _alike(t for t, who in world.lost_by.items() if who == world.hero),
        World.name_object,
    ),
    # animals, things, what they are, and "it"
    "ANIMAL": Slot(
        lambda world, use: {world.animal: 1.0} if world.animal else _ANIMALS, World.name_animal
    ),
    "THING": _any_of(lexicon.THINGS, World.name_thing),
    "UNKNOWN_IT": _any_of(["it"], World.leave_pronoun_open),
    "STATE": _any_of([*lexicon.ANIMAL_STATES, *lexicon.THING_STATES], World.name_state),
    "IT": _any_of(["it"], World.refer_to_it),
    "FOOD": _any_of(lexicon.FOODS),
    "DRINK": _any_of(lexicon.DRINKS),
    # how an event begins
    "EVENT_START": Slot(_event_starts, World.start_event),
}
"""Each slot of the grammar."""

CHANGES: Mapping[str, Callable[[World], None]] = {
    "receives": World.receive,
    "hands_over": World.hand_over,
    "hides": World.hide,
    "loses": World.lose,
}
"""Each change of the world that the grammar names."""
