import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.automaton import (
    any_character,
    derivative,
    either_of,
    fits_empty,
    in_turn,
    literal,
    one_of,
    repeated,
)
from course_lib.generation.patterns import parse_pattern

PIECES = st.one_of(
    st.sampled_from(["a", "b", "é", r"\.", r"\\", r"\d", r"\w", r"\s", r"\n", "."]),
    st.sampled_from(["[ab]", "[a-c]", "[^a]", "[^a-c]", "[-a]", "[a-]", r"[\]a]", "[é-ü]", "[.*]"]),
)
COUNTS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{2,3}"])
BRANCHES = st.lists(st.tuples(PIECES, COUNTS).map("".join), max_size=2).map("".join)
PATTERNS = st.builds("{}({}|{}){}{}".format, BRANCHES, BRANCHES, BRANCHES, COUNTS, BRANCHES)
TEXTS = st.text("abcdé-ü.]*\\ \n1_", max_size=5)


def fits(pattern, text):
    grammar = parse_pattern(pattern)
    for byte in text.encode():
        grammar = derivative(grammar, byte)
    return fits_empty(grammar)


class TestParsePattern:
    def test_hand_worked_cases(self):
        a, b, c = map(literal, "abc")
        assert parse_pattern("ab|c") == either_of(literal("ab"), c)
        assert parse_pattern("a(b|c)*") == in_turn(a, repeated(either_of(b, c)))
        assert parse_pattern("ab+") == in_turn(a, repeated(b, 1))
        assert parse_pattern("a{2,5}b{3}c{4,}") == in_turn(
            repeated(a, 2, 5), repeated(b, 3, 3), repeated(c, 4)
        )
        assert parse_pattern("[a-cx]?") == repeated(one_of("abcx"), 0, 1)
        assert parse_pattern('[^"]') == any_character(but='"')
        assert parse_pattern("") == parse_pattern("()") == literal("")

    @given(pattern=PATTERNS, texts=st.lists(TEXTS, min_size=1, max_size=5))
    def test_agrees_with_pythons_own_engine(self, pattern, texts):
        for text in texts:
            assert fits(pattern, text) == bool(re.fullmatch(pattern, text, re.ASCII))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0", True),
            ("-12.50", True),
            ("6e-7", True),
            ("01", False),
            ("1.", False),
            ("-", False),
            ("", False),
        ],
    )
    def test_a_number_of_json(self, text, expected):
        assert fits(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+\-]?\d+)?", text) == expected

    @pytest.mark.parametrize(("pattern", "text"), [(r"\w", "_"), (r"\w", "Z"), (r"\d", "9")])
    def test_classes_of_characters(self, pattern, text):
        assert fits(pattern, text)
        assert not fits(pattern, "-")

    @pytest.mark.parametrize("separator", [*" \t\n\r\f\v"])
    def test_spaces(self, separator):
        assert fits(r"a\sb", f"a{separator}b")
        assert not fits(r"a\sb", "a_b")

    @pytest.mark.parametrize(
        ("pattern", "message"),
        [
            ("a)", "nothing was opened that this closes, at place 1"),
            ("(a", r"\) is missing, at place 2"),
            ("[a", r"\] is missing, at place 2"),
            ("a**", r"\* has nothing to stand behind, at place 2"),
            ("|+", r"\+ has nothing to stand behind, at place 1"),
            ("a]", r"\] has nothing to stand behind, at place 1"),
            ("a{x}", "a number is missing, at place 2"),
            ("a{2", r"\} is missing, at place 3"),
            ("a{3,2}", "at least 3 and at most 2"),
            (r"\b", r"\\b means nothing, at place 2"),
            ("\\", r"\\ means nothing, at place 1"),
            ("[]", "a class of no characters fits nothing, at place 2"),
            ("[c-a]", "nothing lies between 'c' and 'a', at place 4 of '"),
            (r"[\d-z]", "nothing lies between '0123456789' and 'z'"),
            (r"[+-\d]", r"nothing lies between '\+' and '0123456789'"),
            ("[^é]", "only characters in ASCII can be left out"),
        ],
    )
    def test_what_is_no_pattern_is_refused_with_the_place(self, pattern, message):
        with pytest.raises(ValueError, match=message):
            parse_pattern(pattern)
