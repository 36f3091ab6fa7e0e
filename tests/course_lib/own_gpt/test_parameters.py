import pytest
import torch

from course_lib.own_gpt.parameters import (
    RESIDUAL_SCALE,
    Sizes,
    count_blocks,
    count_numbers,
    new_params,
    new_state,
    nothing_yet,
    params_from_seed,
    params_of_block,
)

V, D, H, LAYERS, F = 11, 12, 3, 2, 7
SIZES = {"vocab_size": V, "d_model": D, "n_heads": H, "n_layers": LAYERS, "d_ff": F}


@pytest.fixture
def params():
    return params_from_seed(4, **SIZES)


def test_shapes_and_counts(params):
    assert {name: tuple(one.shape) for name, one in params.items() if not name.startswith("0")} == {
        "embedding": (V, D),
        "final_norm": (D,),
        "1.attention_norm": (D,),
        "1.W_q": (D, D),
        "1.W_k": (D, D),
        "1.W_v": (D, D),
        "1.W_o": (D, D),
        "1.feed_forward_norm": (D,),
        "1.W_gate": (D, F),
        "1.W_up": (D, F),
        "1.W_down": (F, D),
    }
    assert count_blocks(params) == LAYERS
    # 132 + 12 outside the blocks; in each 2 gains of 12, 4 squares of 144 and 3 of 84.
    assert count_numbers(params) == 144 + LAYERS * (24 + 576 + 252)


def test_the_same_seed_gives_the_same_and_another_another(params):
    again, other = params_from_seed(4, **SIZES), params_from_seed(5, **SIZES)
    assert all(torch.equal(params[name], again[name]) for name in params)
    assert not torch.equal(params["0.W_q"], other["0.W_q"])
    assert not torch.equal(params["0.W_q"], params["1.W_q"])


def test_what_a_block_adds_begins_small():
    params = new_params(
        Sizes(vocab_size=50, d_model=64, n_heads=2, n_layers=1, d_ff=200),
        torch.Generator().manual_seed(0),
    )
    # Standard deviations of thousands of draws: within 5 % with room to spare.
    assert params["0.W_q"].std().item() == pytest.approx(1 / 8, rel=0.05)
    assert params["0.W_o"].std().item() == pytest.approx(RESIDUAL_SCALE / 8, rel=0.05)
    assert params["0.W_down"].std().item() == pytest.approx(RESIDUAL_SCALE / 200**0.5, rel=0.05)
    assert params["embedding"].std().item() == pytest.approx(1 / 8, rel=0.05)
    assert (params["final_norm"] == 1).all()


def test_the_parameters_of_a_block_have_short_names(params):
    block = params_of_block(params, 1)
    assert len(block) == 9
    assert block["W_down"] is params["1.W_down"]
    with pytest.raises(ValueError, match="there is no block 2; there are 2"):
        params_of_block(params, 2)


def test_nothing_is_kept_before_the_first_token(params):
    past = nothing_yet({name: one.double() for name, one in params.items()}, 5, H)
    assert len(past) == LAYERS
    assert [tuple(one.shape) for one in past[1]] == [(5, H, 0, D // H)] * 2
    assert past[0][0].dtype == torch.float64


def test_adamw_begins_with_nothing(params):
    mean, square, n_updates = new_state(params)["1.W_up"]
    assert mean.shape == square.shape == (D, F)
    assert n_updates == 0
    assert not mean.any()
    assert not square.any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_layers": 0}, "every size must be at least 1"),
        ({"d_model": 9}, "even share of self.d_model=9"),
        ({"d_model": 0}, "even share"),
    ],
)
def test_sizes_that_cannot_be_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        Sizes(**{**SIZES, **change})
