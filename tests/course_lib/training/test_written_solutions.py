import pytest
import torch

from course_lib.data.arithmetic import END, VOCAB_SIZE, Piece, Sum, scratchpad, tokens
from course_lib.decoder import build_decoder
from course_lib.training.written_solutions import (
    lesson_batches,
    lessons,
    share_right,
    write_solutions,
)

ASKED = [Sum(34, 58), Sum(7, 5), Sum(120, 9)]


def solution(total):
    return "".join(piece.text for piece in scratchpad(total)[1:])


@pytest.fixture(scope="module")
def model():
    """Untrained: it writes something, and never what is right."""
    return build_decoder(
        vocab_size=VOCAB_SIZE, d_model=12, n_heads=2, n_layers=1, d_ff=20, seed=4, spread=0.5
    ).eval()


class TestWriteSolutions:
    def test_as_written_one_by_one_without_a_cache(self, model):
        """Questions of unequal length, side by side."""
        expected = []
        for total in ASKED:
            text = torch.tensor([tokens(total.question)])
            written = []
            while len(written) < 9 and tokens(END)[0] not in written:
                written.append(model(text).logits[0, -1].argmax().item())
                text = torch.cat([text, torch.tensor([[written[-1]]])], dim=1)
            expected.append(written)
        found = write_solutions(model, ASKED, longest=9)
        # Padding, the token behind all characters, is written as nothing.
        shown = [[token for token in row if token < VOCAB_SIZE - 1] for row in expected]
        assert [tokens(text) for text in found] == shown

    def test_more_than_are_read_at_a_time(self, model):
        many = [Sum(x, 3) for x in range(600)]
        assert write_solutions(model, many, 2)[-1:] == write_solutions(model, many[-1:], 2)


class TestLessons:
    def test_hand_worked(self):
        texts = [solution(ASKED[0]), "75:12 =13;", "09:"]
        told = lessons(ASKED, texts, reasoned=True)
        assert told == [
            (Piece("34+58=", False), Piece("480:12 351:09 =92;", True)),
            (Piece("7+5=", False), Piece("75:12 =13;", True)),  # wrong, as the teacher wrote it
        ]
        short = lessons(ASKED, texts, reasoned=False)
        assert [trace[1].text for trace in short] == ["92;", "13;"]
        assert [trace[0] for trace in short] == [trace[0] for trace in told]

    def test_both_need_a_text_for_each_question(self):
        with pytest.raises(ValueError, match="shorter"):
            lessons(ASKED, ["92;"], reasoned=True)


class TestLessonBatches:
    TRACES = lessons(ASKED, [solution(total) for total in ASKED], reasoned=True)

    def test_every_lesson_once_in_a_round_and_rounds_differ(self):
        generator = torch.Generator().manual_seed(0)
        batches = lesson_batches(self.TRACES, 1, generator)
        rounds = [[next(batches).token_ids.tolist()[0] for _ in range(3)] for _ in range(6)]
        wanted = sorted(tokens("".join(p.text for p in trace)) for trace in self.TRACES)
        assert all(sorted(seen) == wanted for seen in rounds)
        assert len({str(seen) for seen in rounds}) > 1

    def test_only_what_the_teacher_wrote_is_to_be_written(self):
        batch = next(lesson_batches(self.TRACES[:1], 1, torch.Generator()))
        n_asked = len(ASKED[0].question)
        assert batch.is_answer.tolist() == [
            [place >= n_asked for place in range(batch.token_ids.shape[1])]
        ]

    def test_what_is_left_over_waits_for_another_round(self):
        batches = lesson_batches(self.TRACES, 2, torch.Generator().manual_seed(1))
        assert all(len(next(batches).token_ids) == 2 for _ in range(5))

    @pytest.mark.parametrize("size", [0, 4])
    def test_a_batch_that_cannot_be_filled(self, size):
        with pytest.raises(ValueError, match="3 lessons"):
            next(lesson_batches(self.TRACES, size, torch.Generator()))


class TestShareRight:
    def test_hand_worked(self):
        texts = [solution(ASKED[0]), "75:12 =13;", "129;"]
        assert share_right(texts, ASKED) == pytest.approx(2 / 3)

    def test_of_none_no_share_is_right(self):
        with pytest.raises(ValueError, match="no solutions"):
            share_right([], [])
