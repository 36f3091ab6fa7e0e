import pytest
import torch

from course_lib.decoder import build_decoder
from course_lib.training.larger_vocabulary import with_more_tokens

V, N_NEW = 9, 3


def decoder():
    sizes = {"vocab_size": V, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
    return build_decoder(**sizes, spread=0.3).double()


def larger(seed=0, model=None):
    return with_more_tokens(model or decoder(), N_NEW, torch.Generator().manual_seed(seed))


def test_old_tokens_are_scored_as_before():
    model = decoder()
    token_ids = torch.tensor([[3, 8, 0, 5]])
    grown = larger(model=model)
    torch.testing.assert_close(
        grown(token_ids).logits[..., :V], model(token_ids).logits, rtol=1e-12, atol=1e-12
    )
    assert grown(torch.tensor([[V + N_NEW - 1]])).logits.shape == (1, 1, V + N_NEW)
    assert grown.cfg.vocab_size == V + N_NEW
    assert model.cfg.vocab_size == V


def test_new_tokens_lie_around_the_mean_of_the_others():
    model = decoder()
    with torch.no_grad():
        model.embedding.weight[:, 0] += 40.0
        model.embedding.weight[:, 1] *= 100.0
    many = with_more_tokens(model, 4000, torch.Generator().manual_seed(1))
    old, new = model.embedding.weight, many.embedding.weight[V:]
    # Mean and spread of 4,000 draws: within six standard errors.
    error = old.std(dim=0) / 2 / 4000**0.5
    assert ((new.mean(dim=0) - old.mean(dim=0)).abs() < 6 * error).all()
    assert ((new.std(dim=0) / old.std(dim=0) - 0.5).abs() < 0.05).all()


def test_it_is_a_copy_in_the_same_mode_drawn_from_the_generator():
    model = decoder().eval()
    grown = larger(model=model)
    assert not grown.training
    assert larger().training
    with torch.no_grad():
        grown.embedding.weight.zero_()
    assert model.embedding.weight.abs().sum() > 0
    assert torch.equal(larger(1).embedding.weight, larger(1).embedding.weight)
    assert not torch.equal(larger(1).embedding.weight[V:], larger(2).embedding.weight[V:])


def test_none_is_no_number_to_add():
    with pytest.raises(ValueError, match="n_tokens=0"):
        with_more_tokens(decoder(), 0, torch.Generator())
