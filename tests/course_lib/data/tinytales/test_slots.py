import pytest
import torch

from course_lib.data.tinytales import lexicon
from course_lib.data.tinytales.slots import CHANGES, SLOTS
from course_lib.data.tinytales.walk import Reading, Telling
from course_lib.data.tinytales.world import World


def world_of(*people, owner=None):
    """A world in which these words were said and these people introduced."""
    world = World(Reading([]))
    for name in people:
        world.walk.words.append(name)
        world.introduce(name)
    world.owner |= owner or {}
    return world


def options(slot, world, use=""):
    return dict(SLOTS[slot].options(world, use))


class TestWhoAndReason:
    def test_two_genders_give_two_pronouns(self):
        assert options("WHO", world_of("john", "sarah")) == {"he": 0.3, "she": 0.7}

    def test_one_gender_gives_one_pronoun(self):
        assert options("WHO", world_of("john", "tom")) == {"he": 1.0}

    def test_the_pronoun_decides_the_reasons_between_two_genders(self):
        world = world_of("john", "sarah")
        world.walk.words.append("she")
        world.leave_pronoun_open("she")
        assert options("REASON", world).keys() == set(lexicon.RECEIVER_REASONS)

    def test_the_reason_decides_between_two_of_one_gender(self):
        world = world_of("john", "tom")
        world.walk.words.append("he")
        world.leave_pronoun_open("he")
        reasons = options("REASON", world)
        assert reasons.keys() == {*lexicon.RECEIVER_REASONS, *lexicon.GIVER_REASONS}
        assert sum(reasons.values()) == pytest.approx(1.0)


class TestObjects:
    def test_only_what_the_hero_has_is_their_own(self):
        world = world_of("john", "sarah", owner={"book": "john", "hat": "sarah", "map": "john"})
        assert options("OWN", world).keys() == {"book", "map"}
        assert options("THEIRS", world).keys() == {"hat"}

    def test_a_use_narrows_what_one_has(self):
        world = world_of("john", "sarah", owner={"book": "john", "hat": "john"})
        assert options("OWN", world, "read").keys() == {"book"}
        assert options("OWN", world, "threw") == {}

    def test_a_new_object_is_new(self):
        world = world_of("john", "sarah", owner={"book": "john"})
        world.hiding_place["hat"] = "box"
        world.lost_by["map"] = "sarah"
        assert set(lexicon.OBJECTS) - options("NEW_OBJECT", world).keys() == {"book", "hat", "map"}

    def test_alone_only_with_empty_hands(self):
        assert options("EMPTY_HANDS", world_of("john", "sarah")) == {"alone": 1.0}
        assert options("EMPTY_HANDS", world_of("john", "sarah", owner={"map": "john"})) == {}


class TestEventStart:
    def test_a_pronoun_stands_for_the_last_hero_only(self):
        world = world_of("john", "sarah")
        assert options("EVENT_START", world).keys() == {"john", "sarah", "he", "the"}
        world.hero = ""
        assert options("EVENT_START", world).keys() == {"john", "sarah", "the"}

    def test_the_end_comes_after_some_events_and_then_surely(self):
        world = world_of("john", "sarah")
        world.n_events = 3
        assert "at" in options("EVENT_START", world)
        world.n_events = 5
        assert options("EVENT_START", world) == {"at": 1.0}


class TestPlacesAndAnimals:
    def test_nobody_goes_where_they_are(self):
        world = world_of("john", "sarah")
        world.go("park")
        assert set(lexicon.PLACES) - options("NEW_PLACE", world).keys() == {"park"}
        assert options("PLACE", world) == {"park": 1.0}

    def test_a_tale_keeps_its_animal(self):
        world = world_of("john", "sarah")
        assert options("ANIMAL", world).keys() == set(lexicon.ANIMALS)
        world.walk.words.append("fox")
        world.name_animal("fox")
        assert options("ANIMAL", world) == {"fox": 1.0}

    def test_nobody_is_their_own_friend(self):
        world = world_of("john")
        assert "john" not in options("SECOND_NAME", world)


class TestFillings:
    def test_every_filling_of_every_slot_is_in_the_lexicon(self):
        walk = Telling(torch.Generator().manual_seed(0))
        world = World(walk)
        for slot in ("FIRST_NAME", "POSSESSIVE", "SECOND_NAME", "NEW_PLACE", "NEW_OBJECT"):
            words = options(slot, world)
            assert words.keys() <= lexicon.WORDS
            SLOTS[slot].said(world, walk.choose(words))


class TestChanges:
    def test_an_object_goes_from_hand_to_hand(self):
        world = world_of("john", "sarah")
        world.object, world.container = "book", "box"
        CHANGES["receives"](world)
        assert world.owner == {"book": "john"}
        CHANGES["hands_over"](world)
        assert world.owner == {"book": "sarah"}
        CHANGES["hides"](world)
        assert (world.owner, world.hiding_place) == ({}, {"book": "box"})
        CHANGES["receives"](world)
        assert (world.owner, world.hiding_place) == ({"book": "john"}, {})
        CHANGES["loses"](world)
        assert (world.owner, world.lost_by) == ({}, {"book": "john"})
