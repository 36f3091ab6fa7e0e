from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from course_lib.expert_balance import uneven_use
from course_lib.layers import GatedFeedForward
from course_lib.mixture_of_experts import MixtureOfExperts
from course_lib.models.expert_decoder import (
    RESIDUAL_SCALE,
    ROUTER_SPREAD,
    ExpertDecoderConfig,
    active_parameters,
    build_expert_decoder,
    dense_width,
    watched_routers,
    with_balance,
)

B, T, L, D, D_FF, E, K, V = 2, 5, 3, 8, 7, 4, 2, 11
CONFIG = ExpertDecoderConfig(
    vocab_size=V,
    d_model=D,
    n_heads=2,
    n_layers=L,
    d_ff=D_FF,
    positions="rotary",
    max_seq_len=16,
    n_experts=E,
    n_chosen=K,
)


def build(seed=0, **changes):
    return build_expert_decoder(replace(CONFIG, **changes), torch.Generator().manual_seed(seed))


def tokens():
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1))


class TestBuild:
    def test_every_layer_has_experts_or_none_has(self):
        sparse, dense = build(), build(n_experts=1, n_chosen=1)
        for block in sparse.blocks:
            assert isinstance(block.feed_forward, MixtureOfExperts)
            assert len(block.feed_forward.experts) == E
            assert block.feed_forward.n_chosen == K
        assert all(isinstance(block.feed_forward, GatedFeedForward) for block in dense.blocks)

    def test_the_seed_decides_and_nothing_else(self):
        torch.manual_seed(5)
        first = build().state_dict()
        torch.manual_seed(6)
        again, other = build().state_dict(), build(seed=1).state_dict()
        assert all(torch.equal(first[name], again[name]) for name in first)
        assert not torch.equal(first["embedding.weight"], other["embedding.weight"])

    def test_weights_begin_as_they_should(self):
        model = build(d_model=64, d_ff=64, n_experts=16)
        layer = model.blocks[0].feed_forward
        spread = 64**-0.5
        assert layer.router.weight.std().item() == pytest.approx(ROUTER_SPREAD, rel=0.1)
        assert layer.experts[3].to_up.weight.std().item() == pytest.approx(spread, rel=0.1)
        out = layer.experts[3].to_out.weight.std().item()
        assert out == pytest.approx(RESIDUAL_SCALE * spread, rel=0.1)

    def test_the_rule_is_that_of_the_config(self):
        chosen, among_all = build(), build(among_all=True)
        x = torch.randn(3, D, generator=torch.Generator().manual_seed(2))
        shared = chosen.blocks[0].feed_forward(x)
        assert among_all.blocks[0].feed_forward(x).norm() < shared.norm()

    @pytest.mark.parametrize("n_chosen", [0, E + 1])
    def test_more_experts_than_there_are_cannot_be_visited(self, n_chosen):
        with pytest.raises(ValueError, match="cannot visit"):
            replace(CONFIG, n_chosen=n_chosen)


class TestSizes:
    @pytest.mark.parametrize("n_used", [K, E])
    def test_the_dense_twin_has_no_fewer_weights(self, n_used):
        width = dense_width(CONFIG, n_used)
        of_experts = n_used * 3 * D * D_FF + D * E
        assert 0 <= 3 * D * width - of_experts < 3 * D

    def test_active_parameters_by_hand(self):
        model = build()
        total = sum(parameter.numel() for parameter in model.parameters())
        assert active_parameters(model) == total - L * (E - K) * 3 * D * D_FF
        dense = build(n_experts=1, n_chosen=1)
        assert active_parameters(dense) == sum(each.numel() for each in dense.parameters())


class TestWatchedRouters:
    def test_it_notes_what_each_router_said_and_stops(self):
        model = build()
        with watched_routers(model) as said:
            model(tokens())
        assert [tuple(each.shape) for each in said] == [(B * T, E)] * L
        block = model.blocks[0]
        x = model.embed(tokens())
        x = x + block.attention(block.attention_norm(x), model.context(T, x, False)).x
        due = block.feed_forward.router(block.feed_forward_norm(x)).flatten(0, 1)
        torch.testing.assert_close(said[0], due)
        model(tokens())
        assert len(said) == L

    def test_it_stops_after_an_error_too(self):
        model = build()
        with pytest.raises(RuntimeError, match="on purpose"), watched_routers(model) as said:
            raise RuntimeError("on purpose")
        model(tokens())
        assert said == []


class TestWithBalance:
    def loss(self, model, token_ids):
        return F.cross_entropy(model(token_ids).logits.flatten(0, 1), token_ids.flatten())

    def test_it_adds_the_mean_over_layers_of_the_counted_positions(self):
        model, ids = build(), tokens()
        counted = ids != 3
        total = with_balance(self.loss, lambda ids: ids != 3, n_chosen=K, coefficient=0.5)
        with watched_routers(model) as said:
            plain = self.loss(model, ids)
        uneven = sum(uneven_use(each[counted.flatten()], K) for each in said) / L
        torch.testing.assert_close(total(model, ids), plain + 0.5 * uneven)

    def test_the_router_learns_from_it(self):
        model, ids = build(), tokens()
        total = with_balance(
            lambda model, ids: 0 * self.loss(model, ids),
            lambda ids: torch.ones_like(ids, dtype=torch.bool),
            n_chosen=K,
            coefficient=1.0,
        )
        total(model, ids).backward()
        assert all(block.feed_forward.router.weight.grad.any() for block in model.blocks)
