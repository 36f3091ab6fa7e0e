"""The shapes of public models that the parameter calculator offers."""

from dataclasses import asdict, replace

import pytest
import torch
from torch import nn

from course_lib.checkpoints.mini_gpt import CONFIG as MINI_GPT
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.figures.parameter_models import MODELS, ModelShape, public_shapes, shape_of
from course_lib.figures.parameter_numbers import PARTS, numbers_of
from course_lib.models.bert import BERT_BASE, Bert, BertConfig
from course_lib.models.gemma import GEMMA2_2B, GEMMA_2B, Gemma, GemmaConfig
from course_lib.models.gpt2 import GPT2, GPT2_SMALL, GPT2Config
from course_lib.models.llama import LLAMA2_7B, Llama, LlamaConfig
from course_lib.models.mixtral import MIXTRAL_8X7B, Mixtral, MixtralConfig
from course_lib.models.qwen import QWEN2_5_0_5B, QWEN3_0_6B, Qwen, QwenConfig
from course_lib.models.t5 import T5
from course_lib.models.t5_config import T5_SMALL, T5_V1_1_SMALL, T5Config
from tests.course_lib.figures.test_calculator_models import PUBLISHED

# As the published checkpoints of their heads and stacks hold them; the others stand in PUBLISHED.
STATED = {
    "BERT base": 110_106_428,
    "T5 small": 60_506_624,
    "T5 base": 222_903_552,
    "T5 1.1 small": 76_961_152,
    "LLaMA 3 8B": 8_030_261_248,
}
BUILDERS = {
    GPT2Config: GPT2,
    BertConfig: Bert,
    T5Config: T5,
    LlamaConfig: Llama,
    QwenConfig: Qwen,
    GemmaConfig: Gemma,
    MixtralConfig: Mixtral,
}
ODD = {"n_layers": 3, "d_model": 48, "d_ff": 70, "vocab_size": 101}
"""Sizes that no published model has."""


def build(cfg) -> nn.Module:
    """Build a model of the library, without memory but for the small decoder."""
    if isinstance(cfg, DecoderConfig):
        return Decoder(cfg, torch.Generator())
    with torch.device("meta"):
        return BUILDERS[type(cfg)](cfg)


def part_of(name: str) -> str:
    """Say to which part of the figure a parameter of the library's models belongs."""
    if "norm" in name:
        return "head" if "word_norm" in name else "norms"
    if "attention" in name:
        return "attention"
    if "feed_forward" in name:
        return "feed-forward"
    heads = ("unembedding", "to_word", "word_bias", "pooler", "to_pair")
    return "head" if name.startswith(heads) else "embeddings"


def counted(model: nn.Module) -> dict[str, int]:
    """Count the parameters of a model of the library by part."""
    counts = dict.fromkeys(PARTS, 0)
    for name, parameter in model.named_parameters():
        counts[part_of(name)] += parameter.numel()
    return counts


class TestAgainstTheLibrary:
    @pytest.mark.parametrize("name", MODELS)
    def test_every_part_of_every_model_has_as_many(self, name):
        cfg, longest = MODELS[name]
        model = build(replace(cfg, **_few_layers(cfg)))
        shape = replace(shape_of(cfg, longest), n_layers=2)
        assert numbers_of(shape, 1).parts == counted(model)

    @pytest.mark.parametrize(
        ("cfg", "changes"),
        [
            (GPT2_SMALL, ODD | {"n_heads": 6, "max_seq_len": 17, "ties_embeddings": False}),
            (BERT_BASE, ODD | {"n_heads": 6, "max_seq_len": 17, "n_segments": 3}),
            (BERT_BASE, ODD | {"n_heads": 6, "has_word_head": False, "has_pair_head": False,
                               "has_pooler": False, "ties_embeddings": False}),
            (LLAMA2_7B, ODD | {"n_heads": 6, "n_kv_heads": 2, "d_head": 10}),
            (LLAMA2_7B, ODD | {"n_heads": 6, "n_kv_heads": 3, "d_head": 10,
                               "attention_bias": True, "feed_forward_bias": True}),
            (QWEN2_5_0_5B, ODD | {"n_heads": 6, "n_kv_heads": 2, "d_head": 10}),
            (QWEN3_0_6B, ODD | {"n_heads": 6, "n_kv_heads": 1, "d_head": 10}),
            (GEMMA_2B, ODD | {"n_heads": 6, "d_head": 10}),
            (GEMMA2_2B, ODD | {"n_heads": 6, "n_kv_heads": 2, "d_head": 10}),
            (MIXTRAL_8X7B, ODD | {"n_heads": 6, "n_kv_heads": 2, "d_head": 10, "n_experts": 5}),
            (MINI_GPT, ODD | {"n_heads": 6, "positions": "learned", "max_seq_len": 17}),
            (MINI_GPT, ODD | {"n_heads": 6, "positions": "sinusoidal"}),
        ],
    )  # fmt: skip
    def test_every_part_follows_a_change_of_the_sizes(self, cfg, changes):
        changed = replace(cfg, **changes)
        shape = shape_of(changed, getattr(changed, "max_seq_len", 999))
        assert numbers_of(shape, 1).parts == counted(build(changed))

    @pytest.mark.parametrize("cfg", [T5_SMALL, T5_V1_1_SMALL])
    def test_both_stacks_are_counted(self, cfg):
        sizes = {"d_model": 48, "d_ff": 70, "vocab_size": 101, "n_heads": 6, "d_head": 10}
        changed = replace(cfg, **sizes, n_encoder_layers=3, n_decoder_layers=3)
        assert numbers_of(shape_of(changed, 512), 1).parts == counted(build(changed))

    def test_every_model_has_as_many_as_published(self):
        totals = {name: numbers_of(shape, 1).total for name, shape in public_shapes().items()}
        for name, count in (PUBLISHED | STATED).items():
            assert totals[name] == count, name


def _few_layers(cfg) -> dict[str, int]:
    """Two layers are enough to count by: more only take time."""
    if isinstance(cfg, T5Config):
        return {"n_encoder_layers": 2, "n_decoder_layers": 2}
    return {"n_layers": 2}


class TestShapes:
    def test_sizes_are_those_of_the_library(self):
        shape = public_shapes()["Qwen2.5 0.5B"]
        for name in ("n_layers", "d_model", "n_heads", "n_kv_heads", "d_head", "d_ff"):
            assert getattr(shape, name) == getattr(QWEN2_5_0_5B, name)
        assert (shape.attention_bias, shape.ffn_bias, shape.norm) == ("qkv", False, "rms")
        assert (shape.tied, shape.gated, shape.positions) == (True, True, "rotary")
        assert shape.max_seq_len == 32_768

    def test_families_differ_in_what_they_bring_along(self):
        shapes = public_shapes()
        assert shapes["GPT-2 XL"].attention_bias == "all"
        assert shapes["GPT-2 XL"].positions == "learned"
        assert (shapes["Gemma 2B"].norms, shapes["Gemma 2 2B"].norms) == (2, 4)
        assert [shapes[name].head_norms for name in ("Qwen2.5 7B", "Qwen3 8B")] == [False, True]
        assert (shapes["Mixtral 8x7B"].n_experts, shapes["Mixtral 8x7B"].n_chosen) == (8, 2)
        bert = shapes["BERT base"]
        assert (bert.last_norms, bert.embedding_norms, bert.n_segments) == (0, 1, 2)
        t5 = shapes["T5 small"]
        assert (t5.n_stacks, t5.attentions, t5.feed_forwards, t5.norms) == (2, 3, 2, 5)

    def test_the_page_gets_plain_data(self):
        plain = asdict(public_shapes()["T5 1.1 small"])
        assert plain["gated"] is True
        assert plain["tied"] is False


class TestRefusals:
    def test_stacks_of_different_height(self):
        with pytest.raises(ValueError, match=r"n_encoder_layers=6 and cfg.n_decoder_layers=2"):
            shape_of(replace(T5_SMALL, n_decoder_layers=2), 512)

    def test_heads_and_experts_that_do_not_fit_together(self):
        shape: ModelShape = public_shapes()["Mixtral 8x7B"]
        with pytest.raises(ValueError, match="32 query heads cannot share 5 key/value heads"):
            replace(shape, n_kv_heads=5)
        with pytest.raises(ValueError, match="a token cannot visit 9 of 8 experts"):
            replace(shape, n_chosen=9)
