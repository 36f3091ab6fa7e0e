import math

import pytest
import torch

from course_lib.analysis.expert_use import (
    chance_information,
    entropy_bits,
    shared_information,
    tale_routes,
    visits,
    word_routes,
)
from course_lib.data.tale_tokens import TOKENS, encode, held_out_tales
from course_lib.mixture_of_experts import choose_by_probability
from course_lib.models.expert_decoder import (
    ExpertDecoderConfig,
    build_expert_decoder,
    watched_routers,
)

L, E, K = 2, 5, 3


def small(n_experts=E):
    cfg = ExpertDecoderConfig(
        vocab_size=len(TOKENS),
        d_model=8,
        n_heads=2,
        n_layers=L,
        d_ff=6,
        positions="rotary",
        max_seq_len=128,
        n_experts=n_experts,
        n_chosen=min(K, n_experts),
        among_all=n_experts > 1,
    )
    return build_expert_decoder(cfg, torch.Generator().manual_seed(0)).eval()


class TestWordRoutes:
    def test_texts_stand_one_after_another_as_if_each_were_read_alone(self):
        model, texts = small(), [["once", "john", "was"], ["the", "cat"]]
        routes = word_routes(model, texts)
        assert routes.words == ["once", "john", "was", "the", "cat"]
        assert routes.experts.shape == routes.weights.shape == (L, 5, K)
        with watched_routers(model) as said, torch.no_grad():
            model(torch.tensor([encode(texts[1])]))
        for layer in range(L):
            torch.testing.assert_close(routes.logits[layer, 3:], said[layer])
            due = choose_by_probability(said[layer], K)
            assert torch.equal(routes.experts[layer, 3:], due.experts)
            torch.testing.assert_close(routes.weights[layer, 3:], due.weights)

    def test_tales(self):
        tales = held_out_tales(2)
        assert tale_routes(small(), tales).words == [*tales[0].words, *tales[1].words]

    def test_a_strange_word_and_a_dense_model(self):
        with pytest.raises(ValueError, match="no tale has the word"):
            word_routes(small(), [["zebra"]])
        with pytest.raises(ValueError, match="no layer of experts"):
            word_routes(small(1), [["once"]])


class TestInformation:
    def test_visits_by_hand(self):
        experts = torch.tensor([[0, 2], [2, 1], [0, 1]])
        counts = visits(experts, torch.tensor([0, 1, 1]), 4, 3)
        assert counts.tolist() == [[1, 0, 1, 0], [1, 2, 1, 0], [0, 0, 0, 0]]

    def test_an_expert_for_each_kind_says_all(self):
        counts = torch.diag(torch.tensor([1, 1, 2]))
        assert shared_information(counts) == pytest.approx(1.5)  # 2 · ¼ · 2 bits + ½ · 1 bit
        assert entropy_bits(counts) == pytest.approx(1.5)

    def test_experts_that_do_not_care_say_nothing(self):
        counts = torch.tensor([2, 3, 5])[:, None] * torch.tensor([1, 7])
        assert shared_information(counts) == pytest.approx(0, abs=1e-12)
        assert entropy_bits(counts) == pytest.approx(
            -sum(share * math.log2(share) for share in (0.2, 0.3, 0.5))
        )

    def test_it_is_entropy_less_what_is_left(self):
        counts = torch.randint(1, 9, (3, 4), generator=torch.Generator().manual_seed(3))
        by_expert = counts.sum(dim=0) / counts.sum()
        left = sum(
            by_expert[expert].item() * entropy_bits(counts[:, [expert]]) for expert in range(4)
        )
        assert shared_information(counts) == pytest.approx(entropy_bits(counts) - left, abs=1e-6)

    def test_nothing_counted(self):
        with pytest.raises(ValueError, match="nothing to compare"):
            shared_information(torch.zeros(2, 3, dtype=torch.int64))

    def test_chance_keeps_how_busy_experts_are_and_loses_the_kinds(self):
        kinds = torch.arange(600) % 3
        experts = kinds[:, None]  # an expert for each kind
        generator = torch.Generator().manual_seed(2)
        assert shared_information(visits(experts, kinds, 3, 3)) == pytest.approx(math.log2(3))
        chance = chance_information(experts, kinds, 3, 3, generator)
        assert 0 < chance < 0.03  # (3 − 1)² / (2 · 600 · ln 2) = 0.005 is expected
