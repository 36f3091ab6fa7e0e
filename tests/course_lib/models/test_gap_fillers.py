import math

import pytest
import torch
from torch import nn

from course_lib.data.tale_gaps import GAP_VOCAB_SIZE, NOT_COUNTED, PADDING, MaskedBatch, SpanBatch
from course_lib.decoder import DecoderConfig
from course_lib.models.gap_fillers import TwoSidedEncoder, masked_loss, span_loss, start_t5
from course_lib.models.t5 import T5
from course_lib.models.t5_config import T5Config

B, T, D, V = 2, 6, 12, 23
CONFIG = DecoderConfig(
    vocab_size=V, d_model=D, n_heads=3, n_layers=2, d_ff=20, positions="rotary", max_seq_len=16
)
T5_CONFIG = T5Config(
    vocab_size=GAP_VOCAB_SIZE,
    d_model=D,
    n_heads=3,
    d_head=4,
    n_encoder_layers=1,
    n_decoder_layers=2,
    d_ff=20,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def encoder():
    return TwoSidedEncoder(CONFIG, seeded(), spread=0.3).double()


def test_every_position_sees_every_other():
    model = encoder()
    token_ids = torch.randint(V, (1, T), generator=seeded(1))
    before = model(token_ids).logits
    token_ids[0, -1] = (token_ids[0, -1] + 1) % V
    assert bool(((model(token_ids).logits - before).abs().amax(dim=-1) > 1e-9).all())


def test_it_still_tells_places_apart():
    token_ids = torch.randint(V, (1, T), generator=seeded(1))
    swapped = token_ids[:, [1, 0, *range(2, T)]]
    before, after = (encoder()(ids).logits[0, -1] for ids in (token_ids, swapped))
    assert (before - after).abs().max() > 1e-6


class Fixed(nn.Module):
    """Gives the same scores whatever it reads, and remembers what that was."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, *read):
        self.read = read
        return self if len(read) == 1 else self.logits


def test_the_masked_loss_counts_what_is_asked():
    logits = torch.zeros(1, 3, 4)
    logits[0, 1, 2] = math.log(5)  # 5 of 8 parts
    batch = MaskedBatch(torch.tensor([[0, 1, 3]]), torch.tensor([[NOT_COUNTED, 2, 0]]))
    expected = (math.log(8 / 5) + math.log(4)) / 2
    assert masked_loss(Fixed(logits), batch).item() == pytest.approx(expected, abs=1e-6)


def test_the_span_loss_counts_all_but_padding_and_shows_only_what_came_before():
    logits = torch.zeros(1, 3, GAP_VOCAB_SIZE)
    logits[0, 0, 7] = math.log(GAP_VOCAB_SIZE + 1)
    batch = SpanBatch(torch.tensor([[4, 5]]), torch.tensor([2]), torch.tensor([[7, 9, PADDING]]))
    model = Fixed(logits)
    # (V + 1) of 2 V parts, then one of V; the third target is padding.
    right = math.log(2 * GAP_VOCAB_SIZE / (GAP_VOCAB_SIZE + 1))
    expected = (right + math.log(GAP_VOCAB_SIZE)) / 2
    assert span_loss(model, batch).item() == pytest.approx(expected, abs=1e-5)
    sources, read, n_tokens = model.read
    assert read.tolist() == [[PADDING, 7, 9]]
    assert sources is batch.sources
    assert n_tokens is batch.n_source_tokens


def test_padding_of_the_sources_does_not_matter():
    model = start_t5(T5(T5_CONFIG), seeded(2)).double()
    targets = torch.tensor([[3, 4, 5]])
    short = SpanBatch(torch.tensor([[6, 7]]), torch.tensor([2]), targets)
    long = SpanBatch(torch.tensor([[6, 7, PADDING]]), torch.tensor([2]), targets)
    torch.testing.assert_close(
        span_loss(model, short), span_loss(model, long), rtol=1e-12, atol=1e-12
    )


def test_a_t5_starts_from_the_generator_alone():
    first, again = (start_t5(T5(T5_CONFIG), seeded(3)).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = start_t5(T5(T5_CONFIG), seeded(4)).state_dict()
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


def test_the_spreads_of_a_t5():
    wide = T5Config(
        vocab_size=500,
        d_model=64,
        n_heads=4,
        d_head=16,
        n_encoder_layers=1,
        n_decoder_layers=1,
        d_ff=256,
    )
    for name, weight in start_t5(T5(wide), seeded(5)).named_parameters():
        if weight.dim() < 2:
            continue
        expected = weight.shape[1] ** -0.5
        if name == "embedding.weight" or "bias" in name:
            expected = 1.0
        elif name.endswith("to_q.weight"):
            expected *= 16**-0.5
        assert weight.std().item() == pytest.approx(expected, rel=0.2), name


def test_its_first_scores_are_of_the_size_of_one():
    model = start_t5(T5(T5_CONFIG), seeded(6))
    token_ids = torch.randint(GAP_VOCAB_SIZE, (B, T), generator=seeded(7))
    assert 0.3 < model(token_ids, token_ids).std().item() < 3
