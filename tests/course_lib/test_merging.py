import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.merging import merge_by_queue, merge_by_scanning

WAYS = [merge_by_scanning, merge_by_queue]
A, B, C, D = b"abcd"


def merged_in_order(tokens, learned):
    """Go once through the pairs in the order of learning, each over all tokens."""
    tokens = list(tokens)
    for pair, token in sorted(learned.items(), key=lambda entry: entry[1]):
        place = 0
        while place + 1 < len(tokens):
            if (tokens[place], tokens[place + 1]) == pair:
                tokens[place : place + 2] = [token]
            place += 1
    return tokens


@st.composite
def tables(draw):
    """Pairs of letters and of tokens made before, each with the token that it becomes."""
    learned = {}
    for token in range(256, 256 + draw(st.integers(0, 9))):
        known = st.sampled_from([A, B, C, *range(256, token)])
        pair = draw(st.tuples(known, known))
        learned.setdefault(pair, token)
    return learned


@pytest.mark.parametrize("merge", WAYS)
class TestBothWays:
    def test_hand_worked_case(self, merge):
        # aaabdaaabac: aa is 256, from the left: 256 a b d 256 a b a c; ab is 257; 256 257 is 258.
        learned = {(A, A): 256, (A, B): 257, (256, 257): 258}
        assert merge(b"aaabdaaabac", learned) == [258, D, 258, A, C]

    def test_the_first_learned_and_not_the_leftmost(self, merge):
        assert merge(b"abc", {(B, C): 256, (A, B): 257}) == [A, 256]

    def test_of_equals_the_leftmost(self, merge):
        assert merge(b"aaaaa", {(A, A): 256}) == [256, 256, A]

    def test_a_token_made_merges_with_both_neighbours(self, merge):
        assert merge(b"cabc", {(A, B): 256, (256, C): 257, (C, 257): 258}) == [258]

    def test_first_and_last_are_no_neighbours(self, merge):
        assert merge(b"ba", {(A, B): 256}) == [B, A]
        assert merge(b"bca", {(B, C): 256, (A, 256): 257}) == [256, A]

    @pytest.mark.parametrize("tokens", [b"", b"a", b"ac"])
    def test_nothing_to_merge(self, merge, tokens):
        assert merge(tokens, {(A, B): 256}) == list(tokens)

    def test_what_is_given_stays(self, merge):
        tokens = [A, B, C]
        merge(tokens, {(A, B): 256})
        assert tokens == [A, B, C]

    @given(tokens=st.text("abc", max_size=40).map(str.encode), learned=tables())
    def test_equals_going_through_the_pairs_in_order(self, merge, tokens, learned):
        assert merge(tokens, learned) == merged_in_order(tokens, learned)


@pytest.mark.parametrize(("merge", "doublings"), [(merge_by_scanning, 9), (merge_by_queue, 13)])
def test_a_long_sequence_becomes_one_token(merge, doublings):
    pairs = [(A, A), *((token, token) for token in range(256, 255 + doublings))]
    learned = {pair: 256 + number for number, pair in enumerate(pairs)}
    assert merge(b"a" * 2**doublings, learned) == [255 + doublings]
