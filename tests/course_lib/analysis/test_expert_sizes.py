from dataclasses import replace

import pytest
import torch

from course_lib.analysis.expert_sizes import FLOPS_A_WEIGHT, PUBLIC, ExpertSizes

SMALL = ExpertSizes(
    n_layers=3,
    n_dense_layers=1,
    d_model=2,
    d_ff_dense=7,
    n_experts=5,
    n_chosen=2,
    n_shared=1,
    d_ff=4,
    attention_weights=16,
    vocab_size=11,
)


def test_hand_worked_case():
    # Attention 3·16, one dense layer 3·2·7, two sparse ones of a router 2·5 and six experts 3·2·4,
    # and two tables 11·2. A token meets three experts in each, and one of the tables.
    assert SMALL.weights_of_an_expert == 24
    assert SMALL.kept == 48 + 42 + 2 * (10 + 6 * 24) + 44
    assert SMALL.met == 48 + 42 + 2 * (10 + 3 * 24) + 22
    assert SMALL.flops_a_token == FLOPS_A_WEIGHT * SMALL.met


def test_more_experts_cost_memory_and_next_to_no_work():
    more = replace(SMALL, n_experts=50)
    assert more.kept > 5 * SMALL.kept
    assert more.met - SMALL.met == 2 * 2 * 45  # the routers


@pytest.mark.parametrize("name", PUBLIC)
def test_public_models_have_the_weights_of_their_peer(name):
    import transformers

    sizes = replace(PUBLIC[name], n_layers=4)
    kind = "DeepseekV3" if name == "DeepSeek-V3" else "Mixtral"
    config = getattr(transformers, f"{kind}Config")(num_hidden_layers=4)
    with torch.device("meta"):
        model = getattr(transformers, f"{kind}ForCausalLM")(config)
    norms = sum(each.numel() for each in model.parameters() if each.dim() == 1)
    assert sizes.kept == sum(each.numel() for each in model.parameters()) - norms
    assert norms < 1e-4 * sizes.kept


def test_the_published_figures():
    # Of the reports: 47 and 13 billion; 671 and 37 billion.
    billions = {name: (each.kept / 1e9, each.met / 1e9) for name, each in PUBLIC.items()}
    assert billions["Mixtral 8x7B"] == pytest.approx((47, 13), abs=0.5)
    assert billions["DeepSeek-V3"] == pytest.approx((671, 37), abs=0.5)
