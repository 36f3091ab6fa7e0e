import pytest
import torch

from course_lib.analysis.expert_use import word_routes
from course_lib.data.tale_tokens import TOKENS
from course_lib.figures.router_data import DECIMALS, read_text
from course_lib.models.expert_decoder import ExpertDecoderConfig, build_expert_decoder


def small(seed, n_experts=3):
    cfg = ExpertDecoderConfig(
        vocab_size=len(TOKENS),
        d_model=8,
        n_heads=2,
        n_layers=2,
        d_ff=5,
        positions="rotary",
        max_seq_len=16,
        n_experts=n_experts,
        n_chosen=min(2, n_experts),
    )
    return build_expert_decoder(cfg, torch.Generator().manual_seed(seed)).eval()


def test_it_holds_what_each_router_said():
    models = {"one": small(0), "two": small(1)}
    read = read_text("a", "once john was", models)
    assert (read.label, read.words) == ("a", ["once", "john", "was"])
    assert len(read.scores) == 2
    for scores, model in zip(read.scores, models.values(), strict=True):
        said = word_routes(model, [read.words]).logits
        torch.testing.assert_close(torch.tensor(scores), said, rtol=0, atol=0.51 * 10**-DECIMALS)
    assert read.scores[0] != read.scores[1]


def test_a_strange_word_and_a_dense_model_are_refused():
    with pytest.raises(ValueError, match="no tale has the word 'zebra'"):
        read_text("a", "once zebra", {"one": small(0)})
    with pytest.raises(ValueError, match="no layer of experts"):
        read_text("a", "once", {"one": small(0, n_experts=1)})
