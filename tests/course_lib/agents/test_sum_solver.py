from dataclasses import dataclass

import pytest
import torch

from course_lib.agents.sum_solver import MAX_CALLS, Calculator, share_right, solve
from course_lib.data.arithmetic import (
    VOCAB_SIZE,
    Sum,
    answer_only,
    characters,
    scratchpad,
    tokens,
    tool_use,
)
from course_lib.generation.language_model import LanguageModelOutput

TOTALS = [Sum(34, 58), Sum(7, 123)]


@dataclass(frozen=True)
class KnowsByHeart:
    """Goes on as one of its texts does; behind anything else it repeats a digit for ever."""

    texts: tuple[str, ...]

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        logits = torch.zeros(token_ids.shape[0], 1, VOCAB_SIZE)
        for row, read in enumerate(token_ids.tolist()):
            begun = characters(read)
            fits = [text for text in self.texts if text.startswith(begun) and text != begun]
            nearest = fits[0][len(begun)] if fits else "0"
            logits[row, 0, tokens(nearest)[0]] = 1.0
        return LanguageModelOutput(logits, ())

    def reserve_caches(self, batch_size, max_seq_len):
        return ()


def whole(trace):
    return "".join(piece.text for piece in trace)


def knows(*traces):
    return KnowsByHeart(tuple(whole(trace) for trace in traces))


class TestSolve:
    @pytest.mark.parametrize("form", [answer_only, scratchpad])
    def test_without_a_tool(self, form):
        model = knows(*(form(total) for total in TOTALS))
        texts = solve(model, TOTALS)
        assert texts == [whole(form(total)).removeprefix(total.question) for total in TOTALS]
        assert share_right(texts, TOTALS) == 1

    @pytest.mark.parametrize("n_failures", [0, 1, 2])
    def test_the_tool_is_called_and_its_word_is_read(self, n_failures):
        model = knows(*(tool_use(total, n_failures) for total in TOTALS))
        tool = Calculator(n_failures)
        texts = solve(model, TOTALS, tool)
        assert [total.question + text for total, text in zip(TOTALS, texts, strict=True)] == [
            whole(tool_use(total, n_failures)) for total in TOTALS
        ]
        assert share_right(texts, TOTALS) == (0 if n_failures == 2 else 1)
        assert len(tool.calls) == 2 * min(n_failures + 1, 2)

    def test_without_an_answer_the_model_goes_on_by_itself(self):
        model = knows(*(tool_use(total) for total in TOTALS))
        texts = solve(model, TOTALS)
        assert texts == ["[34+58]92>92;", "[7+123]130>130;"]

    def test_a_model_that_does_not_end_is_cut_off(self):
        [text] = solve(KnowsByHeart(()), [Sum(1, 1)])
        assert set(text) == {"0"}
        assert share_right([text], [Sum(1, 1)]) == 0

    def test_a_model_that_calls_for_ever_is_left(self):
        endless = whole(tool_use(Sum(1, 1)))[:4] + "[1+1]!>" * 20
        tool = Calculator(n_failures=99)
        [text] = solve(KnowsByHeart((endless,)), [Sum(1, 1)], tool)
        assert len(tool.calls) == MAX_CALLS + 1
        assert text == "[1+1]!>" * (MAX_CALLS + 1)


class TestCalculator:
    def test_it_adds(self):
        assert Calculator()("34+58") == "92"

    @pytest.mark.parametrize(
        "expression", ["", "34", "34-58", "34+", "1+2+3", "a+b", "1+ 2", "-1+2"]
    )
    def test_what_is_no_sum_fails(self, expression):
        assert Calculator()(expression) == "!"

    def test_it_fails_for_each_expression_and_keeps_count(self):
        tool = Calculator(n_failures=1)
        assert [tool(e) for e in ("1+1", "2+2", "1+1", "2+2")] == ["!", "!", "2", "4"]
        assert tool.calls == ["1+1", "2+2", "1+1", "2+2"]


def test_a_share_needs_texts():
    assert share_right(["92;", "1;"], TOTALS) == 0.5
    with pytest.raises(ValueError, match="no texts"):
        share_right([], [])
