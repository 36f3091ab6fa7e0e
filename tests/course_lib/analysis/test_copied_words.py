import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course_lib.analysis.copied_words import (
    KINDS,
    CopyScores,
    copied_places,
    score_copies,
)
from course_lib.data import tinytales
from course_lib.data.tale_tokens import TOKENS, encode

BY_HAND = tinytales.parse(
    "once sarah and her friend john were in the park . sarah had a red ball . "
    "john had a blue book . sarah gave the ball to john because he liked it . "
    "the cat sat on the mat because it was tired . "
    "the cat sat on the rug because it was soft and sarah touched it . "
    "john hid the book in the box . john found the book in the box . "
    "at night sarah went home alone ."
)


def tales(n):
    generator = torch.Generator().manual_seed(11)
    return [tinytales.sample_story(generator) for _ in range(n)]


class Fixed(nn.Module):
    """Gives what it was made with, or rows of a random table, one for each token."""

    def __init__(self, seed=0, logits=None):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = 3 * torch.randn(len(TOKENS), len(TOKENS), generator=generator)
        self.logits = logits

    def forward(self, token_ids):
        found = self.table[token_ids] if self.logits is None else self.logits
        return SimpleNamespace(logits=found[:, : token_ids.shape[1]])


class TestCopiedPlaces:
    def test_hand_worked(self):
        """Sarah was free to act again (23), and so was John's choice of what to hide (63)."""
        found = {place: (BY_HAND.words[place], kind) for place, kind in places_of(BY_HAND)}
        assert found == {
            11: ("sarah", "name"),
            17: ("john", "name"),
            26: ("ball", "object"),
            28: ("john", "name"),
            46: ("cat", "animal"),
            71: ("book", "object"),
            74: ("box", "place"),
        }

    def test_the_grammar_allows_nothing_else_there(self):
        for tale in tales(6):
            for place, kind in places_of(tale):
                before = tale.words[:place]
                assert tinytales.continuations(before) == {tale.words[place]: 1.0}
                assert tale.words[place] in before
                assert tale.words[place] in KINDS[kind]

    def test_no_word_is_of_two_kinds(self):
        words = [word for kind in KINDS.values() for word in kind]
        assert len(words) == len(set(words))


class TestScoreCopies:
    def test_as_with_plain_loops(self):
        some = [BY_HAND, *tales(120)]  # more than are read at a time
        model = Fixed(3)
        scores = score_copies(model, some)
        surprise, right, whole = [], [], []
        for tale in some:
            logits = model(torch.tensor([encode(tale.words)])).logits[0].double()
            hits = []
            for place in copied_places(tale):
                row = logits[place - 1]
                own = encode(tale.words)[place]
                surprise.append(math.log(sum(math.exp(x) for x in row.tolist())) - row[own].item())
                hits.append(row.argmax().item() == own)
            right += hits
            whole.append(all(hits))
        assert scores.nats == pytest.approx(sum(surprise) / len(surprise), rel=1e-6)  # float32
        assert scores.share_right == pytest.approx(sum(right) / len(right), rel=1e-12)
        assert scores.share_of_tales == pytest.approx(sum(whole) / len(whole), rel=1e-12)
        assert scores.is_right.tolist() == right

    def test_who_knows_the_tale_errs_nowhere(self):
        token_ids = torch.tensor(encode(BY_HAND.words))
        knows = torch.zeros(1, len(token_ids), len(TOKENS))
        knows[0, torch.arange(len(token_ids) - 1), token_ids[1:]] = 50.0
        scores = score_copies(Fixed(logits=knows), [BY_HAND])
        assert scores.nats == pytest.approx(0, abs=1e-12)
        assert scores.share_right == scores.share_of_tales == scores.share_if_independent == 1

    def test_words_that_need_no_copying_do_not_count(self):
        """A model that is wrong everywhere else too."""
        token_ids = torch.tensor(encode(BY_HAND.words))
        logits = torch.zeros(1, len(token_ids), len(TOKENS))
        for place in copied_places(BY_HAND):
            logits[0, place - 1, token_ids[place]] = 1.0
        assert score_copies(Fixed(logits=logits), [BY_HAND]).share_right == 1

    def test_without_tales_there_is_nothing_to_copy(self):
        with pytest.raises(ValueError, match="in 0 tales"):
            score_copies(Fixed(), [])


class TestCopyScores:
    SCORES = CopyScores(
        tales=torch.tensor([0, 0, 2, 2, 2, 3]),
        kinds=("name", "name", "name", "animal", "place", "animal"),
        log_probs=torch.tensor([0.5, 0.25, 1.0, 0.5, 0.125, 1.0]).log(),
        is_right=torch.tensor([True, True, True, True, False, False]),
    )

    def test_hand_worked(self):
        """Tale 1 has nothing to copy. Halvings: 1 + 2 + 0 + 1 + 3 + 0 over six words."""
        assert self.SCORES.nats == pytest.approx(7 * math.log(2) / 6)
        assert self.SCORES.share_right == pytest.approx(4 / 6)
        assert self.SCORES.share_of_tales == pytest.approx(1 / 3)
        expected = ((2 / 3) ** 2 + (2 / 3) ** 3 + 2 / 3) / 3
        assert self.SCORES.share_if_independent == pytest.approx(expected)

    def test_one_kind(self):
        animals = self.SCORES.of_kind("animal")
        assert animals.kinds == ("animal", "animal")
        assert animals.tales.tolist() == [2, 3]
        assert animals.nats == pytest.approx(math.log(2) / 2)
        assert animals.share_right == animals.share_of_tales == 0.5

    def test_there_is_no_other_kind(self):
        with pytest.raises(ValueError, match="'verb'"):
            self.SCORES.of_kind("verb")


def places_of(tale):
    return copied_places(tale).items()
