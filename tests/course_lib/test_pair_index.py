from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.pair_index import PairIndex

A, B, C = b"abc"


def replaced(token_ids, pair, merged):
    """`token_ids` with `merged` for `pair`, from left to right, by eating from the front."""
    if len(token_ids) < 2:
        return list(token_ids)
    if (token_ids[0], token_ids[1]) == pair:
        return [merged, *replaced(token_ids[2:], pair, merged)]
    return [token_ids[0], *replaced(token_ids[1:], pair, merged)]


def counted(sequences):
    """Count the pairs of `(token_ids, times)` afresh."""
    count = Counter()
    for token_ids, times in sequences:
        for pair in pairwise(token_ids):
            count[pair] += times
    return count


class TestPairIndex:
    def test_hand_worked_case(self):
        # abab: ab twice, ba once. Merged: XX, one pair, once.
        index = PairIndex({b"abab": 1})
        assert index.most_frequent() == (A, B)
        index.merge((A, B), 256)
        assert index.most_frequent() is None

    def test_overlaps_count_and_merge_from_the_left(self):
        # aaa, twice over: aa stands 4 times. Merged from the left: Xa, twice.
        index = PairIndex({b"aaa": 2})
        assert index.most_frequent() == (A, A)
        index.merge((A, A), 256)
        assert index.most_frequent() == (256, A)

    def test_ties_go_to_the_smallest_pair(self):
        assert PairIndex({b"cb": 3, b"ac": 3, b"bb": 3}).most_frequent() == (A, C)

    def test_a_sequence_counts_as_often_as_it_stands(self):
        assert PairIndex({b"ab": 2, b"bc": 3, b"cab": 0}).most_frequent() == (B, C)

    def test_pairs_do_not_reach_across_sequences(self):
        assert PairIndex({b"a": 5, b"b": 5}).most_frequent() is None

    def test_nothing_and_empty_sequences(self):
        assert PairIndex({}).most_frequent() is None
        assert PairIndex({b"": 7, b"ab": 2}).most_frequent() == (A, B)

    def test_ties_go_to_the_smallest_pair_after_merges_too(self):
        # Xc and bX stand 3 times each; b, the byte, is smaller than X.
        index = PairIndex({b"aac": 3, b"baa": 3})
        index.merge((A, A), 256)
        assert index.most_frequent() == (B, 256)

    def test_a_pair_that_stands_nowhere_changes_nothing(self):
        index = PairIndex({b"abab": 1})
        index.merge((C, C), 256)
        assert index.most_frequent() == (A, B)

    @pytest.mark.parametrize("merged", [255, 256])
    def test_a_token_that_may_stand_somewhere_is_refused(self, merged):
        index = PairIndex({b"abab": 1})
        index.merge((A, B), 256)
        with pytest.raises(ValueError, match=f"merged={merged} is not larger than 256"):
            index.merge((256, 256), merged)

    @given(
        texts=st.dictionaries(st.text("ab", max_size=12).map(str.encode), st.integers(1, 4)),
        data=st.data(),
    )
    def test_stays_right_whatever_is_merged(self, texts, data):
        index = PairIndex(texts)
        sequences = [(list(text), times) for text, times in texts.items()]
        for merged in range(256, 262):
            count = counted(sequences)
            best = min(count, key=lambda pair: (-count[pair], pair), default=None)
            repeats = best is not None and count[best] >= 2
            assert index.most_frequent() == (best if repeats else None)
            if not count:
                return
            pair = data.draw(st.sampled_from(sorted(count)))
            index.merge(pair, merged)
            sequences = [(replaced(ids, pair, merged), times) for ids, times in sequences]
