import inspect
import json
from importlib import import_module

import pytest

from course_lib.data import python_source
from course_lib.tokenizer import N_BYTES, ByteLevelBPE, train_bpe


@pytest.fixture(scope="module")
def text():
    return python_source.load()


class TestLoad:
    def test_is_about_a_megabyte(self, text):
        assert 0.9e6 < len(text.encode()) < 1.5e6

    @pytest.mark.parametrize("module", python_source.MODULES)
    def test_each_module_is_read_as_python_reads_it(self, module, text):
        source = python_source.load([module])
        assert source == inspect.getsource(import_module(module.removesuffix(".__init__")))
        assert source in text

    def test_modules_follow_one_another(self):
        heapq, random = python_source.load(["heapq"]), python_source.load(["random"])
        assert python_source.load(["random", "heapq"]) == random + heapq

    def test_no_module_stands_twice(self):
        assert len(set(python_source.MODULES)) == len(python_source.MODULES)

    def test_a_module_that_is_not_there_is_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match="does not bring the source of no_such_module"):
            python_source.load(["no_such_module"])


class TestMerges:
    def test_are_a_tokenizer(self):
        merges = python_source.load_merges()
        assert ByteLevelBPE(merges).vocab_size == N_BYTES + python_source.N_MERGES

    def test_know_how_python_is_indented(self):
        tokenizer = ByteLevelBPE(python_source.load_merges())
        assert tokenizer.token_bytes(N_BYTES) == b"  "
        assert len(tokenizer.encode("        return self")) <= 3

    def test_any_python_comes_back_in_fewer_tokens(self):
        tokenizer = ByteLevelBPE(python_source.load_merges())
        text = python_source.load(["inspect", "statistics", "threading"])
        token_ids = tokenizer.encode(text)
        assert tokenizer.decode(token_ids) == text
        assert len(text.encode()) / len(token_ids) > 2.5

    def test_shorten_as_well_as_merges_learned_here_and_now(self, text):
        fresh = train_bpe(text, N_BYTES + python_source.N_MERGES)
        part = python_source.load(["inspect"])
        n_fresh = len(ByteLevelBPE(fresh).encode(part))
        n_stored = len(ByteLevelBPE(python_source.load_merges()).encode(part))
        # The same on the Python that made them; others differ in a small part of their text.
        assert n_stored == pytest.approx(n_fresh, rel=0.02)


def test_merges_are_written_as_they_are_learned(tmp_path, monkeypatch, text):
    monkeypatch.setattr(python_source, "N_MERGES", 5)
    path = tmp_path / "merges.json"
    python_source.write_merges(path)
    written = [tuple(pair) for pair in json.loads(path.read_text())]
    assert written == train_bpe(text, N_BYTES + 5)
