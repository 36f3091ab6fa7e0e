"""The calculator's sentences and the way it writes numbers."""

from dataclasses import replace

import pytest

from course_lib.figures.calculator_models import public_models
from course_lib.figures.calculator_numbers import numbers_of
from course_lib.figures.calculator_words import (
    as_bytes,
    counted,
    in_words,
    significant,
    speed_in_words,
)
from tests.course_lib.figures.test_calculator_numbers import LLAMA_3_1_8B, MISTRAL


@pytest.mark.parametrize(
    ("number", "digits", "written"),
    [
        (4.2788, 2, "4.3"),
        (0.14150, 2, "0.14"),
        (16.25, 3, "16.3"),  # a half, upwards
        (99.96, 2, "100"),
        (9.996, 3, "10.0"),
        (191.09, 3, "191"),
        (1317.4, 3, "1,317"),
        (0.0004, 3, "less than 0.001"),
        (1, 3, "1.00"),
    ],
)
def test_numbers_are_rounded_as_a_reader_would(number, digits, written):
    assert significant(number, digits) == written


@pytest.mark.parametrize(
    ("n_bytes", "written"),
    [
        (512, "512 bytes"),
        (131_072, "131 kB"),
        (2**32, "4.29 GB"),
        (999_400, "999 kB"),
        (999_500, "1.00 MB"),
        (2**36, "68.7 GB"),
        (43_980_465_111_040, "44.0 TB"),
        (10**19, "10,000 PB"),
    ],
)
def test_bytes_are_written_in_the_unit_that_fits(n_bytes, written):
    assert as_bytes(n_bytes) == written


def test_one_is_not_many():
    assert counted(1, "token") == "1 token"
    assert counted(2048, "token") == "2,048 tokens"


def said(setting, model="LLaMA 3.1 8B"):
    return in_words(model, public_models()[model], setting, numbers_of(setting))


class TestSentences:
    def test_a_cache_larger_than_the_weights(self):
        assert said(LLAMA_3_1_8B) == (
            "LLaMA 3.1 8B, 16 sequences of 32,768 tokens: the cache takes 68.7 GB, 4.3 times the "
            "weights (16.1 GB). It is as large as the weights at 7,659 tokens a sequence. "
            "A card of 80 GB holds the weights and 14 such sequences."
        )

    def test_a_cache_that_windows_keep_small(self):
        words = said(replace(MISTRAL, batch_size=16), "Mistral 7B (v0.1)")
        assert "Windows in all layers keep it smaller than the weights" in words

    def test_a_card_that_is_too_small(self):
        assert said(replace(LLAMA_3_1_8B, card_gb=16)).endswith(
            "The weights alone do not fit a card of 16 GB."
        )
        assert said(replace(LLAMA_3_1_8B, card_gb=24, seq_len=65_536)).endswith(
            "A card of 24 GB holds the weights, but not one such sequence."
        )

    def test_a_context_longer_than_published(self):
        assert said(replace(LLAMA_3_1_8B, seq_len=262_144)).endswith(
            "LLaMA 3.1 8B was published for up to 131,072 tokens: beyond, this is arithmetic only."
        )
        assert "published" not in said(replace(LLAMA_3_1_8B, seq_len=131_072))

    def test_the_speed_is_called_a_ceiling(self):
        model = public_models()["LLaMA 3.1 8B"]
        words = speed_in_words(model, LLAMA_3_1_8B, numbers_of(LLAMA_3_1_8B))
        assert words == (
            "For the next token of each sequence a step reads 15.0 GB of weights once and 68.7 GB "
            "of cache: 83.7 GB, 5.23 GB a token. At 1,000 GB/s that allows at most 191 tokens a "
            "second in all, 11.9 a sequence. This is a ceiling, not a measurement: real decoding "
            "stays below it."
        )
        alone = replace(LLAMA_3_1_8B, batch_size=1)
        words = speed_in_words(model, alone, numbers_of(alone))
        assert "19.3 GB. At 1,000 GB/s that allows at most 51.8 tokens a second. This" in words

    def test_experts_that_rest_are_named(self):
        words = speed_in_words(
            public_models()["Mixtral 8x7B"], LLAMA_3_1_8B, numbers_of(LLAMA_3_1_8B)
        )
        assert words.endswith(
            "Only 2 of the 8 experts of a layer are counted: tokens that choose others make it "
            "read more."
        )
