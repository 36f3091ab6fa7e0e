"""What the playground takes for a prompt, how it packs it, and what it refuses."""

import numpy as np
import pytest
import torch

from course_lib.figures.playground_prompts import MAX_LOGIT, MAX_TOKENS, NextTokens, pack_prompt


def given(tokens=("a", "b", "c"), logits=(0.0, 2.0, 1.0), **more):
    return NextTokens("so far", tokens, logits, **more)


class TestPacking:
    def test_tokens_come_by_falling_logit_and_of_equals_the_first_first(self):
        packed = pack_prompt(given("abcde", [1.0, 3.0, 1.0, 4.0, 3.0]))
        assert packed.tokens == ["d", "b", "e", "a", "c"]
        assert np.frombuffer(packed.logits, "<f8").tolist() == [4, 3, 3, 1, 1]

    @pytest.mark.parametrize(
        "logits",
        [
            [0.1, 0.3, 0.2],
            np.array([0.1, 0.3, 0.2]),
            torch.tensor([0.1, 0.3, 0.2], dtype=torch.double),
            torch.tensor([0.1, 0.3, 0.2], dtype=torch.double, requires_grad=True),
        ],
    )
    def test_lists_arrays_and_tensors_keep_all_their_digits(self, logits):
        assert np.frombuffer(pack_prompt(given(logits=logits)).logits).tolist() == [0.3, 0.2, 0.1]

    def test_bfloat16_is_taken(self):
        packed = pack_prompt(given(logits=torch.tensor([0.5, 2.0, 1.0], dtype=torch.bfloat16)))
        assert np.frombuffer(packed.logits).tolist() == [2, 1, 0.5]

    def test_seen_tokens_are_counted_once_and_those_that_cannot_come_passed_over(self):
        assert pack_prompt(given(seen=["c", "x", "b", "c"])).seen == [0, 1]


class TestRefusals:
    @pytest.mark.parametrize(
        ("tokens", "logits", "message"),
        [
            ([], [], "“so far” has 0 next tokens: give 1 to"),
            (
                [str(i) for i in range(MAX_TOKENS + 1)],
                [0.0] * (MAX_TOKENS + 1),
                "give 1 to .* the most probable ones",
            ),
            (["a", "b"], [1.0], "“so far” has 2 tokens and 1 logits"),
            (["a", "b", "a"], [1.0, 2.0, 3.0], "once and not be empty, unlike “a”"),
            (["a", ""], [1.0, 2.0], "once and not be empty, unlike “”"),
            (["a", "b"], [1.0, -np.inf], "unlike -inf of “b”; leave out a token"),
            (["a", "b"], [np.nan, 1.0], "unlike nan of “a”"),
            (["a", "b"], [1.0, 2 * MAX_LOGIT], "unlike 2000000.0 of “b”"),
            (["a", "b"], np.array([[1.0, 2.0]]), r"a row, one a token; their shape is \(1, 2\)"),
        ],
    )
    def test_what_does_not_fit_is_named(self, tokens, logits, message):
        with pytest.raises(ValueError, match=message):
            pack_prompt(given(tokens, logits))

    def test_as_many_tokens_as_allowed_are_taken(self):
        tokens = [str(i) for i in range(MAX_TOKENS)]
        assert pack_prompt(given(tokens, [0.0] * MAX_TOKENS)).tokens == tokens
