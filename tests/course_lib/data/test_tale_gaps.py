import itertools

import pytest
import torch

from course_lib.data.tale_gaps import (
    GAP_VOCAB_SIZE,
    HIDDEN_SHARE,
    LONGEST_GAP,
    MASK,
    N_SENTINELS,
    NOT_COUNTED,
    PADDING,
    SENTINELS,
    cut_spans,
    draw_gaps,
    hide_words,
    put_back,
    sentences_of,
    sentences_without_end,
    take_out,
    tales_without_end,
)
from course_lib.data.tale_tokens import TOKENS, encode, held_out_tales

WORDS = ["sarah", "had", "a", "red", "ball", ".", "john", "had", "a", "blue", "book", "."]


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_the_tokens_do_not_overlap():
    special = [MASK, PADDING, *SENTINELS]
    assert sorted(special) == list(range(len(TOKENS), GAP_VOCAB_SIZE))


class TestHideWords:
    def test_targets_are_the_words_and_what_is_not_asked_stays(self):
        tales = held_out_tales(30)
        batch = hide_words(tales, seeded(0))
        for tale, inputs, targets in zip(tales, batch.inputs, batch.targets, strict=True):
            right = torch.tensor(encode(tale.words))
            n_words = len(right)
            asked = targets[:n_words] != NOT_COUNTED
            assert torch.equal(targets[:n_words][asked], right[asked])
            assert torch.equal(inputs[:n_words][~asked], right[~asked])
            assert set(inputs[n_words:].tolist()) <= {PADDING}
            assert set(targets[n_words:].tolist()) <= {NOT_COUNTED}

    def test_shares(self):
        tales = held_out_tales(300)
        batch = hide_words(tales, seeded(1))
        n_words = sum(len(tale.words) for tale in tales)
        asked = batch.targets != NOT_COUNTED
        assert asked.sum().item() / n_words == pytest.approx(HIDDEN_SHARE, abs=0.015)
        inputs, targets = batch.inputs[asked], batch.targets[asked]
        assert (inputs == MASK).double().mean().item() == pytest.approx(0.8, abs=0.04)
        assert (inputs == targets).double().mean().item() == pytest.approx(0.1, abs=0.03)
        assert bool((inputs[inputs != MASK] < len(TOKENS)).all())

    def test_the_same_seed_hides_the_same(self):
        tales = held_out_tales(4)
        first, again, other = (hide_words(tales, seeded(seed)).inputs for seed in (2, 2, 3))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


class TestDrawGaps:
    def test_gaps_are_apart_and_leave_the_first_and_the_last_word(self):
        for n_words, seed in itertools.product((4, 5, 9, 20, 61, 127), range(30)):
            gaps = draw_gaps(n_words, seeded(seed))
            assert 0 < len(gaps) < N_SENTINELS
            assert gaps[0][0] >= 1
            assert gaps[-1][1] < n_words
            assert all(1 <= end - start <= LONGEST_GAP for start, end in gaps)
            assert all(a[1] < b[0] for a, b in itertools.pairwise(gaps))

    def test_every_length_and_every_place_in_between_comes(self):
        drawn = [gap for seed in range(300) for gap in draw_gaps(40, seeded(seed))]
        assert {end - start for start, end in drawn} == set(range(1, LONGEST_GAP + 1))
        assert {place for start, end in drawn for place in range(start, end)} == set(range(1, 39))

    def test_the_share_of_the_words(self):
        taken = [
            sum(end - start for start, end in draw_gaps(80, seeded(seed))) for seed in range(200)
        ]
        assert sum(taken) / (200 * 80) == pytest.approx(HIDDEN_SHARE, abs=0.01)

    def test_a_text_that_is_too_short(self):
        with pytest.raises(ValueError, match="3 words are too few"):
            draw_gaps(3, seeded(0))

    def test_a_short_text_keeps_half_of_its_words(self):
        for seed in range(40):
            [(start, end)] = draw_gaps(6, seeded(seed))
            assert end - start <= 3


class TestTakeOutAndPutBack:
    def test_hand_worked(self):
        source, target = take_out(WORDS, [(1, 3), (8, 10)])
        first, middle, last = encode("sarah"), encode("red ball . john had"), encode("book .")
        assert source == [*first, SENTINELS[0], *middle, SENTINELS[1], *last]
        expected = [SENTINELS[0], *encode("had a"), SENTINELS[1], *encode("a blue"), SENTINELS[2]]
        assert target == expected

    def test_a_gap_at_the_end_and_no_gap(self):
        source, target = take_out(WORDS, [(10, 12)])
        assert source[-1] == SENTINELS[0]
        assert target[1:-1] == encode("book .")
        assert take_out(WORDS, []) == (encode(WORDS), [SENTINELS[0]])

    @pytest.mark.parametrize("seed", range(5))
    def test_one_undoes_the_other(self, seed):
        for tale in held_out_tales(5):
            gaps = draw_gaps(len(tale.words), seeded(seed))
            assert put_back(*take_out(tale.words, gaps)) == list(tale.words)

    def test_a_filling_may_be_longer_shorter_or_missing(self):
        source, _ = take_out(WORDS, [(1, 3), (8, 10)])
        target = [SENTINELS[0], *encode("lost the big"), SENTINELS[2], *encode("cat")]
        assert " ".join(put_back(source, target)) == (
            "sarah lost the big red ball . john had book ."
        )

    def test_what_stands_before_the_first_sentinel_belongs_to_no_gap(self):
        source, _ = take_out(WORDS, [(1, 3)])
        target = [*encode("cat"), SENTINELS[0], *encode("had a")]
        assert put_back(source, target) == WORDS


def test_a_batch_of_spans_is_filled_up():
    tales = held_out_tales(6)
    batch = cut_spans([tale.words for tale in tales], seeded(7))
    for tale, source, n_tokens, target in zip(
        tales, batch.sources, batch.n_source_tokens, batch.targets, strict=True
    ):
        assert PADDING not in source[:n_tokens]
        assert set(source[n_tokens:].tolist()) <= {PADDING}
        said = [token for token in target.tolist() if token != PADDING]
        assert put_back(source[:n_tokens].tolist(), said) == list(tale.words)


def test_batches_of_tales_go_on():
    first, second = itertools.islice(tales_without_end(3, seeded(0)), 2)
    assert len(first) == len(second) == 3
    assert first[0].text != second[0].text


def test_sentences_end_with_a_full_stop_and_make_up_the_tale():
    assert sentences_of(WORDS) == [WORDS[:6], WORDS[6:]]
    for tale in held_out_tales(20):
        parts = sentences_of(tale.words)
        assert [word for part in parts for word in part] == list(tale.words)
        assert all(part.index(".") == len(part) - 1 >= 3 for part in parts)


def test_batches_of_sentences_leave_none_out():
    batches = list(itertools.islice(sentences_without_end(5, seeded(0)), 4))
    assert [len(batch) for batch in batches] == [5] * 4
    tales = next(tales_without_end(8, seeded(0)))
    told = [part for tale in tales for part in sentences_of(tale.words)]
    assert [part for batch in batches for part in batch] == told[:20]
