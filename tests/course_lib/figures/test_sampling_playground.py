"""The sampling playground's Python side: what it stores, computes, says and refuses."""

import json
import math
from dataclasses import asdict

import pytest
import torch
from ipywidgets.embed import embed_data

from course_lib.figures.playground_numbers import playground_numbers
from course_lib.figures.sampling_playground import (
    N_SHOWN,
    NextTokens,
    SamplingPlayground,
)
from course_lib.generation.sampling import SamplingConfig


def log_counts(**counts):
    return list(counts), [math.log(count) for count in counts.values()]


def two_prompts(**options):
    return SamplingPlayground(
        [
            NextTokens("the cat", *log_counts(sat=6, ran=3, slept=1), seen=["the", "cat"]),
            NextTokens("the cat sat", *log_counts(on=1, down=2, sat=3, up=4), seen=["sat"]),
        ],
        **options,
    )


class TestNumbers:
    def test_each_prompt_has_its_own_logits_and_seen_tokens(self):
        cfg = SamplingConfig(temperature=0.8, top_k=3, repetition_penalty=1.5)
        playground = two_prompts(settings=cfg)
        assert playground.tokens == [["sat", "ran", "slept"], ["up", "sat", "down", "on"]]
        for index, (counts, seen) in enumerate((([6, 3, 1], []), ([4, 3, 2, 1], [1]))):
            logits = torch.tensor(counts, dtype=torch.double).log()
            want = playground_numbers(playground.tokens[index], logits, seen, cfg)
            got = playground.numbers(index)
            assert got.tokens == want.tokens
            assert got.cut_by == want.cut_by
            torch.testing.assert_close(got.probs, want.probs, rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(got.raw, want.raw, rtol=1e-12, atol=1e-12)

    def test_what_the_reader_sets_counts(self):
        playground = two_prompts()
        playground.prompt = 1
        playground.top_k = 3
        playground.min_p = 0.6
        assert playground.numbers().cut_by == ("", "", "min-p", "top-k")
        playground.top_k = None
        playground.min_p = 0.0
        playground.top_p = 0.7
        assert playground.numbers().cut_by == ("", "", "top-p", "top-p")
        playground.top_p = 1.0
        playground.temperature = 0.0
        playground.seen = [[], [0]]
        playground.repetition_penalty = 2.0  # log 4 / 2 is less than log 3
        assert playground.numbers().cut_by == ("temperature", "", "temperature", "temperature")


class TestState:
    def test_presets_change_every_slider(self):
        sliders = {"temperature", "top_k", "top_p", "min_p", "repetition_penalty"}
        playground = two_prompts()
        assert all(set(preset["values"]) == sliders for preset in playground.presets)
        for name, value in playground.presets[2]["values"].items():
            setattr(playground, name, value)
        assert (playground.temperature, playground.top_p) == (0.7, 0.9)
        labels = [preset["label"] for preset in playground.presets]
        assert labels == ["Start", "Greedy", "Careful", "Creative", "Broken"]

    def test_a_figure_that_starts_with_a_filter_offers_to_take_it_off(self):
        playground = two_prompts(settings=SamplingConfig(top_k=2), see="Two are left.")
        start, no_filter, greedy, *_ = playground.presets
        assert (start["see"], start["values"]["top_k"]) == ("Two are left.", 2)
        assert no_filter["label"] == "No filter"
        assert no_filter["values"] == asdict(SamplingConfig())
        assert greedy["values"]["top_k"] is None

    def test_four_thousand_tokens_weigh_what_the_module_says(self):
        tokens = [f"word{i}" for i in range(4_096)]
        playground = SamplingPlayground([NextTokens("p", tokens, torch.zeros(4_096))])
        saved = embed_data([playground], drop_defaults=False)["manager_state"]["state"]
        state = saved[playground.model_id]
        for code in ("_esm", "_css"):
            state["state"].pop(code)
        assert 4_096 * 8 * 4 / 3 < len(json.dumps(state)) < 110_000
        assert playground.n_shown == N_SHOWN


class TestWords:
    def test_the_text_alternative_names_the_most_probable_and_counts_the_rest(self):
        playground = two_prompts(
            title="Cats", description="Bars.", settings=SamplingConfig(top_p=0.7)
        )
        assert playground.text_alternative() == (
            "Cats. Bars.\n"
            "At temperature 1, top-k off, top-p 0.7, min-p 0, repetition penalty 1:\n"
            "After “the cat”: “sat” 0.60, “ran” 0.30, “slept” 0.10; 2 of 3 tokens may be drawn\n"
            "After “the cat sat”: “up” 0.40, “sat” 0.30, “down” 0.20; 2 of 4 tokens may be drawn"
        )

    def test_a_figure_that_cannot_run_shows_the_words(self):
        bundle = two_prompts()._repr_mimebundle_()
        assert "After “the cat”: “sat” 0.60" in bundle[0]["text/plain"]


class TestRefusals:
    def test_no_prompt(self):
        with pytest.raises(ValueError, match="at least one prompt"):
            SamplingPlayground([])

    @pytest.mark.parametrize("prompt", [-1, 2])
    def test_a_prompt_that_is_not_there(self, prompt):
        with pytest.raises(ValueError, match=f"prompt {prompt} points outside: choose 0 to 1"):
            two_prompts(prompt=prompt)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"settings": SamplingConfig(temperature=9.0)}, "temperature 9.0 is out of"),
            ({"settings": SamplingConfig(top_p=0.001)}, "top_p 0.001 is out of"),
            ({"settings": SamplingConfig(repetition_penalty=7.0)}, "choose 0.5 to 2.0"),
            ({"seed": -1}, "seed -1 is out of"),
            ({"n_draws": 10_001}, "n_draws 10001 is out of .* choose 0 to 10000"),
        ],
    )
    def test_a_setting_that_no_slider_reaches(self, options, message):
        with pytest.raises(ValueError, match=message):
            two_prompts(**options)

    def test_a_setting_changed_later_is_checked_too(self):
        playground = two_prompts()
        with pytest.raises(ValueError, match="top_k 0 is out of"):
            playground.top_k = 0
        assert playground.top_k is None
