"""The alignment explorer's Python side: what it stores, computes and says."""

import pytest
import torch
import traitlets

from course_lib.figures.alignment_explorer import AlignmentExplorer

NO_BREAK = "\N{NO-BREAK SPACE}"

# Read a b c, due c b a. The first letter looks at place 3, the second at place 1 instead of 2 and
# is wrong for it, the third at place 1.
THREE = {
    "source": ["a", "b", "c"],
    "expected": ["c", "b", "a"],
    "produced": ["c", "a", "a"],
    "weights": torch.tensor([[0.125, 0.25, 0.625], [0.75, 0.25, 0.0], [0.5, 0.375, 0.125]]),
}
TWO = {
    "source": ["x", "y"],
    "expected": ["y", "x"],
    "produced": ["y", "x"],
    "weights": torch.tensor([[0.25, 0.75], [1.0, 0.0]]),
}
RECALL = {
    "LSTM, mixed": [(8, 0.5), (4, 0.625), (32, 0.25)],
    "LSTM, in order": [(4, 1.0), (8, 0.75)],
    "attention, mixed": [(4, 1.0), (8, 1.0), (32, 0.875)],
}


def small(**options):
    return AlignmentExplorer([TWO, THREE], RECALL, **options)


def changed(**parts):
    return THREE | parts


class TestNumbers:
    def test_each_example_has_its_own(self):
        figure = small()
        assert figure.numbers(0).weight == (0.75, 1.0)
        assert figure.numbers() == figure.numbers(1)
        figure.example = 0
        assert figure.numbers() == figure.numbers(0)

    def test_weights_survive_packing(self):
        sizes = (5, 7)
        examples = []
        for n in sizes:
            weights = torch.randn(n, n, generator=torch.Generator().manual_seed(n)).softmax(dim=1)
            letters = [chr(97 + i) for i in range(n)]
            due = letters[::-1]
            examples.append(
                {"source": letters, "expected": due, "produced": due, "weights": weights}
            )
        figure = AlignmentExplorer(examples, RECALL)
        for i, example in enumerate(examples):
            numbers, weights = figure.numbers(i), example["weights"]
            assert numbers.looked == tuple(weights.argmax(dim=1).tolist())
            assert numbers.weight == tuple(weights.max(dim=1).values.tolist())
            line = weights.argmax(dim=1) == torch.arange(len(weights) - 1, -1, -1)
            assert numbers.share_on_line == line.double().mean().item()

    def test_recall_at_a_gap(self):
        figure = small()
        assert figure.gaps() == [4, 8, 32]
        assert figure.recall_at() == {
            "LSTM, mixed": 0.5,
            "LSTM, in order": 0.75,
            "attention, mixed": 1.0,
        }
        figure.readers = ["LSTM"]
        assert figure.recall_at(32) == {"LSTM, mixed": 0.25, "LSTM, in order": None}
        figure.plans = ["in order"]
        assert figure.recall_at(4) == {"LSTM, in order": 1.0}


class TestState:
    def test_the_start_shows_the_second_length_and_all_lines(self):
        figure = small()
        assert (figure.example, figure.row, figure.gap) == (1, 0, 8)
        assert figure.readers == ["LSTM", "attention"]
        assert figure.plans == ["mixed", "in order"]

    def test_a_shorter_example_keeps_the_row_inside(self):
        figure = small()
        figure.row = 2
        figure.example = 0
        assert figure.row == 1

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("example", 2, "example 2 points outside: choose 0 to 1"),
            ("example", -1, "example -1 points outside"),
            ("row", 3, "row 3 points outside: choose 0 to 2"),
            ("readers", ["GRU"], "no line has the reader 'GRU'"),
            ("plans", ["mixed", "never"], "no line has the plan 'never'"),
            ("gap", 5, "nothing was measured at a gap of 5"),
        ],
    )
    def test_a_state_that_is_not_there(self, name, value, message):
        figure = small()
        before = getattr(figure, name)
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(figure, name, value)
        assert getattr(figure, name) == before


class TestWords:
    def test_the_text_alternative_holds_examples_and_curves(self):
        assert small(title="T", description="D.").text_alternative() == (
            "T. D.\n"
            "2 letters: read x y; written y x. 2 of 2 letters are right. In 2 of 2 rows "
            f"(100{NO_BREAK}%) the largest weight lies on the anti-diagonal. No letter is wrong.\n"
            "3 letters: read a b c; written c a a. 2 of 3 letters are right. In 2 of 3 rows "
            f"(67{NO_BREAK}%) the largest weight lies on the anti-diagonal. "
            "Wrong: letter 2 (“a” for “b”).\n"
            "Gap 4: LSTM, mixed 0.63; LSTM, in order 1.00; attention, mixed 1.00.\n"
            "Gap 8: LSTM, mixed 0.50; LSTM, in order 0.75; attention, mixed 1.00.\n"
            "Gap 32: LSTM, mixed 0.25; LSTM, in order not measured; attention, mixed 0.88."
        )
