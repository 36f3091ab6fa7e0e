"""The grammar of the tales as data: what can follow what, with weights.

A pattern is a row of terms. A lower-case term, or a full stop, is a word said as it stands. An
UPPER-CASE term is a table of this module, a choice between its rows, or a slot, which is filled
from the tale so far (`slots.SLOTS`); a word in brackets narrows a slot. `+name` says nothing but
changes the world (`slots.CHANGES`).

Rows and fillings are keyed by their first word. So every choice is the choice of the next word,
no two ways through the grammar say the same, and to read a tale is to replay its choices: the
grammar is LL(1), with a memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to go on.

    Attributes:
        weight: How likely the row is, compared with the others that are possible here.
        rest: What follows its first word.
        needs: The slot that must have a filling for the row to be possible; empty for none.
    """

    weight: float
    rest: str
    needs: str = ""


Table = Mapping[str, Row]

OPENING = (
    "once FIRST_NAME and POSSESSIVE friend SECOND_NAME were in the NEW_PLACE . "
    "OWNER had a ADJECTIVE NEW_OBJECT +receives . "
    "OWNER had a ADJECTIVE NEW_OBJECT +receives ."
)
"""How every tale begins. Then one EVENT follows the other until one begins with "at"."""

PERSONS_EVENT = "DEED"
"""What follows a name, or a pronoun for the last hero, at the start of an event."""
ANIMALS_EVENT = "ANIMAL BEAST"
"""What follows "the"."""
CLOSING = "night HERO went home NIGHT"
"""What follows "at"; with it the tale is over."""

EVENT_WEIGHTS = {"name": 3.0, "pronoun": 3.0, "the": 4.0}
"""How an event begins: with one of the two names, a pronoun for the last hero, or an animal."""
CLOSING_WEIGHTS = (0.0, 0.0, 0.0, 5.0, 10.0)
"""Weight of "at" after 0, 1, 2… events; after more of them than stand here it is certain."""

GIVERS_SHARE, RECEIVERS_SHARE = 0.3, 0.7
"""How often the giver's and the receiver's reason for a gift is told."""

TABLES: Mapping[str, Table] = {
    "DEED": {
        "gave": Row(
            weight=8.0, needs="OWN", rest="the OWN to OTHER because WHO REASON IT +hands_over ."
        ),
        "asked": Row(
            weight=4.0, needs="THEIRS", rest="OTHER for the THEIRS and OTHERS_PRONOUN said ANSWER"
        ),
        "hid": Row(weight=4.0, needs="OWN", rest="the OWN in the CONTAINER +hides ."),
        "lost": Row(weight=2.0, needs="OWN", rest="the OWN in the PLACE +loses ."),
        "found": Row(weight=3.0, rest="FOUND"),
        "was": Row(weight=4.0, rest="FEELING"),
        "and": Row(weight=2.0, rest="OTHER went to the NEW_PLACE ."),
        "read": Row(weight=5.0, needs="OWN(read)", rest="the OWN(read) ."),
        "wore": Row(weight=5.0, needs="OWN(wore)", rest="the OWN(wore) ."),
        "threw": Row(weight=5.0, needs="OWN(threw)", rest="the OWN(threw) ."),
        "cleaned": Row(weight=5.0, needs="OWN(cleaned)", rest="the OWN(cleaned) ."),
        "played": Row(weight=5.0, needs="OWN(played)", rest="the OWN(played) ."),
    },
    "ANSWER": {
        "yes": Row(weight=3.0, rest="+receives ."),
        "no": Row(weight=1.0, rest="."),
    },
    "FOUND": {
        "a": Row(weight=1.0, rest="ADJECTIVE NEW_OBJECT +receives in the CONTAINER ."),
        "the": Row(weight=4.0, needs="HIDDEN", rest="HIDDEN in the HIDING_PLACE +receives ."),
    },
    "FEELING": {
        "happy": Row(weight=3.0, needs="OWN", rest="because SELF had the OWN ."),
        "sad": Row(weight=6.0, needs="LOST", rest="because SELF lost the LOST ."),
        "hungry": Row(weight=1.0, rest="and ate some FOOD ."),
        "thirsty": Row(weight=1.0, rest="and drank some DRINK ."),
    },
    "BEAST": {
        "sat": Row(weight=1.0, rest="on the THING because UNKNOWN_IT was STATE AFTERWARDS"),
    },
    "AFTERWARDS": {
        ".": Row(weight=1.0, rest=""),
        "and": Row(weight=2.0, rest="CONSEQUENCE ."),
    },
    "NIGHT": {
        "with": Row(weight=1.0, needs="OWN", rest="the OWN ."),
        "alone": Row(weight=1.0, needs="EMPTY_HANDS", rest="."),
    },
}

VERB_TABLES = ("DEED", "BEAST")
"""The tables whose first words are verbs, each with a subject."""
