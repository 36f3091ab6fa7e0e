"""What a tale has made true so far: who owns what, where things lie, who was spoken of."""

from dataclasses import dataclass

from course_lib.data.tinytales import lexicon
from course_lib.data.tinytales.walk import Walk


@dataclass(frozen=True)
class Link:
    """A relation between two words of a tale.

    Attributes:
        kind: "reference" (pronoun → what it stands for), "subject" (verb → its subject), "owner"
            (object → who has it) or "again" (object or animal → where it was last named).
        source: Index of the word that is related.
        target: Index of the word that it is related to.
    """

    kind: str
    source: int
    target: int


class World:
    """The memory of the grammar, told each word as it falls.

    Methods that are handed a word are called just after that word was said.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.links: list[Link] = []
        self.people: list[str] = []
        self.owner: dict[str, str] = {}  # object → person
        self.hiding_place: dict[str, str] = {}  # object → container
        self.lost_by: dict[str, str] = {}  # object → person
        self.named_at: dict[str, int] = {}  # name, object or animal → index of its last mention
        self.place = ""
        self.animal = ""
        self.n_events = 0
        self.n_owners_named = 0
        # Of the sentence at hand:
        self.hero = ""  # the person who acts; empty where an animal does
        self.subject_at = 0
        self.object = ""
        self.container = ""
        self.state = ""
        self.thing_at = 0
        self.pronoun_at = 0  # a pronoun that is not resolved yet
        self.it_at = 0  # what "it" stands for

    @property
    def here(self) -> int:
        """Index of the word said last."""
        return len(self.walk.words) - 1

    @property
    def other(self) -> str:
        """The person who does not act."""
        first, second = self.people
        return second if self.hero == first else first

    @property
    def known_objects(self) -> set[str]:
        """The objects that the tale has named."""
        return self.owner.keys() | self.hiding_place.keys() | self.lost_by.keys()

    def owned(self, person: str) -> list[str]:
        """Return the objects that a person has."""
        return [thing for thing, owner in self.owner.items() if owner == person]

    # --- words that name something

    def mention(self, word: str) -> None:
        """Note where a person, an object or an animal was named."""
        if word in self.named_at and word not in self.people:
            self.links.append(Link("again", self.here, self.named_at[word]))
        self.named_at[word] = self.here

    def introduce(self, name: str) -> None:
        """Add a person to the tale; the first is its hero."""
        self.people.append(name)
        self.hero = self.people[0]
        self.mention(name)

    def act(self, name: str) -> None:
        """Make a person the subject of the sentence."""
        self.hero = name
        self.subject_at = self.here
        self.mention(name)

    def name_owner(self, name: str) -> None:
        """Make the next person in turn the subject."""
        self.n_owners_named += 1
        self.act(name)

    def name_object(self, word: str) -> None:
        """Speak of an object."""
        self.object = word
        self.it_at = self.here
        self.mention(word)

    def name_own(self, word: str) -> None:
        """Speak of an object of the one who acts."""
        self.links.append(Link("owner", self.here, self.subject_at))
        self.name_object(word)

    def name_theirs(self, word: str) -> None:
        """Speak of an object of the other person."""
        self.links.append(Link("owner", self.here, self.named_at[self.other]))
        self.name_object(word)

    def name_animal(self, word: str) -> None:
        """Make an animal the subject; it is the tale's only one from now on."""
        self.animal = word
        self.hero = ""
        self.subject_at = self.here
        self.mention(word)

    def name_thing(self, word: str) -> None:
        """Speak of what the animal sits on."""
        self.thing_at = self.here

    def choose_container(self, word: str) -> None:
        """Speak of something to put an object into."""
        self.container = word

    def go(self, word: str) -> None:
        """Make this the place where everybody is."""
        self.place = word

    def link_verb(self) -> None:
        """Tie the verb just said to its subject."""
        self.links.append(Link("subject", self.here, self.subject_at))

    # --- pronouns

    def refer(self, source: int, target: int) -> None:
        """Note what a pronoun stands for."""
        self.links.append(Link("reference", source, target))

    def refer_to_hero(self, word: str) -> None:
        """Resolve a pronoun: the one who acts."""
        self.refer(self.here, self.named_at[self.hero])

    def refer_to_other(self, word: str) -> None:
        """Resolve a pronoun: the one who does not act."""
        self.refer(self.here, self.named_at[self.other])

    def refer_to_it(self, word: str) -> None:
        """Resolve "it": the animal, thing or object of the sentence."""
        self.refer(self.here, self.it_at)

    def leave_pronoun_open(self, word: str) -> None:
        """Keep a pronoun for a later word of the sentence to resolve."""
        self.pronoun_at = self.here

    def name_state(self, state: str) -> None:
        """Resolve "it": only an animal can be tired, only a thing can be soft."""
        self.state = state
        is_animal = state in lexicon.ANIMAL_STATES
        self.it_at = self.named_at[self.animal] if is_animal else self.thing_at
        self.refer(self.pronoun_at, self.it_at)

    def give_reason(self, reason: str) -> None:
        """Resolve "she" or "he": who receives likes, who gives dislikes."""
        person = self.hero if reason in lexicon.GIVER_REASONS else self.other
        self.refer(self.pronoun_at, self.named_at[person])

    # --- what happens

    def start_event(self, word: str) -> None:
        """Begin a sentence with a name, a pronoun for the last hero, "the" or "at"."""
        self.n_events += 1
        if word in self.people:
            self.act(word)
        elif word in lexicon.PRONOUN.values():
            self.subject_at = self.here
            self.refer_to_hero(word)

    def receive(self) -> None:
        """Give the object to the one who acts."""
        self.hiding_place.pop(self.object, None)
        self.owner[self.object] = self.hero

    def hand_over(self) -> None:
        """Give the object to the other person."""
        self.owner[self.object] = self.other

    def hide(self) -> None:
        """Take the object out of everybody's hands until it is found."""
        del self.owner[self.object]
        self.hiding_place[self.object] = self.container

    def lose(self) -> None:
        """Take the object out of the tale."""
        self.lost_by[self.object] = self.owner.pop(self.object)
