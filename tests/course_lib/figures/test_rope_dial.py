"""The RoPE dial's Python side: what it stores, refuses, computes and says."""

import pytest
import torch
import traitlets

from course_lib.figures.rope_dial import BASES, Preset, QueryAndKey, RopeDial
from course_lib.figures.rope_numbers import rope_numbers
from course_lib.models.llama import LLAMA2_7B, LLAMA3_8B

QUERY = [0.5, -1.0, 2.0, 0.25, -0.75, 1.5]
KEY = [1.0, 0.5, -0.5, 1.25, 0.0, -2.0]


def two_choices(**options):
    return RopeDial(
        [QueryAndKey("by hand", QUERY, KEY), QueryAndKey("turned round", KEY, QUERY)], **options
    )


class TestNumbers:
    def test_they_are_those_of_the_state(self):
        figure = two_choices()
        assert figure.numbers() == rope_numbers(QUERY, KEY, 3, 1, 10_000)
        figure.example, figure.query_at, figure.key_at, figure.base = 1, 0, 31, 10
        assert figure.numbers() == rope_numbers(KEY, QUERY, 0, 31, 10)
        figure.shift = 100
        assert figure.numbers() == rope_numbers(KEY, QUERY, 100, 131, 10)
        assert figure.numbers(0) == rope_numbers(KEY, QUERY, 0, 31, 10)

    def test_the_curve_goes_as_far_as_the_sliders(self):
        figure = two_choices(base=500_000)
        curve = figure.curve()
        assert list(curve) == list(range(-31, 32))
        for difference in (-31, -4, 0, 17):
            expected = rope_numbers(QUERY, KEY, difference, 0, 500_000).score
            assert curve[difference] == pytest.approx(expected, abs=1e-12)

    def test_tensors_keep_all_digits(self):
        query, key = torch.randn(
            2, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(5)
        )
        figure = RopeDial([QueryAndKey("drawn", query, key)])
        assert (figure.query_rows, figure.key_rows) == ([query.tolist()], [key.tolist()])


class TestState:
    def test_the_start_is_what_was_asked_for(self):
        figure = two_choices(positions=(9, 2), base=10)
        state = figure.example, figure.query_at, figure.key_at, figure.shift, figure.base
        assert state == (0, 9, 2, 0, 10)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("example", 2, "example 2 is out of reach: choose 0 to 1"),
            ("query_at", 32, "query_at 32 is out of reach: choose 0 to 31"),
            ("key_at", -1, "key_at -1 is out of reach"),
            ("shift", 1001, "shift 1001 is out of reach: choose 0 to 1000"),
            ("base", 100, "the base 100 has no button: choose of"),
        ],
    )
    def test_a_state_that_is_not_there(self, name, value, message):
        figure = two_choices()
        before = getattr(figure, name)
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(figure, name, value)
        assert getattr(figure, name) == before

    def test_a_start_that_is_not_there(self):
        with pytest.raises(traitlets.TraitError, match="query_at 103"):
            two_choices(positions=(103, 1))

    def test_the_bases_are_those_of_public_models(self):
        assert {LLAMA2_7B.rotary_base, LLAMA3_8B.rotary_base} <= set(BASES)

    def test_every_button_sets_the_whole_state(self):
        figure = two_choices(presets=[Preset("Far", "Both are far.", {"shift": 100})])
        start = {"example": 0, "query_at": 3, "key_at": 1, "shift": 0, "base": 10_000}
        assert [each["label"] for each in figure.presets] == ["Start", "Far"]
        assert figure.presets[0]["values"] == start
        assert figure.presets[1]["values"] == start | {"shift": 100}


class TestVectors:
    @pytest.mark.parametrize(
        ("query", "key", "message"),
        [
            ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], "“it” has 3 components"),
            ([], [], "“it” has 0 components: the dial shows 1 to 8 pairs"),
            ([1.0] * 18, [1.0] * 18, "“it” has 18 components"),
            ([1.0] * 4, [1.0] * 2, "query of 4 and a key of 2 components; the first query has 4"),
            ([1.0, float("nan")], [1.0, 0.0], "“it” has a component that is not a finite number"),
            ([1.0, 0.0], [1.0, float("inf")], "not a finite number"),
        ],
    )
    def test_what_does_not_fit(self, query, key, message):
        with pytest.raises(ValueError, match=message):
            RopeDial([QueryAndKey("it", query, key)])

    def test_choices_of_unequal_widths(self):
        choices = [QueryAndKey("a", QUERY, KEY), QueryAndKey("b", [1.0, 0.0], [1.0, 0.0])]
        with pytest.raises(ValueError, match="“b” has a query of 2 and a key of 2"):
            RopeDial(choices)

    def test_no_choice(self):
        with pytest.raises(ValueError, match="at least one query and key"):
            RopeDial([])


class TestWords:
    def test_the_text_alternative_holds_the_score_and_a_curve(self):
        alike = QueryAndKey("alike", [1.0, 0.0], [1.0, 0.0])
        # cos 2, and cos of 0, 1, 2, 4, 8, 16 and 31 radians.
        assert RopeDial([alike], title="T", description="D.").text_alternative() == (
            "T. D.\n"
            "The query stands at position 3, the key at 1, 2 positions before it; the score is "
            "−0.416147. The largest share is that of pair 1 (−0.416), whose arrows stand at 114.6° "
            "to each other and go once round in 6.28 positions.\n"
            "Score by difference of positions, base 10,000: 0: 1.000000; 1: 0.540302; "
            "2: −0.416147; 4: −0.653644; 8: −0.145500; 16: −0.957659; 31: 0.914742."
        )

    def test_a_shift_is_said(self):
        figure = two_choices()
        figure.shift = 1000
        score = f"{figure.numbers(0).score:.6f}".replace("-", "−")
        assert f"the score is {score}, and at 3 and 1 it is {score}." in figure.in_words()
