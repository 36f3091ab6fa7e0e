import json

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tokenizers import ByteLevelBPETokenizer
from tokenizers.pre_tokenizers import ByteLevel

from course_lib.gpt2_vocabulary import (
    BYTE_SYMBOLS,
    END_OF_TEXT,
    MERGES_NAME,
    VOCABULARY_NAME,
    load,
    number_like_gpt2,
    save,
)
from course_lib.numbered_bpe import NumberedBPE
from course_lib.tokenizer import GPT2_PATTERN, ByteLevelBPE, train_bpe

TEXT = (
    "The cat sat on the mat because it wasn't tired; they'll see: 1 234,50 €.\n"
    "\tfor cat in cats:\n        cat.sat(on=the_mat)  # déjà vu 🐈 e\u0301\r\n\r\n"
    "Кошка сидела на ковре. 猫坐在垫子上。 القطة على السجادة ٣٤ बिल्ली चटाई पर\n"
)
PAD = "<a pad>"
assigned = st.characters(exclude_categories=["Cs", "Cn"])
pieces = st.sampled_from([*TEXT.split(), *" \n\t", "  ", END_OF_TEXT, PAD, "<|endof"])
texts = st.lists(st.one_of(st.text(assigned, max_size=6), pieces)).map("".join)

# The first merges of GPT-2: "Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "Ġt he".
SPACE = 32
GPT2_MERGES = [
    (SPACE, 116),
    (SPACE, 97),
    (104, 101),
    (105, 110),
    (114, 101),
    (111, 110),
    (256, 258),
]


@pytest.fixture(scope="module")
def bpe():
    return ByteLevelBPE(train_bpe(TEXT * 2, 400))


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    """A vocabulary trained and written by `tokenizers`: the tokenizer, and its folder.

    The special tokens come first, so that no token has the id of its place in the merges.
    """
    peer = ByteLevelBPETokenizer()
    peer.train_from_iterator(
        [TEXT * 2],
        vocab_size=400,
        min_frequency=2,
        special_tokens=[END_OF_TEXT, PAD],
        show_progress=False,
    )
    folder = tmp_path_factory.mktemp("hugging_face")
    peer.save_model(str(folder))
    return peer, folder


@pytest.fixture
def folder(tmp_path):
    """Two files of seven merges, those that GPT-2's begin with."""
    save(number_like_gpt2(ByteLevelBPE(GPT2_MERGES)), tmp_path)
    return tmp_path


class TestByteSymbols:
    def test_hand_worked_cases(self):
        assert [BYTE_SYMBOLS[byte] for byte in b"! ~\n\x00"] == ["!", "Ġ", "~", "Ċ", "Ā"]
        # U+00AD, an invisible hyphen, is the last byte that has no symbol of its own: the 68th.
        assert BYTE_SYMBOLS[0xAD] == chr(256 + 67)
        assert BYTE_SYMBOLS[0xFF] == "ÿ"

    def test_are_those_of_tokenizers(self):
        assert set(BYTE_SYMBOLS) == set(ByteLevel.alphabet())
        assert len(BYTE_SYMBOLS) == 256


class TestNumberLikeGPT2:
    def test_gives_the_ids_that_gpt2_has(self):
        tokenizer = number_like_gpt2(ByteLevelBPE(GPT2_MERGES))
        # As published: ! is 0, a is 64, a space 220, a new line 198; then the merges.
        assert tokenizer.encode("!a \n\n") == [0, 64, 220, 198, 198]
        assert tokenizer.encode("in the") == [259, 262]
        assert tokenizer.special_tokens == {END_OF_TEXT: 263}

    def test_special_tokens_come_last_and_once(self):
        tokenizer = number_like_gpt2(ByteLevelBPE([]), [PAD, END_OF_TEXT, PAD])
        assert tokenizer.special_tokens == {PAD: 256, END_OF_TEXT: 257}


class TestSave:
    def test_hand_worked_case(self, tmp_path):
        save(number_like_gpt2(ByteLevelBPE(GPT2_MERGES)), tmp_path / "made" / "on the way")
        folder = tmp_path / "made" / "on the way"
        merges = b"#version: 0.2\n\xc4\xa0 t\n\xc4\xa0 a\nh e\ni n\nr e\no n\n\xc4\xa0t he\n"
        assert (folder / MERGES_NAME).read_bytes() == merges
        text = (folder / VOCABULARY_NAME).read_text(encoding="utf-8")
        assert text.endswith(', "on": 261, "Ġthe": 262, "<|endoftext|>": 263}\n')
        vocabulary = json.loads(text)
        assert list(vocabulary.values()) == list(range(264))
        assert list(vocabulary)[:3] == ["!", '"', "#"]

    def test_the_same_comes_back(self, bpe, tmp_path):
        ids, special = range(bpe.vocab_size + 1, 1, -1), {PAD: 0, "пауза": 1}
        tokenizer = NumberedBPE(bpe, ids, special)
        save(tokenizer, tmp_path)
        loaded = load(tmp_path, special)
        assert (loaded.ids, loaded.special_tokens) == (tokenizer.ids, special)
        assert (loaded.bpe.merges, loaded.bpe.pattern) == (bpe.merges, GPT2_PATTERN)

    @pytest.mark.parametrize("like_gpt2", [True, False])
    def test_tokenizers_reads_it(self, bpe, tmp_path, like_gpt2):
        tokenizer = number_like_gpt2(bpe, [END_OF_TEXT, PAD])
        if not like_gpt2:  # the ids of the library's own tokenizer, each one higher
            ids = range(1, bpe.vocab_size + 1)
            tokenizer = NumberedBPE(bpe, ids, {END_OF_TEXT: 0, PAD: len(ids) + 1})
        save(tokenizer, tmp_path)
        peer = ByteLevelBPETokenizer.from_file(
            str(tmp_path / VOCABULARY_NAME), str(tmp_path / MERGES_NAME)
        )
        peer.add_special_tokens([END_OF_TEXT, PAD])
        assert peer.get_vocab_size() == tokenizer.vocab_size

        @given(text=texts)
        def agrees(text):
            token_ids = tokenizer.encode(text, [END_OF_TEXT, PAD])
            assert token_ids == peer.encode(text).ids
            assert peer.decode(token_ids, skip_special_tokens=False) == text

        agrees()

    def test_tiktoken_reads_it(self, bpe, tmp_path, monkeypatch):
        tokenizer = number_like_gpt2(bpe)
        save(tokenizer, tmp_path)
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # the folder's name may come again
        ranks = data_gym_to_mergeable_bpe_ranks(
            str(tmp_path / MERGES_NAME), str(tmp_path / VOCABULARY_NAME)
        )
        peer = tiktoken.Encoding(
            "own",
            pat_str=GPT2_PATTERN,
            mergeable_ranks=ranks,
            special_tokens=tokenizer.special_tokens,
        )

        @given(text=texts)
        def agrees(text):
            token_ids = tokenizer.encode(text, [END_OF_TEXT])
            assert token_ids == peer.encode(text, allowed_special="all")
            assert peer.decode(token_ids) == text

        agrees()

    def test_tokens_that_are_written_alike_are_refused(self, tmp_path):
        twice = ByteLevelBPE([(97, 98), (98, 99), (256, 99), (97, 257)])
        with pytest.raises(ValueError, match="tokens 258 and 259 are both written 'abc'"):
            save(number_like_gpt2(twice), tmp_path)
        with pytest.raises(ValueError, match="tokens 220 and 256 are both written 'Ġ'"):
            save(number_like_gpt2(ByteLevelBPE([]), ["Ġ"]), tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestLoad:
    def test_gives_the_ids_that_tokenizers_wrote(self, hugging_face):
        peer, folder = hugging_face
        tokenizer = load(folder, [END_OF_TEXT, PAD])
        assert tokenizer.special_tokens == {END_OF_TEXT: 0, PAD: 1}
        assert tokenizer.vocab_size == peer.get_vocab_size()

        @given(text=texts)
        def agrees(text):
            assert tokenizer.encode(text, [END_OF_TEXT, PAD]) == peer.encode(text).ids

        agrees()

    def test_what_it_writes_is_read_back_the_same(self, hugging_face, tmp_path):
        _, folder = hugging_face
        save(load(folder, [END_OF_TEXT, PAD]), tmp_path)
        assert (tmp_path / MERGES_NAME).read_bytes() == (folder / MERGES_NAME).read_bytes()
        ours, theirs = (json.loads((at / VOCABULARY_NAME).read_text()) for at in (tmp_path, folder))
        assert list(ours.items()) == list(theirs.items())

    def test_the_pattern_is_the_callers(self, folder):
        assert load(folder).encode("o n") == [78, 220, 77]
        assert load(folder, pattern=None).bpe.pattern is None

    def test_lines_may_end_as_on_windows_and_the_version_may_lack(self, folder):
        path, expected = folder / MERGES_NAME, load(folder).bpe.merges
        text = path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8", newline="\r\n")
        assert load(folder).bpe.merges == expected
        path.write_text(text.partition("\n")[2].rstrip("\n"), encoding="utf-8")
        assert load(folder).bpe.merges == expected

    def test_a_file_that_is_not_there(self, folder):
        (folder / MERGES_NAME).unlink()
        with pytest.raises(FileNotFoundError, match=r"merges\.txt"):
            load(folder)
