"""Vocabulary files that are damaged or do not belong together: file, line and fault are named."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.gpt2_vocabulary import (
    END_OF_TEXT,
    MERGES_NAME,
    VOCABULARY_NAME,
    load,
    number_like_gpt2,
    save,
)
from course_lib.tokenizer import ByteLevelBPE, train_bpe

# Line 1 is the version. Line 2 makes "he", 256; line 3 "Ġa", 257; line 4 "Ġhe", 258.
MERGES = [(104, 101), (32, 97), (32, 256)]


@pytest.fixture
def folder(tmp_path):
    """Two files without fault; token 0 stands in line 2 of `vocab.json`, token 1 in line 3 …"""
    save(number_like_gpt2(ByteLevelBPE(MERGES)), tmp_path)
    vocabulary = json.loads((tmp_path / VOCABULARY_NAME).read_text(encoding="utf-8"))
    # With numbers in place of the characters that are not ASCII, as GPT-2's own file has them.
    (tmp_path / VOCABULARY_NAME).write_text(json.dumps(vocabulary, indent=0))
    return tmp_path


def edit(path, old, new):
    raw = path.read_bytes()
    assert raw.count(old) == 1
    path.write_bytes(raw.replace(old, new))


class TestMerges:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("h e\n", "he\n", "line 2: 'he' is not two tokens with a space between"),
            ("Ġ a\n", "Ġ  a\n", "line 3: 'Ġ  a' is not two tokens with a space between"),
            ("Ġ a\n", "\n", "line 3: '' is not two tokens with a space between"),
            ("Ġ he\n", "Ġ he a\n", "line 4: 'Ġ he a' is not two tokens with a space between"),
            ("Ġ a\n", "Ġ \n", "line 3: no line before it makes ''"),
            ("Ġ a\n", "Ġ \u00a0\n", "line 3: no line before it makes '\\xa0'"),
            ("Ġ a\n", "#version: 0.2\n", "line 3: no line before it makes '#version:'"),
            ("h e\n", "h ee\n", "line 2: no line before it makes 'ee'"),
            ("h e\nĠ a\n", "Ġ a\n", "line 3: no line before it makes 'he'"),
            ("Ġ a\n", "h e\n", "line 3: 'he' is made in line 2 too"),
            ("#version: 0.2\nh e\n", "", "line 2: no line before it makes 'he'"),
            ("#version: 0.2\nh e\nĠ a\nĠ he\n", "", "line 1: '' is not two tokens"),
        ],
    )
    def test_a_damaged_line_is_named(self, folder, old, new, message):
        edit(folder / MERGES_NAME, old.encode(), new.encode())
        with pytest.raises(ValueError, match=re.escape(f"{folder / MERGES_NAME}, {message}")):
            load(folder)

    def test_what_is_not_utf_8(self, folder):
        edit(folder / MERGES_NAME, "Ġ a\n".encode(), b"\xc4 a\n")
        with pytest.raises(ValueError, match=r"merges\.txt, line 3: not UTF-8: invalid contin"):
            load(folder)


class TestVocabulary:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (b'"#": 2,', b'"#": 2', ", line 5: not JSON: Expecting ',' delimiter"),
            (b'"#": 2,', b'"#": "2",', ", line 4: '#' has id '2', none of 0 to 259"),
            (b'"#": 2,', b'"#": 2.0,', ", line 4: '#' has id 2.0, none of 0 to 259"),
            (b'"#": 2,', b'"#": true,', ", line 4: '#' has id True, none of 0 to 259"),
            (b'"#": 2,', b'"#": null,', ", line 4: '#' has id None, none of 0 to 259"),
            (b'"#": 2,', b'"#": {"#": 2},', ", line 4: '#' has id {'#': 2}, none of 0 to 259"),
            (b'"#": 2,', b'"#": -2,', ", line 4: '#' has id -2, none of 0 to 259"),
            (b'"#": 2,', b'"#": 260,', ", line 4: '#' has id 260, none of 0 to 259"),
            (b'"\\"": 1,', b'"\\"": 0,', ", line 3: '\"' has id 0, which '!' has"),
            (b'"#": 2,', b'"#": 2, "\\u0023": 2,', ", line 4: '#' stands there twice"),
            (b'"#": 2,', b'"#": 2,\n\n"#": 3,', ", line 6: '#' stands there twice"),
            (b'"#": 2,', b'"##": 2,', " lacks '#', which is a byte"),
            (b'"\\u0120": 220,', b'"\\u0120\\"": 220,', " lacks 'Ġ', which is a byte"),
            (b'"\\u0120he": 258', b'"her": 258', " lacks 'Ġhe', made in line 4 of merges.txt"),
            (b"<|endoftext|>", b"<|end|>", f" lacks the special token {END_OF_TEXT!r}"),
        ],
    )
    def test_a_damaged_entry_is_named(self, folder, old, new, message):
        edit(folder / VOCABULARY_NAME, old, new)
        with pytest.raises(ValueError, match=re.escape(f"{folder / VOCABULARY_NAME}{message}")):
            load(folder)

    @pytest.mark.parametrize(("text", "kind"), [("[1, 2]", "list"), ("7", "int")])
    def test_what_is_no_object(self, folder, text, kind):
        (folder / VOCABULARY_NAME).write_text(text)
        with pytest.raises(ValueError, match=rf"vocab\.json, line 1: holds no object but a {kind}"):
            load(folder)

    def test_what_is_not_utf_8(self, folder):
        edit(folder / VOCABULARY_NAME, b'"#": 2,', b'"\xff": 2,')
        with pytest.raises(ValueError, match=r"vocab\.json, line 4: not UTF-8: invalid start"):
            load(folder)


class TestBoth:
    def test_a_token_that_no_line_makes_is_named(self, folder):
        edit(folder / MERGES_NAME, "Ġ he\n".encode(), b"")
        # Byte symbols take lines 2 to 257, "he" and "Ġa" the next.
        message = r"vocab\.json, line 260: 'Ġhe' is not special, and no line of merges\.txt makes"
        with pytest.raises(ValueError, match=message):
            load(folder)

    def test_a_special_token_must_be_named_as_one(self, folder):
        message = r"vocab\.json, line 261: '<\|endoftext\|>' is not special, and no line of"
        with pytest.raises(ValueError, match=message):
            load(folder, special_tokens=())

    @pytest.mark.parametrize(("name", "line"), [("a", 66), ("he", 258)])
    def test_an_ordinary_token_is_not_special(self, folder, name, line):
        message = rf"vocab\.json, line {line}: '{name}' is not special: a merge or a byte"
        with pytest.raises(ValueError, match=message):
            load(folder, [END_OF_TEXT, name])

    def test_files_of_two_vocabularies_are_refused(self, folder, tmp_path_factory):
        other = tmp_path_factory.mktemp("other")
        save(number_like_gpt2(ByteLevelBPE(train_bpe("it was the cat" * 9, 259))), other)
        (folder / MERGES_NAME).write_bytes((other / MERGES_NAME).read_bytes())
        with pytest.raises(ValueError, match=r"vocab\.json lacks '.*', made in line 2 of merges"):
            load(folder)

    @pytest.mark.parametrize("name", [MERGES_NAME, VOCABULARY_NAME])
    def test_a_file_that_was_cut_short_is_refused(self, folder, name):
        raw = (folder / name).read_bytes().rstrip()

        @given(n_bytes=st.integers(0, len(raw) - 1))
        def is_refused(n_bytes):
            (folder / name).write_bytes(raw[:n_bytes])
            with pytest.raises(ValueError, match=r"(vocab\.json|merges\.txt)(,| lacks)"):
                load(folder)

        is_refused()
