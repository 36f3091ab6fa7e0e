import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.mixture_of_experts import (
    MixtureOfExperts,
    choose_by_probability,
    choose_experts,
)

B, T, D, D_FF, E, K = 2, 5, 6, 11, 4, 3
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def layer_of(n_chosen=K):
    layer = MixtureOfExperts(D, D_FF, n_experts=E, n_chosen=n_chosen, activation=F.silu).double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return layer


class TestChooseExperts:
    def test_hand_worked_case(self):
        # The best two of four; e^ln 3 : e^0 is 3 : 1, whatever the others have.
        route = choose_experts(torch.tensor([[0.0, -9.0, math.log(3.0), -0.5]]), 2)
        assert route.experts.tolist() == [[2, 0]]
        torch.testing.assert_close(route.weights, torch.tensor([[0.75, 0.25]]))

    def test_is_a_softmax_over_all_scaled_to_sum_to_one_over_the_chosen(self):
        logits = rand(T, E)
        route = choose_experts(logits, K)
        shares = logits.softmax(-1).gather(-1, route.experts)
        torch.testing.assert_close(route.weights, shares / shares.sum(-1, keepdim=True), **TIGHT)

    def test_nobody_left_out_is_better_than_anybody_chosen(self):
        logits = rand(T, E)
        route = choose_experts(logits, K)
        left_out = logits.scatter(-1, route.experts, -torch.inf).amax(-1)
        assert (logits.gather(-1, route.experts).amin(-1) >= left_out).all()


class TestChooseByProbability:
    def test_hand_worked_case(self):
        # Powers 1, 4, 3 of 8 in all.
        route = choose_by_probability(torch.tensor([[1.0, 4.0, 3.0]]).log(), 2)
        assert route.experts.tolist() == [[1, 2]]
        torch.testing.assert_close(route.weights, torch.tensor([[0.5, 0.375]]))

    def test_it_chooses_the_same_and_weighs_less(self):
        logits = rand(T, E)
        among_all, chosen = choose_by_probability(logits, K), choose_experts(logits, K)
        assert torch.equal(among_all.experts, chosen.experts)
        total = among_all.weights.sum(-1, keepdim=True)
        assert (total < 1).all()
        torch.testing.assert_close(among_all.weights / total, chosen.weights, **TIGHT)

    def test_a_single_choice_teaches_the_router_only_among_all(self):
        for choose, learns in ((choose_by_probability, True), (choose_experts, False)):
            logits = rand(T, E).requires_grad_()
            choose(logits, 1).weights.square().sum().backward()
            assert logits.grad is not None
            assert bool(logits.grad.any()) is learns


class TestMixtureOfExperts:
    def test_the_rule_can_be_another(self):
        layer, x = layer_of(2), rand(B, T, D)
        shared = layer(x)
        layer.choose = choose_by_probability
        total = choose_by_probability(layer.router(x.flatten(0, 1)), 2).weights.sum(-1)
        torch.testing.assert_close(layer(x), shared * total.view(B, T, 1), **TIGHT)

    @pytest.mark.parametrize("n_chosen", [1, 2, E])
    def test_matches_loops(self, n_chosen):
        layer, x = layer_of(n_chosen), rand(B, T, D)
        out = layer(x)
        for b in range(B):
            for t in range(T):
                logits = layer.router(x[b, t])
                best = sorted(range(E), key=lambda e: -logits[e].item())[:n_chosen]
                shares = logits[best].softmax(-1)
                expected = sum(
                    share * layer.experts[expert](x[b, t])
                    for share, expert in zip(shares, best, strict=True)
                )
                torch.testing.assert_close(out[b, t], expected, **TIGHT)

    def test_an_expert_that_nobody_chose_does_not_matter(self):
        layer, x = layer_of(1), rand(B, T, D).abs()
        layer.router.weight.data[2] = -100.0  # positive rows never choose it
        before = layer(x)
        for parameter in layer.experts[2].parameters():
            parameter.data.fill_(torch.nan)
        assert torch.equal(layer(x), before)

    def test_router_and_chosen_experts_learn(self):
        layer, x = layer_of(), rand(B, T, D)
        layer(x).square().sum().backward()
        assert all(p.grad is not None and p.grad.any() for p in layer.parameters())

    def test_experts_are_as_wide_as_wanted_and_the_router_adds_nothing(self):
        layer = layer_of()
        assert {expert.to_up.out_features for expert in layer.experts} == {D_FF}
        assert layer.router.bias is None

    @pytest.mark.parametrize("shape", [(T, D), (B, 1, T, D)])
    def test_any_axes_may_stand_before_the_last(self, shape):
        layer, x = layer_of(), rand(*shape)
        torch.testing.assert_close(layer(x).flatten(0, -2), layer(x.reshape(1, -1, D))[0], **TIGHT)

    @pytest.mark.parametrize("n_chosen", [0, E + 1])
    def test_more_experts_than_there_are_cannot_be_visited(self, n_chosen):
        with pytest.raises(ValueError, match=f"cannot visit {n_chosen} of {E} experts"):
            layer_of(n_chosen)
