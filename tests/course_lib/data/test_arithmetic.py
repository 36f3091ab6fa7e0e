from itertools import islice

import pytest
import torch

from course_lib.data.arithmetic import (
    CHARACTERS,
    MAX_FAILURES,
    PADDING,
    VOCAB_SIZE,
    Piece,
    Sum,
    answer_only,
    characters,
    draw_sum,
    draw_sums,
    encode,
    read_answer,
    scratchpad,
    sum_batches,
    tokens,
    tool_use,
    tool_use_with_failures,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def whole(trace):
    return "".join(piece.text for piece in trace)


def written(trace):
    return "".join(piece.text for piece in trace if piece.is_written)


def add_on_paper(x, y):
    """Add two numbers digit by digit from the right, as strings, and keep each column."""
    carry, columns, digits = 0, [], ""
    width = max(len(x), len(y))
    for a, b in zip(reversed(x.zfill(width)), reversed(y.zfill(width)), strict=True):
        new_carry, digit = divmod(int(a) + int(b) + carry, 10)
        columns.append(f"{a}{b}{carry}:{new_carry}{digit}")
        carry, digits = new_carry, str(digit) + digits
    return columns, (str(carry) if carry else "") + digits


class TestForms:
    def test_by_hand(self):
        # 4 + 8 = 12: digit 2, carry 1. 3 + 5 + 1 = 9: digit 9, carry 0.
        assert whole(answer_only(Sum(34, 58))) == "34+58=92;"
        assert whole(scratchpad(Sum(34, 58))) == "34+58=480:12 351:09 =92;"
        assert whole(tool_use(Sum(34, 58))) == "34+58=[34+58]92>92;"
        assert whole(tool_use(Sum(34, 58), 1)) == "34+58=[34+58]!>[34+58]92>92;"
        assert whole(tool_use(Sum(34, 58), 2)) == "34+58=[34+58]!>[34+58]!>?;"

    @pytest.mark.parametrize(("x", "y"), [(0, 0), (5, 5), (999, 1), (7, 90_210), (123_456, 9_876)])
    def test_a_scratchpad_is_addition_on_paper(self, x, y):
        columns, answer = add_on_paper(str(x), str(y))
        assert written(scratchpad(Sum(x, y))) == " ".join(columns) + f" ={answer};"

    def test_a_model_writes_neither_the_question_nor_what_a_tool_says(self):
        assert written(answer_only(Sum(34, 58))) == "92;"
        assert written(tool_use(Sum(34, 58), 1)) == "[34+58][34+58]92;"
        assert written(tool_use(Sum(34, 58), 2)) == "[34+58][34+58]?;"

    @pytest.mark.parametrize("n_failures", [-1, MAX_FAILURES + 1])
    def test_so_many_failures_are_not_written(self, n_failures):
        with pytest.raises(ValueError, match=f"not {n_failures}"):
            tool_use(Sum(1, 2), n_failures)

    def test_the_tool_fails_as_often_as_was_asked_for(self):
        write = tool_use_with_failures(0.3, generator())
        counts = [whole(write(Sum(1, 2))).count("!") for _ in range(2000)]
        shares = [counts.count(n) / 2000 for n in range(3)]
        assert shares == pytest.approx([0.7, 0.15, 0.15], abs=0.03)

    def test_numbers_are_not_negative(self):
        with pytest.raises(ValueError, match="x=-1"):
            Sum(-1, 5)


class TestSplit:
    @pytest.mark.parametrize("n_digits", [1, 2, 3, 6, 18])
    @pytest.mark.parametrize("held_out", [True, False])
    def test_a_draw_is_of_its_set_and_length(self, n_digits, held_out):
        draws = generator(n_digits)
        for _ in range(30):
            total = draw_sum(n_digits, draws, held_out=held_out)
            assert len(str(total.x)) == len(str(total.y)) == n_digits
            assert total.is_held_out == held_out
            assert Sum(total.y, total.x).is_held_out == held_out

    def test_a_tenth_is_held_out_of_each_length(self):
        for low, high in ((0, 10), (10, 100)):
            pairs = [Sum(x, y) for x in range(low, high) for y in range(low, x + 1)]
            share = sum(total.is_held_out for total in pairs) / len(pairs)
            assert share == pytest.approx(0.1, abs=0.06)

    def test_the_set_is_the_same_everywhere(self):
        # Taken down once: a checkpoint is only as honest as the set that its training left out.
        assert [n for n in range(40) if Sum(n, 40).is_held_out] == [1, 26]

    @pytest.mark.parametrize("n_digits", [0, 19])
    def test_lengths_that_there_are_not(self, n_digits):
        with pytest.raises(ValueError, match=f"not {n_digits}"):
            draw_sum(n_digits, generator(), held_out=True)


class TestBatches:
    def test_no_training_sees_what_is_held_out(self):
        seen = set()
        for batch in islice(sum_batches(answer_only, 20, generator(), longest=3), 60):
            for row in batch.token_ids.tolist():
                x, y = characters(row).split("=")[0].split("+")
                assert not Sum(int(x), int(y)).is_held_out
                seen.add(len(x))
        assert seen == {1, 2, 3}

    def test_the_seed_decides(self):
        first, same, other = (
            next(sum_batches(scratchpad, 5, generator(seed))).token_ids for seed in (3, 3, 4)
        )
        assert torch.equal(first, same)
        assert first.shape != other.shape or not torch.equal(first, other)

    @pytest.mark.parametrize(("power", "weights"), [(0, (1, 1, 1)), (1, (1, 2, 3)), (2, (1, 4, 9))])
    def test_longer_sums_come_up_by_a_power_of_their_length(self, power, weights):
        n_sums = 6000
        sums = draw_sums(n_sums, generator(), longest=3, power=power)
        assert not any(total.is_held_out for total in sums)
        for n_digits, weight in enumerate(weights, start=1):
            share = sum(len(str(total.x)) == n_digits for total in sums) / n_sums
            assert share == pytest.approx(weight / sum(weights), abs=0.03)

    def test_tokens_and_marks_by_hand(self):
        batch = encode([(Piece("1+2=", False), Piece("3;", True)), (Piece("?;", True),)])
        assert batch.token_ids.tolist() == [
            [1, 10, 2, 11, 3, 18],
            [17, 18, PADDING, PADDING, PADDING, PADDING],
        ]
        assert batch.is_answer.tolist() == [[False] * 4 + [True] * 2, [True] * 2 + [False] * 4]

    def test_text_becomes_tokens_and_text_again(self):
        assert characters(tokens(CHARACTERS)) == CHARACTERS
        assert characters([1, PADDING, 2]) == "12"
        assert max(tokens(CHARACTERS)) < PADDING < VOCAB_SIZE

    def test_a_character_that_there_is_not(self):
        with pytest.raises(ValueError, match="'x'"):
            tokens("1x2")


class TestReadAnswer:
    @pytest.mark.parametrize("form", [answer_only, scratchpad, tool_use])
    def test_it_reads_every_form(self, form):
        draws = generator()
        for n_digits in (1, 3, 6):
            total = draw_sum(n_digits, draws, held_out=True)
            assert read_answer(whole(form(total)).removeprefix(total.question)) == total.answer

    @pytest.mark.parametrize("text", ["", "12", "480:12 351:09 ", "[1+2]!>[1+2]!>?;", "1+2;", "=;"])
    def test_there_is_none(self, text):
        assert read_answer(text) is None
