import random

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from course_lib.gpt2_vocabulary import BYTE_SYMBOLS, number_like_gpt2
from course_lib.numbered_bpe import NumberedBPE
from course_lib.tokenizer import GPT2_PATTERN, ByteLevelBPE, train_bpe

TEXT = (
    "The cat sat on the mat because it wasn't tired; they'll see: 1 234,50 €.\n"
    "\tfor cat in cats:\n        cat.sat(on=the_mat)  # déjà vu 🐈‍⬛ 👩‍👩‍👧 e\u0301\r\n\r\n"
    "Кошка сидела на ковре. 猫坐在垫子上。 الجلست القطة على السجادة ٣٤ बिल्ली चटाई पर "
    "\u00a0\u2003\u3000"
)
MERGES = train_bpe(TEXT * 2, 420)
END, PAD = "<|endoftext|>", "<pad>"
TOKENIZER = number_like_gpt2(ByteLevelBPE(MERGES), (END, PAD))
V = TOKENIZER.vocab_size

# What cuts a text in unusual places: white space of all kinds, control characters, marks that
# join, letters and numbers of many scripts, contractions, special tokens and their parts.
SNIPPETS = [
    *" \t\n\r\v\f\0\x1c\x1f\x7f\x85\u00a0\u1680\u180e\u2003\u2028\u2029\u200b\u200d\u3000\ufeff",
    *("   ", " \n ", "\n\n", "\r\n", "'s", "'LL", "'re", "’ve", "''t", "e\u0301", "\u0301", "ﬃ"),
    *(
        "🐈‍⬛",
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "🇩🇪",
        "猫",
        "кошка",
        "القطة",
        "बिल्ली",
        "٣",
        "Ⅷ",
        "½",
        "x²",
        "ß",
        "\U000e0041",
    ),
    *(END, PAD, "<|endof", "text|>", "<", "|", ">"),
    *TEXT.split(),
]
# Peers know other versions of Unicode, so that a character new to one is a letter to another.
assigned = st.characters(exclude_categories=["Cs", "Cn"])
texts = st.lists(st.one_of(st.text(assigned, max_size=6), st.sampled_from(SNIPPETS))).map("".join)


def hugging_face(tokenizer):
    """Build the tokenizer of the same tokens that `tokenizers` has."""
    symbols = [
        "".join(BYTE_SYMBOLS[byte] for byte in tokenizer.bpe.token_bytes(number))
        for number in range(tokenizer.bpe.vocab_size)
    ]
    merges = [(symbols[first], symbols[second]) for first, second in tokenizer.bpe.merges]
    vocabulary = dict(zip(symbols, tokenizer.ids, strict=True)) | tokenizer.special_tokens
    peer = Tokenizer(BPE(vocabulary, merges))
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    peer.decoder = decoders.ByteLevel()
    peer.add_special_tokens([AddedToken(name, special=True) for name in tokenizer.special_tokens])
    return peer


def open_ai(tokenizer):
    """Build the tokenizer of the same tokens that `tiktoken` has."""
    ranks = {tokenizer.token_bytes(token_id): token_id for token_id in tokenizer.ids}
    return tiktoken.Encoding(
        "own", pat_str=GPT2_PATTERN, mergeable_ranks=ranks, special_tokens=tokenizer.special_tokens
    )


HUGGING_FACE, OPEN_AI = hugging_face(TOKENIZER), open_ai(TOKENIZER)


def shuffled():
    """Build the same tokens with ids in no order at all, special ones among them."""
    end, pad, *ids = random.Random(0).sample(range(V), V)
    return NumberedBPE(ByteLevelBPE(MERGES), ids, {END: end, PAD: pad})


SHUFFLED = shuffled()
SHUFFLED_HUGGING_FACE = hugging_face(SHUFFLED)


class TestEncode:
    def test_hand_worked_case(self):
        # a and b are 1 and 0 here, ab is 257, and 256 ends a text.
        ids = [255, *range(2, 97 + 1), 1, 0, *range(98, 255), 257]
        tokenizer = NumberedBPE(ByteLevelBPE([(97, 98)]), ids, {"<end>": 256})
        assert tokenizer.encode("abba") == [257, 0, 1]
        assert tokenizer.encode("ab<end>b", ["<end>"]) == [257, 256, 0]
        assert tokenizer.encode("<end>" * 2, ["<end>"]) == [256, 256]
        assert tokenizer.decode([257, 256, 0]) == "ab<end>b"
        assert tokenizer.vocab_size == 258

    @given(text=texts)
    def test_agrees_with_tokenizers(self, text):
        HUGGING_FACE.encode_special_tokens = True
        assert TOKENIZER.encode(text) == HUGGING_FACE.encode(text).ids
        HUGGING_FACE.encode_special_tokens = False
        assert TOKENIZER.encode(text, [END, PAD]) == HUGGING_FACE.encode(text).ids

    @given(text=texts)
    def test_agrees_with_tiktoken(self, text):
        assert TOKENIZER.encode(text) == OPEN_AI.encode_ordinary(text)
        for names in ([END], [END, PAD]):
            expected = OPEN_AI.encode(text, allowed_special=set(names), disallowed_special=())
            assert TOKENIZER.encode(text, names) == expected

    @given(text=texts)
    def test_agrees_with_tokenizers_in_whatever_order_the_ids_are(self, text):
        assert SHUFFLED.encode(text, [END, PAD]) == SHUFFLED_HUGGING_FACE.encode(text).ids

    @given(text=texts)
    def test_gives_the_tokens_of_the_bpe_under_their_ids(self, text):
        numbers = TOKENIZER.bpe.encode(text)
        assert TOKENIZER.encode(text) == [TOKENIZER.ids[number] for number in numbers]

    def test_a_special_token_that_is_not_asked_for_is_text(self):
        token_ids = TOKENIZER.encode(f"cat{END}{PAD}", [PAD])
        assert token_ids.count(TOKENIZER.special_tokens[PAD]) == 1
        assert TOKENIZER.special_tokens[END] not in token_ids

    def test_a_special_token_cuts_white_space_from_what_follows(self):
        # Before a word the last of two spaces goes with the word; at the end of a text both stay.
        two_spaces, end = TOKENIZER.encode("  "), TOKENIZER.special_tokens[END]
        assert TOKENIZER.encode(f"  {END} a", [END]) == [*two_spaces, end, *TOKENIZER.encode(" a")]

    @pytest.mark.parametrize("names", [("<a>", "<a>>"), ("<a>>", "<a>"), ("<a>", "a>>")])
    def test_the_first_and_then_the_longest_special_token(self, names):
        tokenizer = number_like_gpt2(ByteLevelBPE(MERGES), names)
        peer = hugging_face(tokenizer)
        for text in ("<a>>", "<a>>>a>>", "<a><a>>", "a>><a>"):
            assert tokenizer.encode(text, names) == peer.encode(text).ids

    def test_signs_in_a_name_are_no_pattern(self):
        tokenizer = number_like_gpt2(ByteLevelBPE([]), ["a.c", "[x]", "(é"])
        assert tokenizer.encode("abc.", ["a.c"]) == tokenizer.encode("abc.")
        assert tokenizer.encode("[x](éx", ["[x]", "(é"]) == [257, 258, *tokenizer.encode("x")]

    def test_bytes_that_are_no_text_may_stand_around_a_special_token(self):
        token_ids = TOKENIZER.encode(b"\xff" + END.encode() + b"\xfe", [END])
        assert [TOKENIZER.token_bytes(i) for i in token_ids] == [b"\xff", END.encode(), b"\xfe"]

    def test_a_name_that_is_no_special_token_is_refused(self):
        with pytest.raises(ValueError, match="'<eos>' is no special token; there are: '<"):
            TOKENIZER.encode("text", [END, "<eos>"])
        with pytest.raises(ValueError, match="'<eos>' is no special token; there are: none"):
            number_like_gpt2(ByteLevelBPE([]), ()).encode("text", ["<eos>"])


class TestDecode:
    @given(text=texts, tokenizer=st.sampled_from([TOKENIZER, SHUFFLED]))
    def test_any_text_comes_back(self, text, tokenizer):
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert tokenizer.decode(tokenizer.encode(text, [END, PAD])) == text

    @given(raw=st.binary(), tokenizer=st.sampled_from([TOKENIZER, SHUFFLED]))
    def test_any_bytes_come_back(self, raw, tokenizer):
        assert tokenizer.decode_bytes(tokenizer.encode(raw)) == raw

    @given(token_ids=st.lists(st.integers(0, V - 1)))
    def test_agrees_with_the_peers_on_any_tokens(self, token_ids):
        assert TOKENIZER.decode(token_ids) == OPEN_AI.decode(token_ids)
        assert TOKENIZER.decode_bytes(token_ids) == OPEN_AI.decode_bytes(token_ids)
        assert TOKENIZER.decode(token_ids) == HUGGING_FACE.decode(
            token_ids, skip_special_tokens=False
        )

    @pytest.mark.parametrize("token_id", [-1, V])
    def test_a_token_that_is_not_there_is_refused(self, token_id):
        with pytest.raises(ValueError, match=f"token {token_id} is not in a vocabulary of {V}"):
            TOKENIZER.decode([token_id])


class TestNumberedBPE:
    def test_does_not_change_with_what_it_was_built_from(self):
        ids, special = list(range(256)), {END: 256}
        tokenizer = NumberedBPE(ByteLevelBPE([]), ids, special)
        ids[97], special[PAD] = 0, 257
        assert tokenizer.encode("a") == [97]
        assert tokenizer.special_tokens == {END: 256}

    def test_ids_that_are_too_few_are_refused(self):
        with pytest.raises(ValueError, match="there are 256 ids for 257 tokens"):
            NumberedBPE(ByteLevelBPE([(97, 98)]), range(256), {})

    @pytest.mark.parametrize("wrong", [-1, 257])
    def test_an_id_that_leaves_a_gap_is_refused(self, wrong):
        with pytest.raises(ValueError, match=f"id {wrong} is none of 0 to 256"):
            NumberedBPE(ByteLevelBPE([]), range(256), {END: wrong})

    def test_an_id_given_twice_is_refused(self):
        with pytest.raises(ValueError, match="b'a' and b'<pad>' both have id 97"):
            NumberedBPE(ByteLevelBPE([]), range(256), {PAD: 97})

    def test_a_special_token_without_a_name_is_refused(self):
        with pytest.raises(ValueError, match="special token 256 has no name"):
            NumberedBPE(ByteLevelBPE([]), range(256), {"": 256})
