import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.automaton import (
    EMPTY,
    NOTHING,
    any_character,
    compile_grammar,
    derivative,
    either_of,
    fits_empty,
    in_turn,
    literal,
    one_of,
    repeated,
)

# Each grammar with the pattern that Python's own engine reads the same way.
SIMPLE = st.sampled_from(
    [(literal(text), re.escape(text)) for text in ("", "a", "b", "ab", "cab")]
    + [(one_of("ab"), "[ab]"), (one_of("bc"), "[bc]")]
)


def some_in_turn(pairs):
    return in_turn(*(grammar for grammar, _ in pairs)), "".join(pattern for _, pattern in pairs)


def some_options(pairs):
    return either_of(*(grammar for grammar, _ in pairs)), f"(?:{'|'.join(p for _, p in pairs)})"


def some_times(pair, limits):
    (grammar, pattern), (at_least, at_most) = pair, limits
    limit = "" if at_most is None else at_most
    return repeated(grammar, at_least, at_most), f"(?:{pattern}){{{at_least},{limit}}}"


def combined(inner):
    limits = st.sampled_from([(0, None), (1, None), (0, 1), (2, 3), (0, 2), (3, 3)])
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(some_in_turn), several.map(some_options), st.builds(some_times, inner, limits)
    )


GRAMMARS = st.recursive(SIMPLE, combined, max_leaves=6)


class TestBuilding:
    def test_equal_grammars_are_recognised(self):
        a, b = literal("a"), literal("b")
        assert in_turn(a, in_turn(b, a)) == in_turn(in_turn(a, b), a) == literal("aba")
        assert either_of(a, either_of(literal("cc"), b)) == either_of(b, literal("cc"), a, a)
        assert either_of(a, b) == one_of("ab")
        assert repeated(a, 1, 1) == a

    def test_the_empty_text_and_nothing_at_all(self):
        a = literal("a")
        assert literal("") == in_turn() == EMPTY
        assert in_turn(a, EMPTY) == a
        assert in_turn(a, NOTHING, a) == NOTHING
        assert either_of() == one_of("") == NOTHING
        assert either_of(EMPTY, NOTHING) == EMPTY
        assert repeated(NOTHING) == repeated(EMPTY, 3, 4) == repeated(a, 0, 0) == EMPTY
        assert repeated(NOTHING, 1) == NOTHING

    @pytest.mark.parametrize("limits", [(-1, 2), (3, 2)])
    def test_limits_that_cannot_be_kept_are_refused(self, limits):
        with pytest.raises(ValueError, match=f"at least {limits[0]} and at most 2"):
            repeated(literal("a"), *limits)


class TestDerivative:
    def test_hand_worked_case(self):
        # Behind "a" of (ab)+ stands a "b" that must come, and then any number of ab.
        many = repeated(literal("ab"), 1)
        assert derivative(many, ord("a")) == in_turn(literal("b"), repeated(literal("ab")))
        assert derivative(many, ord("b")) == NOTHING

    def test_a_part_that_may_be_empty_lets_the_next_begin(self):
        maybe = in_turn(repeated(literal("a"), 0, 1), literal("b"))
        assert derivative(maybe, ord("b")) == EMPTY

    def test_counts_run_down(self):
        assert derivative(repeated(literal("a"), 2, 3), ord("a")) == repeated(literal("a"), 1, 2)

    def test_of_texts_that_may_be_empty_any_number_is(self):
        maybe = repeated(literal("a"), 0, 1)
        assert fits_empty(repeated(maybe, 2, 3))
        assert fits_empty(in_turn(maybe, maybe))
        assert not fits_empty(in_turn(maybe, literal("b")))
        assert not fits_empty(repeated(literal("a"), 2, 3))

    @given(pair=GRAMMARS, text=st.text("abc", max_size=6))
    def test_a_text_fits_if_the_rest_fits_what_may_follow(self, pair, text):
        grammar, pattern = pair
        for byte in text.encode():
            grammar = derivative(grammar, byte)
        assert fits_empty(grammar) == bool(re.fullmatch(pattern, text))


class TestCompileGrammar:
    def test_hand_worked_case(self):
        # a*b: before the b, behind it, and where no text fits any more.
        automaton = compile_grammar(in_turn(repeated(literal("a")), literal("b")))
        a, b, c = automaton.next_state[:, [97, 98, 99]].mT.tolist()
        assert automaton.accepts.tolist().count(True) == 1
        end, lost = b[0], c[0]
        assert automaton.accepts[end]
        assert a == [0, lost, lost]
        assert b[1:] == c[1:] == [lost, lost]

    @given(pair=GRAMMARS, texts=st.lists(st.text("abc", max_size=9), min_size=1, max_size=9))
    def test_agrees_with_pythons_own_engine(self, pair, texts):
        grammar, pattern = pair
        automaton = compile_grammar(grammar)
        for text in texts:
            assert automaton.fits(text.encode()) == bool(re.fullmatch(pattern, text))

    @given(pair=GRAMMARS)
    def test_the_same_grammar_gives_the_same_automaton_each_time(self, pair):
        one, other = compile_grammar(pair[0]), compile_grammar(pair[0])
        assert one.next_state.equal(other.next_state)
        assert one.accepts.equal(other.accepts)

    def test_a_long_count_stays_small(self):
        digits = repeated(one_of(string.digits), 2, 300)
        automaton = compile_grammar(digits)
        assert automaton.next_state.shape == (302, 256)
        assert automaton.fits(b"0" * 300)
        assert not automaton.fits(b"0" * 301)

    def test_a_grammar_that_needs_too_many_states_is_refused(self):
        # Which of the last nine bytes were an a has to be remembered: 2⁹ states at least.
        ninth_last = in_turn(repeated(one_of("ab")), literal("a"), repeated(one_of("ab"), 8, 8))
        with pytest.raises(ValueError, match="more than 500 states"):
            compile_grammar(ninth_last, max_states=500)
        assert compile_grammar(ninth_last).fits(b"b" + b"abababbab")

    def test_a_long_text(self):
        text = "All work and no play. " * 15
        assert compile_grammar(literal(text)).fits(text.encode())


class TestCharacters:
    @given(character=st.characters())
    def test_each_character_fits_and_no_part_of_it(self, character):
        automaton = compile_grammar(any_character())
        text = character.encode()
        assert automaton.fits(text)
        assert not any(automaton.fits(text[:n]) for n in range(len(text)))

    @given(text=st.binary(min_size=1, max_size=4))
    def test_what_is_no_character_does_not_fit(self, text):
        try:
            expected = len(text.decode()) == 1
        except UnicodeDecodeError:
            expected = False
        assert compile_grammar(any_character()).fits(text) == expected

    @pytest.mark.parametrize(
        "text", ["c1 80", "e0 9f bf", "ed a0 80", "f0 8f bf bf", "f4 90 80 80", "ff", "e0 a0"]
    )
    def test_bytes_that_only_look_like_a_character(self, text):
        # Longer than need be, half of a pair, beyond the last character, cut short.
        assert not compile_grammar(any_character()).fits(bytes.fromhex(text))

    def test_some_characters_can_be_left_out(self):
        automaton = compile_grammar(any_character(but='"\\'))
        assert automaton.fits("é".encode())
        assert automaton.fits(b"'")
        assert not automaton.fits(b'"')
        assert not automaton.fits(b"\\")

    def test_only_those_in_ascii(self):
        with pytest.raises(ValueError, match="unlike some of 'aé'"):
            any_character(but="aé")

    def test_one_of_several_bytes_each(self):
        automaton = compile_grammar(one_of("xäö"))
        assert [automaton.fits(c.encode()) for c in "xäöü"] == [True, True, True, False]
        assert not automaton.fits("ä".encode()[:1])
