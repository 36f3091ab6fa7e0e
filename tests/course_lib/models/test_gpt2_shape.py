import dataclasses

import pytest

from course_lib.models.gpt2_shape import GPT2Shape

SIZES = {"n_layers": 12, "d_model": 768, "d_ff": 3072, "vocab_size": 50257, "max_seq_len": 1024}


def test_a_plain_gpt2_is_tied_and_has_biases():
    shape = GPT2Shape(**SIZES)
    assert shape.tied is True
    assert shape.bias is True
    assert dataclasses.asdict(shape) == {**SIZES, "tied": True, "bias": True}


def test_a_shape_stays_as_it_is():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GPT2Shape(**SIZES).n_layers = 1


def test_sizes_are_named_when_they_are_given():
    with pytest.raises(TypeError, match="positional"):
        GPT2Shape(12, 768, 3072, 50257, 1024)


@pytest.mark.parametrize("name", SIZES)
def test_a_size_below_one_is_refused(name):
    with pytest.raises(ValueError, match=f"every size must be at least 1.*{name}=0"):
        GPT2Shape(**{**SIZES, name: 0})
