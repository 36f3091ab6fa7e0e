import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course_lib.analysis.choice_scores import WAYS, Options, continuation_log_probs
from course_lib.decoder import Decoder, DecoderConfig

VOCAB = 7
CONTEXT = [3, 1, 4]
OPTIONS = [[5, 2, 6, 0], [2], [6, 6]]


class Bigram(nn.Module):
    """The next token depends on the last alone."""

    def __init__(self):
        super().__init__()
        self.table = torch.randn(
            VOCAB, VOCAB, generator=torch.Generator().manual_seed(0), dtype=torch.float64
        )

    def forward(self, token_ids):
        return SimpleNamespace(logits=self.table[token_ids])


def test_against_a_loop():
    model = Bigram()
    log_probs = model.table.log_softmax(dim=-1)
    for found, option in zip(continuation_log_probs(model, CONTEXT, OPTIONS), OPTIONS, strict=True):
        steps = zip([CONTEXT[-1], *option], option, strict=False)
        assert found == pytest.approx(sum(log_probs[a, b].item() for a, b in steps), abs=1e-12)


def test_fellow_options_make_no_difference():
    cfg = DecoderConfig(
        vocab_size=VOCAB,
        d_model=12,
        n_heads=2,
        n_layers=2,
        d_ff=20,
        positions="rotary",
        max_seq_len=9,
    )
    model = Decoder(cfg, torch.Generator().manual_seed(0)).double().eval()
    together = continuation_log_probs(model, CONTEXT, OPTIONS)
    for found, option in zip(together, OPTIONS, strict=True):
        [alone] = continuation_log_probs(model, CONTEXT, [option])
        torch.testing.assert_close(found, alone, rtol=1e-12, atol=1e-12)


def test_all_continuations_of_two_tokens_share_one():
    pairs = [[a, b] for a in range(VOCAB) for b in range(VOCAB)]
    total = continuation_log_probs(Bigram(), CONTEXT, pairs).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("context", "options"), [([], [[1]]), ([1], []), ([1], [[2], []])])
def test_what_is_empty_is_refused(context, options):
    with pytest.raises(ValueError, match="none of them empty"):
        continuation_log_probs(Bigram(), context, options)


class TestOptions:
    # "it slept" against "anna gave it some bread": 1/4 and 1/32, alone 1/2 and 1/128.
    options = Options(
        given=torch.tensor([0.25, 1 / 32]).log(),
        alone=torch.tensor([0.5, 1 / 128]).log(),
        n_tokens=torch.tensor([2.0, 5.0]),
        n_bytes=torch.tensor([8.0, 24.0]),
    )

    def test_by_hand(self):
        two = math.log(2)
        wanted = {
            "sum": [-2 * two, -5 * two],
            "token": [-two, -two],
            "byte": [-two / 4, -5 * two / 24],
            "gain": [-two, 2 * two],
        }
        for way in WAYS:
            torch.testing.assert_close(self.options.scores(way), torch.tensor(wanted[way]))

    def test_another_way_is_refused(self):
        with pytest.raises(ValueError, match="no way 'word'"):
            self.options.scores("word")
