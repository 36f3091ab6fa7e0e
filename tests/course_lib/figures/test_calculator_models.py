"""The shapes of public models that the calculator offers, and their parameters."""

from dataclasses import replace

import pytest
import torch

from course_lib.figures.calculator_models import (
    parameter_terms,
    public_models,
    read_off,
)
from course_lib.models.gemma import GEMMA2_2B, Gemma
from course_lib.models.gpt2 import GPT2, GPT2_SMALL
from course_lib.models.llama import LLAMA2_7B, LLAMA3_1_8B, LLAMA3_1_70B, MISTRAL_7B, Llama
from course_lib.models.mixtral import MIXTRAL_8X7B, Mixtral
from course_lib.models.qwen import QWEN2_5_0_5B, QWEN3_0_6B, Qwen

# As their publishers state them in the index of the published weights.
PUBLISHED = {
    "GPT-2 small": 124_439_808,
    "GPT-2 medium": 354_823_168,
    "GPT-2 large": 774_030_080,
    "GPT-2 XL": 1_557_611_200,
    "LLaMA 2 7B": 6_738_415_616,
    "LLaMA 2 70B": 68_976_648_192,
    "LLaMA 3.1 8B": 8_030_261_248,
    "LLaMA 3.1 70B": 70_553_706_496,
    "LLaMA 3.2 1B": 1_235_814_400,
    "Mistral 7B (v0.1)": 7_241_732_096,
    "Mixtral 8x7B": 46_702_792_704,
    "Qwen2.5 0.5B": 494_032_768,
    "Qwen2.5 7B": 7_615_616_512,
    "Qwen3 0.6B": 596_049_920,
    "Qwen3 8B": 8_190_735_360,
    "Gemma 2B": 2_506_172_416,
    "Gemma 7B": 8_537_680_896,
    "Gemma 2 2B": 2_614_341_888,
    "Gemma 2 9B": 9_241_705_984,
    "Gemma 2 27B": 27_227_128_320,
}
FAMILIES = {
    "GPT-2": (GPT2, GPT2_SMALL),
    "LLaMA": (Llama, LLAMA3_1_8B),
    "Qwen 2.5": (Qwen, QWEN2_5_0_5B),
    "Qwen 3": (Qwen, QWEN3_0_6B),
    "Gemma 2": (Gemma, GEMMA2_2B),
    "Mixtral": (Mixtral, MIXTRAL_8X7B),
}


def shape_of(model):
    return {"n_layers": model.n_layers, "n_kv_heads": model.n_kv_heads, "d_head": model.d_head}


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(build, cfg):
    with torch.device("meta"):
        return build(cfg)


class TestParameters:
    def test_every_model_has_as_many_as_published(self):
        assert {
            name: model.parameters.total(**shape_of(model))
            for name, model in public_models().items()
        } == PUBLISHED

    @pytest.mark.parametrize("family", FAMILIES)
    def test_the_sum_follows_a_change_of_the_shape(self, family):
        build, cfg = FAMILIES[family]
        changes = {"n_layers": 3}
        if family != "GPT-2":  # whose heads are as wide as they are many
            changes |= {"n_kv_heads": 1, "d_head": cfg.d_head // 2}
        changed = replace(cfg, **changes)
        shape = {"n_kv_heads": cfg.attention.n_kv_heads, "d_head": cfg.d_head} | changes
        assert parameter_terms(cfg).total(**shape) == count(on_meta(build, changed))

    def test_tables_that_are_looked_up_are_not_read(self):
        # LLaMA 2: 32,000 vectors of 4096 numbers, besides those that score the tokens.
        assert parameter_terms(LLAMA2_7B).unread(32) == 32_000 * 4096
        # Gemma scores the tokens with the embeddings themselves.
        assert parameter_terms(GEMMA2_2B).unread(26) == 0
        # So does GPT-2; but of its 1024 positions it looks one up.
        assert parameter_terms(GPT2_SMALL).unread(12) == 1024 * 768

    def test_experts_that_are_not_chosen_are_not_read(self):
        # 6 of 8 experts in 32 layers rest, each of three matrices of 4096 by 14,336.
        resting = 6 * 32 * 3 * 4096 * 14_336
        assert parameter_terms(MIXTRAL_8X7B).unread(32) == resting + 32_000 * 4096
        chosen_only = replace(MIXTRAL_8X7B, n_experts=2, n_layers=2)
        router_rows = 2 * 6 * 4096  # the router scores all eight
        assert parameter_terms(MIXTRAL_8X7B).total(
            n_layers=2, n_kv_heads=8, d_head=128
        ) - 2 * parameter_terms(MIXTRAL_8X7B).unchosen == router_rows + count(
            on_meta(Mixtral, chosen_only)
        )


class TestShapes:
    def test_sizes_are_those_of_the_library(self):
        for name, cfg in {
            "LLaMA 3.1 8B": LLAMA3_1_8B,
            "LLaMA 3.1 70B": LLAMA3_1_70B,
            "Qwen3 0.6B": QWEN3_0_6B,
        }.items():
            model = public_models()[name]
            assert shape_of(model) == {each: getattr(cfg, each) for each in shape_of(model)}
            assert model.n_heads == cfg.n_heads

    def test_every_head_of_gpt_2_has_keys_of_its_own(self):
        model = public_models()["GPT-2 small"]
        assert (model.n_heads, model.n_kv_heads, model.d_head) == (12, 12, 64)
        assert model.max_seq_len == 1024

    @pytest.mark.parametrize(
        ("name", "window", "pattern"),
        [
            ("LLaMA 2 7B", 0, "1/1"),
            ("Mistral 7B (v0.1)", 4096, "1/1"),
            ("Gemma 2 9B", 4096, "1/2"),
        ],
    )
    def test_windows_and_the_layers_that_have_them(self, name, window, pattern):
        model = public_models()[name]
        assert (model.window, model.window_pattern) == (window, pattern)

    def test_the_page_gets_plain_data(self):
        plain = public_models()["Mixtral 8x7B"].for_the_page()
        assert plain["n_experts"] == 8
        assert plain["n_chosen"] == 2
        assert plain["parameters"]["per_kv_width"] == 2 * 4096

    @pytest.mark.parametrize("windows", [(None, 4096), (4096, 1024)])
    def test_windows_that_the_calculator_cannot_hold_are_refused(self, windows):
        with pytest.raises(ValueError, match=r"odd: windows of one width must come first, got"):
            read_off("odd", replace(MISTRAL_7B, windows=windows), 32_768)
