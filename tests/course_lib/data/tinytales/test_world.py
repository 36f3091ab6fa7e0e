from course_lib.data.tinytales.walk import Reading
from course_lib.data.tinytales.world import Link, World


def told(*words):
    """A world in which these words were said, with two people known."""
    world = World(Reading([]))
    for name in ("john", "sarah"):
        world.walk.words.append(name)
        world.introduce(name)
    world.walk.words += words
    return world


def test_the_first_person_is_the_hero():
    assert told().hero == "john"
    assert told().other == "sarah"


def test_a_second_mention_is_tied_to_the_first():
    world = told("ball")
    world.name_object("ball")
    world.walk.words += ["the", "ball"]
    world.name_object("ball")
    assert world.links == [Link("again", 4, 2)]


def test_people_are_not_tied_to_their_earlier_mentions():
    world = told("john")
    world.mention("john")
    assert world.links == []
    assert world.named_at["john"] == 2


def test_a_state_of_animals_is_the_animals():
    world = told("cat", "mat", "it", "tired")
    world.named_at["cat"], world.animal, world.thing_at, world.pronoun_at = 2, "cat", 3, 4
    world.name_state("tired")
    assert world.links == [Link("reference", 4, 2)]


def test_a_state_of_things_is_the_things():
    world = told("cat", "mat", "it", "soft")
    world.named_at["cat"], world.animal, world.thing_at, world.pronoun_at = 2, "cat", 3, 4
    world.name_state("soft")
    assert world.links == [Link("reference", 4, 3)]


def test_who_receives_likes_and_who_gives_dislikes():
    world = told("he", "disliked")
    world.pronoun_at = 2
    world.give_reason("disliked")
    world.give_reason("liked")
    assert world.links == [Link("reference", 2, 0), Link("reference", 2, 1)]


def test_owners_are_named_in_turn():
    world = told("john")
    world.name_owner("john")
    assert (world.n_owners_named, world.hero, world.subject_at) == (1, "john", 2)


def test_an_objects_owner_and_a_verbs_subject_are_linked():
    world = told("sarah")
    world.act("sarah")
    world.walk.words.append("gave")
    world.link_verb()
    world.walk.words.append("ball")
    world.name_own("ball")
    assert world.links == [Link("subject", 3, 2), Link("owner", 4, 2)]


def test_an_object_of_the_other_person_is_linked_to_them():
    world = told("ball")
    world.name_theirs("ball")
    assert world.links == [Link("owner", 2, 1)]


def test_after_an_animal_no_person_is_the_hero():
    world = told("cat")
    world.name_animal("cat")
    assert world.hero == ""
