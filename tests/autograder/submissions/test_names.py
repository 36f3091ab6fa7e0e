import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.submissions.names import file_name, learner_names


@pytest.mark.parametrize(
    "name",
    ["ada", "dora-01", "Zoë", "Ada Lovelace_123", "O'Neil, A. (late)", "ада", "हिन्दी", "a+b@c.org"],
)
def test_a_harmless_name_stays_and_is_its_own_file_name(name):
    assert learner_names([name]) == {name: name}
    assert file_name(name) == name


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("a\nb;<i>", "a_b__i_~"),
        ("\x1b[31mred", "__31mred~"),
        ("\u202egpj.ada", "_gpj.ada~"),
        ("..", "_~"),
        (".hidden", "hidden~"),
        ("ada ", "ada~"),
        ("a  b", "a b~"),
        ("x" * 300, "x" * 80 + "~"),
        ("\U00020000" * 70, "\U00020000" * 45 + "~"),
        ("a" + "\u0316" * 9, "a" + "\u0316" * 3 + "~"),
        ("a\udcffb", "a_b~"),
        ("ada~0123456789abcdef", "ada_0123456789abcdef~"),
    ],
)
def test_other_names_are_mended_and_marked(name, begin):
    (learner,) = learner_names([name]).values()
    assert learner.startswith(begin)
    assert len(learner) == len(begin) + 16
    assert file_name(learner) == learner


def test_nobody_comes_to_stand_in_anothers_place():
    alone = learner_names(["a_b", "bob"])
    together = learner_names(["a_b", "a;b", "a:b", "bob", " bob", *alone])
    assert {name: together[name] for name in alone} == alone
    assert len(set(together.values())) == 5


def test_names_that_a_file_system_takes_for_one_stay_apart():
    names = learner_names(["Ada", "ada", "ADA", "straße", "STRASSE"])
    assert len({name.casefold() for name in names.values()}) == 5
    assert "ADA" in names.values()


def test_accents_are_composed():
    apart = unicodedata.normalize("NFD", "Zoë")
    assert learner_names([apart]) == {apart: "Zoë"}
    both = learner_names([apart, "Zoë"])
    assert both["Zoë"] == "Zoë"
    assert both[apart].startswith("Zoë~")


def test_a_file_name_for_what_is_no_learners_name():
    names = [file_name(one) for one in ("a b", "a/b", "../a", "..", "", "x" * 200, "x" * 201)]
    assert len(set(names)) == len(names)
    assert not any("/" in name or name.startswith(".") for name in names)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(), max_size=90), max_size=6))
def test_any_names_become_safe_and_different(given):
    names = learner_names(given)
    assert set(names) == set(given)
    assert len({unicodedata.normalize("NFC", n.casefold()) for n in names.values()}) == len(names)
    for learner in names.values():
        assert len(learner) <= 128
        assert len(f".{learner}.json.12345678.tmp".encode()) <= 255
        assert file_name(learner) == learner
        assert learner.isprintable()
        assert not set(learner) & set('/\\<>&"\0\n~'[:-1])
        assert not learner.startswith(".")
