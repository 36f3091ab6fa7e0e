"""Canary: the shape annotations of `course_lib` are checked while the tests run.

Were the checking switched off, every other test would pass as before.
"""

import pytest
import torch
from jaxtyping import TypeCheckError

from course_lib.attention import AttentionOutput, scaled_dot_product_attention
from course_lib.transformer import Encoder, EncoderConfig

TQ, TK, DH, DV = 5, 7, 8, 11
Q, K, V = torch.ones(2, TQ, DH), torch.ones(2, TK, DH), torch.ones(2, TK, DV)


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ((Q, K, V.mT), "v"),  # swapped axes
        ((Q, K[:1], V), "k"),  # a batch of 1, which torch would broadcast
        ((Q.long(), K, V), "q"),  # integers
        ((Q, K, V, torch.ones(TQ, TK)), "mask"),  # a mask of numbers
        ((Q, K, V, torch.ones(TK, TQ, dtype=torch.bool)), "mask"),  # a mask on its side
    ],
)
def test_a_wrong_argument_raises_and_is_named(arguments, parameter):
    with pytest.raises(TypeCheckError, match=f"[Pp]arameter.*{parameter}"):
        scaled_dot_product_attention(*arguments)


def test_a_wrong_field_of_a_result_raises():
    with pytest.raises(TypeCheckError, match="weights"):
        AttentionOutput(values=V, weights=torch.ones(2, TQ, 3), scores=torch.ones(2, TQ, TK))


def test_a_wrong_argument_of_a_module_raises():
    encoder = Encoder(EncoderConfig(vocab_size=9, d_model=4, n_heads=2, n_layers=1, d_ff=8))
    with pytest.raises(TypeCheckError, match="token_ids"):
        encoder(torch.ones(2, TQ))


def test_right_arguments_pass():
    assert scaled_dot_product_attention(Q, K, V).values.shape == (2, TQ, DV)
