"""The calculator's sentences."""

from dataclasses import replace

from course_lib.figures.calculator_models import public_models
from course_lib.figures.calculator_numbers import numbers_of
from course_lib.figures.calculator_words import in_words, speed_in_words
from tests.course_lib.figures.test_calculator_numbers import LLAMA_3_1_8B, MISTRAL


def said(setting, model="LLaMA 3.1 8B"):
    return unbroken(in_words(model, public_models()[model], setting, numbers_of(setting)))


def unbroken(words):
    """Write the spaces before units as these tests do."""
    return words.replace("\N{NO-BREAK SPACE}", " ")


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
        words = unbroken(speed_in_words(model, LLAMA_3_1_8B, numbers_of(LLAMA_3_1_8B)))
        assert words == (
            "For the next token of each sequence a step reads 15.0 GB of weights once and 68.7 GB "
            "of cache: 83.7 GB, 5.23 GB a token. At 1,000 GB/s that allows at most 191 tokens a "
            "second in all, 11.9 a sequence. This is a ceiling, not a measurement: real decoding "
            "stays below it."
        )
        alone = replace(LLAMA_3_1_8B, batch_size=1)
        words = unbroken(speed_in_words(model, alone, numbers_of(alone)))
        assert "19.3 GB. At 1,000 GB/s that allows at most 51.8 tokens a second. This" in words

    def test_experts_that_rest_are_named(self):
        words = speed_in_words(
            public_models()["Mixtral 8x7B"], LLAMA_3_1_8B, numbers_of(LLAMA_3_1_8B)
        )
        assert words.endswith(
            "Only 2 of the 8 experts of a layer are counted: tokens that choose others make it "
            "read more."
        )
