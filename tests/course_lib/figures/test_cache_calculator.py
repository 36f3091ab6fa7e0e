"""The cache calculator's Python side: what it holds, computes, says and refuses."""

import json
import re

import pytest
from ipywidgets.embed import embed_data
from traitlets import TraitError

from course_lib.figures.base import MAX_MODULE_BYTES
from course_lib.figures.cache_calculator import LIMITS, CacheCalculator, situations
from course_lib.figures.calculator_models import public_models
from course_lib.kernels.memory import cache_bytes


class TestNumbers:
    @pytest.mark.parametrize("name", public_models())
    def test_the_cache_of_every_model_is_that_of_the_library(self, name):
        calculator = CacheCalculator(name, batch_size=3, seq_len=1000, cache_bytes_each=1)
        model = public_models()[name]
        shape = {
            "n_layers": model.n_layers,
            "n_kv_heads": model.n_kv_heads,
            "d_head": model.d_head,
        }
        # No window is shorter than this context.
        want = cache_bytes(**shape, batch_size=3, seq_len=1000, bytes_each=1)
        assert calculator.numbers().batch == want
        assert calculator.numbers().weights == 2 * model.parameters.total(**shape)

    def test_a_reader_s_shape_changes_cache_and_weights(self):
        calculator = CacheCalculator("LLaMA 3.1 8B", batch_size=1, seq_len=1)
        before = calculator.numbers()
        calculator.n_kv_heads = 32
        after = calculator.numbers()
        assert after.batch == 4 * before.batch
        # 24 more heads of width 128, each with keys and values read from 4096 numbers, 32 times.
        assert after.weights - before.weights == 2 * 32 * 24 * 128 * 2 * 4096
        assert calculator.shape_name == "LLaMA 3.1 8B with a changed shape"


class TestState:
    def test_choosing_a_model_takes_its_whole_shape(self):
        calculator = CacheCalculator("Mistral 7B (v0.1)", n_layers=7)
        assert (calculator.n_layers, calculator.window) == (7, 4096)
        calculator.choose("GPT-2 small", seq_len=1024)
        assert calculator.shape_name == "GPT-2 small"
        assert (calculator.n_kv_heads, calculator.window, calculator.seq_len) == (12, 0, 1024)

    def test_every_situation_is_a_whole_setting_and_asks_something(self):
        calculator = CacheCalculator("Gemma 2 9B", n_layers=3, cache_bytes_each=0.5, card_gb=24)
        start, *others = calculator.presets
        for each, given in zip(others, situations(), strict=True):
            calculator.bandwidth_gb_per_s = 7
            for name, value in each["values"].items():
                setattr(calculator, name, value)
            assert calculator.shape_name == given.values["model_name"]
            assert (calculator.cache_bytes_each, calculator.card_gb) == (2, 80)
            assert calculator.bandwidth_gb_per_s == 1000
            assert "?" in each["see"]
            assert each["asks"]
        for name, value in start["values"].items():
            setattr(calculator, name, value)
        assert calculator.shape_name == "Gemma 2 9B with a changed shape"
        assert (calculator.n_layers, calculator.card_gb) == (3, 24)

    def test_what_there_is_to_see_at_the_start_may_be_given(self):
        assert (
            CacheCalculator(see="Look at the weights.").presets[0]["see"] == "Look at the weights."
        )

    def test_the_first_situation_is_the_example_of_the_chapter(self):
        calculator = CacheCalculator()
        calculator.choose(**situations()[0].values)
        assert "4.3 times the weights" in calculator.summary()

    def test_the_page_gets_little(self):
        calculator = CacheCalculator()
        state = embed_data([calculator], drop_defaults=False)["manager_state"]["state"]
        saved = state[calculator.model_id]["state"]
        del saved["_esm"], saved["_css"]
        assert len(json.dumps(saved)) < 12_000


class TestModule:
    def test_it_stands_alone_and_is_small(self):
        assert len(CacheCalculator._esm.encode()) < MAX_MODULE_BYTES
        assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(", CacheCalculator._esm, re.M)
        assert not re.search(r"https?:|url\((?!#)", CacheCalculator._css)


class TestWords:
    def test_the_text_alternative_has_summary_and_ceiling(self):
        calculator = CacheCalculator(
            "LLaMA 2 7B", batch_size=1, seq_len=4096, title="Cache", description="Bytes."
        )
        first, second, third = calculator.text_alternative().splitlines()
        assert first == "Cache. Bytes."
        # Half a MiB a token: 2 GiB, of 13.5 GB.
        assert second.startswith(
            "LLaMA 2 7B, 1 sequence of 4,096 tokens: the cache takes 2.15\N{NO-BREAK SPACE}GB, "
            "0.16 times"
        )
        assert "It is as large as the weights at 25,706 tokens a sequence." in second
        assert "a ceiling, not a measurement" in third


class TestRefusals:
    def test_an_unknown_model_is_answered_with_those_there_are(self):
        with pytest.raises(ValueError, match=r"no shape of 'GPT-5'; there are: GPT-2 small, .*27B"):
            CacheCalculator("GPT-5")
        with pytest.raises(ValueError, match="no shape of 'BERT'"):
            CacheCalculator().choose("BERT")

    def test_heads_that_cannot_be_shared_are_refused(self):
        with pytest.raises(ValueError, match="32 query heads cannot share 3 key/value heads"):
            CacheCalculator("LLaMA 3.1 8B", n_kv_heads=3)

    @pytest.mark.parametrize("name", LIMITS)
    def test_what_lies_outside_its_limits_is_refused(self, name):
        low, high = LIMITS[name]
        for value in (low - 1, high + 1):
            with pytest.raises(TraitError, match=name):
                CacheCalculator(**{name: value})

    @pytest.mark.parametrize(
        "wrong", [{"card_gb": 48}, {"cache_bytes_each": 3}, {"window_pattern": "2/1"}]
    )
    def test_what_is_no_choice_is_refused(self, wrong):
        with pytest.raises(TraitError, match=next(iter(wrong))):
            CacheCalculator(**wrong)

    def test_a_misspelt_setting_is_named(self):
        with pytest.raises(TypeError, match="no setting batchsize"):
            CacheCalculator(batchsize=2)
