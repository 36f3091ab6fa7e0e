import os
import subprocess
import sys

import pytest

from course_lib.agents.memory import (
    Memory,
    StoreMemory,
    SummaryMemory,
    WindowMemory,
    keep_rare,
)
from course_lib.agents.note_store import NoteStore, hashed_vector

TEXTS = ["anna lives in oslo", "it rained", "it rained again", "it rained on", "john eats soup"]


def told(memory, texts=TEXTS):
    for text in texts:
        memory.tell(text)
    return memory


def n_words(texts):
    return sum(len(text.split()) for text in texts)


class TestWindow:
    def test_by_hand(self):
        assert told(WindowMemory(9)).recall("?") == TEXTS[2:]  # 3 + 3 + 3 words
        assert told(WindowMemory(8)).recall("?") == TEXTS[3:]

    def test_a_text_that_is_too_long_leaves_nothing(self):
        assert told(WindowMemory(2), ["a b", "c d e"]).recall("?") == []

    def test_what_is_returned_is_a_copy(self):
        memory = told(WindowMemory(9))
        memory.recall("?").clear()
        assert memory.recall("?") == TEXTS[2:]


class TestSummary:
    def test_the_summary_gets_what_leaves_the_window(self):
        asked = []

        def summarise(texts, most):
            asked.append((list(texts), most))
            return [texts[0]]

        memory = told(SummaryMemory(12, summarise))
        # Window of 6 words. The second text fits (4 + 2); the third makes 9: one of three folds.
        # The fourth makes 8: again one of three. The fifth makes 9: again.
        assert asked == [
            ([TEXTS[0]], 6),
            ([TEXTS[0], TEXTS[1]], 6),
            ([TEXTS[0], TEXTS[2]], 6),
        ]
        assert memory.recall("?") == [TEXTS[0], TEXTS[3], TEXTS[4]]

    def test_the_older_half_is_folded_at_once(self):
        asked = []

        def summarise(texts, most):
            asked.append(len(texts))
            return []

        memory = told(SummaryMemory(16, summarise), ["a b"] * 5)
        assert asked == [2]  # 10 words do not fit into 8: of five texts two go
        assert memory.recall("?") == ["a b"] * 3

    @pytest.mark.parametrize("words", [8, 13, 20])
    def test_it_never_shows_more_than_it_may(self, words):
        memory = SummaryMemory(words, keep_rare)
        for n in range(40):
            memory.tell(f"line {n} says {n * n}"[: 8 + n % 5])
            assert n_words(memory.recall("?")) <= words

    def test_rare_words_are_kept(self):
        assert keep_rare(TEXTS, 7) == ["anna lives in oslo", "john eats soup"]
        assert keep_rare(TEXTS, 3) == ["john eats soup"]
        assert keep_rare([], 5) == keep_rare(TEXTS, 1) == []

    def test_what_is_kept_is_the_same_in_every_process(self):
        # The order of a set of words follows from a number that Python draws when it starts.
        script = (
            "import torch\n"
            "from course_lib.agents.memory import SummaryMemory, keep_rare\n"
            "from course_lib.data.planted_facts import make_conversation\n"
            "memory = SummaryMemory(120, keep_rare)\n"
            "for line in make_conversation(200, 30, 5, torch.Generator().manual_seed(1)).lines:\n"
            "    memory.tell(line)\n"
            "print(*memory.recall('?'), sep='|')\n"
        )
        kept = [
            subprocess.run(
                [sys.executable, "-c", script],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        ]
        assert kept[0] == kept[1] != ""


class TestStore:
    def memory(self, words):
        return StoreMemory(NoteStore(hashed_vector()), words)

    def test_what_is_asked_for_is_seen_however_old(self):
        memory = told(self.memory(9), [*TEXTS, *["it rained again"] * 50])
        assert memory.recall("where does anna live lives") == ["anna lives in oslo"]

    def test_in_the_order_in_which_it_was_told(self):
        memory = told(self.memory(20), ["anna lives here", "x y", "anna anna anna"])
        assert memory.recall("anna") == ["anna lives here", "anna anna anna"]

    def test_only_as_many_words_as_may_be_shown(self):
        memory = told(self.memory(7), ["anna eats soup"] * 9)
        assert memory.recall("anna eats") == ["anna eats soup"] * 2

    def test_the_same_text_twice_is_two_notes(self):
        memory = told(self.memory(6), ["anna eats soup", "anna eats soup"])
        assert len(memory.recall("anna")) == 2


def test_all_are_memories_and_need_room():
    store = NoteStore(hashed_vector())
    for make in (
        WindowMemory,
        lambda n: SummaryMemory(n, keep_rare),
        lambda n: StoreMemory(store, n),
    ):
        assert isinstance(make(5), Memory)
        with pytest.raises(ValueError, match="room for at least one word"):
            make(0)
