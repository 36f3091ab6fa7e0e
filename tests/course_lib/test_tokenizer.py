from collections import Counter
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import tokenizer as module
from course_lib.tokenizer import (
    GPT2_PATTERN,
    UNKNOWN,
    ByteLevelBPE,
    CharTokenizer,
    WordTokenizer,
    split_pieces,
    split_words,
    train_bpe,
)

TEXT = (
    "The cat sat on the mat because it was tired. The cat's mat wasn't tired: mats aren't.\n"
    "    for cat in cats:\n        cat.sat(on=the_mat)  # 10 000 cats, déjà vu 🐈\n"
)
MERGES = train_bpe(TEXT * 2, 300)

# Few letters, so that pairs repeat and run together; and anything at all.
texts = st.one_of(st.text("ab c'"), st.text(), st.text("at cshe.\n"))
patterns = st.sampled_from([GPT2_PATTERN, None])


def merged_in_order(piece, merges):
    """Go once through the merges, each over the whole piece: the definition, word for word."""
    token_ids = list(piece)
    for number, pair in enumerate(merges):
        position = 0
        while position + 1 < len(token_ids):
            if (token_ids[position], token_ids[position + 1]) == pair:
                token_ids[position : position + 2] = [256 + number]
            position += 1
    return token_ids


def trained_by_counting_afresh(pieces, vocab_size):
    merges = []
    while 256 + len(merges) < vocab_size:
        count = Counter(
            pair for piece in pieces for pair in pairwise(merged_in_order(piece, merges))
        )
        best = min(count, key=lambda pair: (-count[pair], pair), default=None)
        if best is None or count[best] < 2:
            break
        merges.append(best)
    return merges


class TestTrainBPE:
    def test_hand_worked_case(self):
        # aaabdaaabac: aa stands 4 times (overlaps count). XabdXabac: ab and Xa twice, ab is the
        # smaller. XYdXYac: XY twice. ZdZac: nothing twice.
        assert train_bpe("aaabdaaabac", 300, None) == [(97, 97), (97, 98), (256, 257)]

    @given(text=texts, pattern=patterns)
    def test_matches_counting_afresh(self, text, pattern):
        pieces = list(split_pieces(text, pattern))
        assert train_bpe(text, 264, pattern) == trained_by_counting_afresh(pieces, 264)

    def test_matches_counting_afresh_on_prose(self):
        pieces = list(split_pieces(TEXT * 2, GPT2_PATTERN))
        assert trained_by_counting_afresh(pieces, 300) == MERGES
        assert len(MERGES) == 44

    def test_of_equally_frequent_pairs_always_the_smallest(self):
        # Letters follow each other, and a space, equally often, and so do most pairs after them.
        # The merges that the course stores, and all that was learned with them, rest on this.
        text = " ".join(map("".join, permutations("edcba")))
        merges = train_bpe(text, 300)
        assert merges[:2] == [(32, 97), (32, 98)]
        assert merges == trained_by_counting_afresh(list(split_pieces(text, GPT2_PATTERN)), 300)

    def test_no_merge_crosses_a_piece(self):
        tokenizer = ByteLevelBPE(train_bpe("a b" * 50, 300))
        assert tokenizer.encode("a b") == [97, 256]
        assert tokenizer.token_bytes(256) == b" b"

    def test_more_merges_begin_with_the_same_ones(self):
        assert train_bpe(TEXT * 2, 270) == MERGES[:14]

    def test_reports_each_merge(self):
        seen = []
        merges = train_bpe(TEXT, 265, on_merge=lambda number, pair: seen.append((number, pair)))
        assert seen == list(enumerate(merges))

    def test_bytes_are_learned_from_as_well(self):
        # ff fe stands 3 times, fe ff twice.
        assert train_bpe(b"\xff\xfe" * 3, 257, None) == [(255, 254)]

    def test_a_vocabulary_smaller_than_the_bytes_is_refused(self):
        with pytest.raises(ValueError, match="vocab_size=255 has no room for the 256 bytes"):
            train_bpe("text", 255)


class TestSplitPieces:
    def test_hand_worked_case(self):
        # The last of several spaces goes with the word after it.
        pieces = [b"It", b"'s", b" 3", b" cats", b"!", b"\n\n ", b" ok", b" "]
        assert list(split_pieces("It's 3 cats!\n\n  ok ", GPT2_PATTERN)) == pieces

    @given(data=st.one_of(st.binary(), texts), pattern=patterns)
    def test_the_pieces_are_all_of_the_text(self, data, pattern):
        raw = data.encode() if isinstance(data, str) else data
        assert b"".join(split_pieces(data, pattern)) == raw

    @pytest.mark.parametrize("pattern", [r"(\p{L})+|(\s)|\d", r"\p{L}*|[\s\d]"])
    def test_groups_and_empty_matches_in_a_pattern_do_no_harm(self, pattern):
        assert list(split_pieces("abc 12", pattern)) == [b"abc", b" ", b"1", b"2"]
        assert ByteLevelBPE([(97, 98)], pattern).encode("abc 12") == [256, *b"c 12"]

    @pytest.mark.parametrize(
        ("text", "lost"), [("a-b", "-b"), ("-ab", "-ab"), ("ab-", "-"), ("a--bc", "--bc")]
    )
    def test_a_pattern_that_loses_text_is_refused(self, text, lost):
        with pytest.raises(ValueError, match=f"passes over '{lost}'"):
            list(split_pieces(text, r"\p{L}+"))


class TestByteLevelBPE:
    def test_hand_worked_case(self):
        tokenizer = ByteLevelBPE([(97, 97), (97, 98), (256, 257)], None)
        assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
        assert tokenizer.token_bytes(258) == b"aaab"
        assert tokenizer.vocab_size == 259

    def test_by_rank_and_not_by_length_from_the_left(self):
        # bc was learned first, so that abc is a, bc though ab stands further left.
        assert ByteLevelBPE([(98, 99), (97, 98)]).encode("abc") == [97, 256]

    @given(text=texts)
    def test_equals_going_through_the_merges_in_order(self, text):
        assert ByteLevelBPE(MERGES, None).encode(text) == merged_in_order(text.encode(), MERGES)

    @given(text=texts)
    def test_each_piece_is_encoded_by_itself(self, text):
        pieces = split_pieces(text, GPT2_PATTERN)
        expected = [token for piece in pieces for token in merged_in_order(piece, MERGES)]
        assert ByteLevelBPE(MERGES).encode(text) == expected

    @given(text=texts, pattern=patterns)
    def test_any_text_comes_back(self, text, pattern):
        tokenizer = ByteLevelBPE(MERGES, pattern)
        assert tokenizer.decode(tokenizer.encode(text)) == text

    @given(raw=st.binary(), pattern=patterns)
    def test_any_bytes_come_back(self, raw, pattern):
        tokenizer = ByteLevelBPE(MERGES, pattern)
        assert tokenizer.decode_bytes(tokenizer.encode(raw)) == raw

    def test_what_is_trained_on_gets_shorter(self):
        assert len(ByteLevelBPE(MERGES).encode(TEXT)) < len(TEXT.encode()) * 0.6

    def test_encoding_again_gives_the_same_and_cannot_be_disturbed(self):
        tokenizer = ByteLevelBPE(MERGES)
        first = tokenizer.encode("cats")
        expected = list(first)
        first.append(0)
        assert tokenizer.encode("cats") == expected

    def test_long_pieces_are_merged_as_short_ones_are(self):
        text = (TEXT * 3).replace(" ", "_")
        assert ByteLevelBPE(MERGES, None).encode(text) == merged_in_order(text.encode(), MERGES)

    def test_keeps_the_tokens_of_so_many_pieces_and_no_more(self, monkeypatch):
        merged = []
        monkeypatch.setattr(module, "_MOST_KEPT", 2)
        monkeypatch.setattr(
            module, "merge_by_scanning", lambda raw, _: merged.append(raw) or [*raw]
        )
        tokenizer = ByteLevelBPE(MERGES)
        assert tokenizer.encode("a b c") == tokenizer.encode("a b c") == [*b"a b c"]
        assert merged == [b"a", b" b", b" c", b" c"]

    def test_a_text_with_half_of_a_pair_of_surrogates_is_refused(self):
        with pytest.raises(ValueError, match="surrogates not allowed"):
            ByteLevelBPE(MERGES).encode("a\udc80")

    def test_half_a_letter_becomes_the_replacement_character(self):
        tokenizer = ByteLevelBPE([])
        assert tokenizer.decode(tokenizer.encode("é")[:1]) == "\ufffd"

    @pytest.mark.parametrize("token_id", [-1, 300])
    def test_a_token_that_is_not_there_is_refused(self, token_id):
        with pytest.raises(ValueError, match=f"token {token_id} is not in a vocabulary of 300"):
            ByteLevelBPE(MERGES).decode([token_id])

    @pytest.mark.parametrize("merge", [(256, 97), (97, 300), (-1, 97)])
    def test_a_merge_of_a_token_not_yet_made_is_refused(self, merge):
        with pytest.raises(ValueError, match="not made before it"):
            ByteLevelBPE([merge])

    def test_a_merge_that_stands_twice_is_refused(self):
        with pytest.raises(ValueError, match=r"merge \(97, 98\) stands 2 times"):
            ByteLevelBPE([(97, 98), (98, 99), (97, 98)])


class TestCharTokenizer:
    def test_hand_worked_case(self):
        tokenizer = CharTokenizer("cabbac")
        assert tokenizer.symbols == (UNKNOWN, "a", "b", "c")
        assert tokenizer.encode("abc") == [1, 2, 3]
        assert tokenizer.vocab_size == 4

    @given(text=st.text())
    def test_a_text_made_of_its_characters_comes_back(self, text):
        tokenizer = CharTokenizer(text)
        assert tokenizer.decode(tokenizer.encode(text[::-1])) == text[::-1]

    def test_a_character_never_seen_is_marked(self):
        tokenizer = CharTokenizer("abc")
        assert tokenizer.encode("axb") == [1, 0, 2]
        assert tokenizer.decode([1, 0, 2]) == "a<unknown>b"

    @pytest.mark.parametrize("token_id", [-1, 4])
    def test_a_token_that_is_not_there_is_refused(self, token_id):
        with pytest.raises(ValueError, match=f"token {token_id} is not in a vocabulary of 4"):
            CharTokenizer("abc").decode([token_id])


class TestSplitWords:
    def test_punctuation_marks_stand_alone(self):
        words = ["wasn", "'", "t", "it", "?", "!", "déjà_vu", "3"]
        assert split_words("wasn't  it?!\ndéjà_vu 3 ") == words


class TestWordTokenizer:
    def test_hand_worked_case(self):
        tokenizer = WordTokenizer(["the", "cat", "sat", "cat", "."])
        assert tokenizer.symbols == (UNKNOWN, ".", "cat", "sat", "the")
        assert tokenizer.encode("the cat  sat.\n") == [4, 2, 3, 1]
        assert tokenizer.decode([4, 2, 3, 1]) == "the cat sat ."

    def test_a_word_never_seen_is_marked(self):
        tokenizer = WordTokenizer(["the", "cat"])
        assert tokenizer.encode("the dog") == [2, 0]
        assert tokenizer.decode([2, 0]) == "the <unknown>"

    @given(text=st.text())
    def test_the_words_of_its_own_text_come_back(self, text):
        words = split_words(text)
        tokenizer = WordTokenizer(words)
        assert tokenizer.decode(tokenizer.encode(text)).split(" ") == (words or [""])

    @pytest.mark.parametrize("word", ["ice cream", "don't", ""])
    def test_what_is_not_one_word_is_refused(self, word):
        with pytest.raises(ValueError, match="is not one word"):
            WordTokenizer(["the", word])
