"""The parameter calculator's Python side: what it holds, computes, says and refuses."""

import json
import re

import pytest
from ipywidgets.embed import embed_data
from traitlets import TraitError

from course_lib.figures.base import MAX_MODULE_BYTES
from course_lib.figures.parameter_calculator import LIMITS, ParameterCalculator, situations
from course_lib.figures.parameter_models import public_shapes
from course_lib.figures.parameter_numbers import numbers_of


class TestNumbers:
    @pytest.mark.parametrize("name", public_shapes())
    def test_every_model_is_counted_as_it_was_published(self, name):
        calculator = ParameterCalculator(name, seq_len=77)
        assert calculator.numbers() == numbers_of(public_shapes()[name], 77)
        assert calculator.shape_name == name

    def test_a_reader_s_shape_changes_the_count(self):
        calculator = ParameterCalculator("LLaMA 2 7B")
        before = calculator.numbers().total
        calculator.n_kv_heads = 8
        # 24 heads of width 128 less, each with keys and values of 4096 numbers, 32 times.
        assert before - calculator.numbers().total == 32 * 24 * 128 * 2 * 4096
        assert calculator.shape_name == "LLaMA 2 7B with a changed shape"


class TestState:
    def test_choosing_a_model_takes_its_whole_shape(self):
        calculator = ParameterCalculator("Mixtral 8x7B", n_layers=7)
        calculator.choose("BERT base", seq_len=512)
        assert calculator.shape_name == "BERT base"
        assert (calculator.n_experts, calculator.gated, calculator.seq_len) == (1, False, 512)
        assert calculator.numbers().total == 110_106_428

    def test_every_situation_is_a_whole_setting_and_asks_something(self):
        calculator = ParameterCalculator("T5 small", n_layers=3, seq_len=9)
        start, *others = calculator.presets
        for each, given in zip(others, situations(), strict=True):
            for name, value in each["values"].items():
                setattr(calculator, name, value)
            assert calculator.shape_name == given.values["model_name"]
            assert calculator.seq_len == 1024
            assert "?" in each["see"]
            assert each["asks"]
        for name, value in start["values"].items():
            setattr(calculator, name, value)
        assert calculator.shape_name == "T5 small with a changed shape"
        assert (calculator.n_layers, calculator.seq_len) == (3, 9)

    def test_what_the_situations_say_is_so(self):
        small, gates, experts = situations()
        calculator = ParameterCalculator()
        calculator.choose(**small.values)
        now = calculator.numbers()
        assert 0.3 < now.parts["embeddings"] / now.total < 1 / 3
        calculator.choose(**gates.values)
        before = calculator.numbers()
        assert 3 * calculator.d_ff == 2 * 16_512
        calculator.gated, calculator.d_ff = False, 16_512
        assert calculator.numbers().total == before.total
        calculator.choose(**experts.values)
        before = calculator.numbers()
        calculator.n_chosen = 8
        assert calculator.numbers().total == before.total
        assert calculator.numbers().flops > before.flops

    def test_what_there_is_to_see_at_the_start_may_be_given(self):
        assert ParameterCalculator(see="Look.").presets[0]["see"] == "Look."

    def test_the_page_gets_little(self):
        calculator = ParameterCalculator()
        state = embed_data([calculator], drop_defaults=False)["manager_state"]["state"]
        saved = state[calculator.model_id]["state"]
        del saved["_esm"], saved["_css"]
        assert len(json.dumps(saved)) < 17_000


class TestModule:
    def test_it_stands_alone_and_is_small(self):
        assert len(ParameterCalculator._esm.encode()) < MAX_MODULE_BYTES
        assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(", ParameterCalculator._esm, re.M)
        assert not re.search(r"https?:|url\((?!#)", ParameterCalculator._css)


class TestWords:
    def test_the_text_alternative_has_summary_and_operations(self):
        calculator = ParameterCalculator(title="Parameters", description="Parts.")
        first, second, third = calculator.text_alternative().splitlines()
        assert first == "Parameters. Parts."
        assert second.startswith("GPT-2 small has 124,439,808 parameters")
        assert third.startswith("A token takes 285\N{NO-BREAK SPACE}million FLOPs forward: 2 · ")


class TestRefusals:
    def test_an_unknown_model_is_answered_with_those_there_are(self):
        with pytest.raises(ValueError, match=r"no shape of 'GPT-5'; there are: mini-GPT .*27B"):
            ParameterCalculator("GPT-5")
        with pytest.raises(ValueError, match="no shape of 'T6'"):
            ParameterCalculator().choose("T6")

    def test_what_does_not_fit_together(self):
        with pytest.raises(ValueError, match="12 query heads cannot share 5 key/value heads"):
            ParameterCalculator(n_kv_heads=5)
        with pytest.raises(ValueError, match="a token cannot visit 2 of 1 experts"):
            ParameterCalculator(n_chosen=2)

    @pytest.mark.parametrize("name", LIMITS)
    def test_what_lies_outside_its_limits_is_refused(self, name):
        low, high = LIMITS[name]
        for value in (low - 1, high + 1):
            with pytest.raises(TraitError, match=name):
                ParameterCalculator(**{name: value})

    @pytest.mark.parametrize(
        "wrong", [{"norm": "batch"}, {"positions": "none"}, {"attention_bias": "q"}]
    )
    def test_what_is_no_choice_is_refused(self, wrong):
        with pytest.raises(TraitError, match=next(iter(wrong))):
            ParameterCalculator(**wrong)

    def test_a_misspelt_setting_is_named(self):
        with pytest.raises(TypeError, match="no setting layers"):
            ParameterCalculator(layers=2)
