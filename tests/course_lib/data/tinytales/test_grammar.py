import re

import pytest

from course_lib.data.tinytales import grammar, lexicon
from course_lib.data.tinytales.slots import CHANGES, SLOTS

PATTERNS = [
    grammar.OPENING,
    grammar.PERSONS_EVENT,
    grammar.ANIMALS_EVENT,
    grammar.CLOSING,
    *lexicon.CONSEQUENCES.values(),
    *(row.rest for table in grammar.TABLES.values() for row in table.values()),
]


def test_every_term_of_every_pattern_has_a_meaning():
    for pattern in PATTERNS:
        for term in pattern.split():
            if term.startswith("+"):
                assert term[1:] in CHANGES, pattern
            elif term.isupper() or "(" in term:
                name = term.split("(")[0]
                assert name in SLOTS or name in grammar.TABLES or name == "CONSEQUENCE", pattern
            else:
                assert re.fullmatch(r"[a-z]+|\.", term), pattern


def test_every_narrowed_slot_names_a_use():
    for use in re.findall(r"\((\w+)\)", " ".join(PATTERNS)):
        assert use in lexicon.OBJECTS_BY_USE


def test_every_slot_change_and_table_is_used():
    used = {term.split("(")[0].removeprefix("+") for p in PATTERNS for term in p.split()}
    used |= {"EVENT_START", "EMPTY_HANDS"}  # how an event begins; a condition without a word
    assert (SLOTS.keys() | CHANGES.keys() | grammar.TABLES.keys()) - used == set()


def test_what_a_row_needs_is_a_slot():
    for table in grammar.TABLES.values():
        for row in table.values():
            assert not row.needs or row.needs.split("(")[0] in SLOTS


def test_weights_are_positive():
    for table in grammar.TABLES.values():
        assert all(row.weight > 0 for row in table.values())


def test_every_table_has_a_row_for_any_world():
    # A table whose rows all need something could leave a tale with no way to go on. At night one
    # has something or nothing.
    for name, table in grammar.TABLES.items():
        needs = {row.needs for row in table.values()}
        assert "" in needs or needs == {"OWN", "EMPTY_HANDS"}, name


def test_a_tale_ends():
    assert grammar.CLOSING_WEIGHTS[-1] > 0


def test_a_row_is_made_of_keywords_and_cannot_change():
    row = grammar.Row(weight=1.0, rest="")
    with pytest.raises(AttributeError):
        row.weight = 2.0
