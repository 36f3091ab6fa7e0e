import torch
import torch.nn.functional as F

from course_lib.analysis.head_ablation import losses_without_each_head, next_token_loss
from tests.course_lib.test_decoder import decoder, tokens


def silenced(model, token_ids, layer, head):
    """The loss with a head's output set to 0 on its way, by a hook."""
    width = model.cfg.d_head

    def silence(_, inputs):
        (heads,) = inputs
        heads = heads.clone()
        heads[..., head * width : (head + 1) * width] = 0
        return (heads,)

    handle = model.blocks[layer].attention.to_out.register_forward_pre_hook(silence)
    try:
        return next_token_loss(model, token_ids)
    finally:
        handle.remove()


def test_the_loss_is_torchs_own():
    model, token_ids = decoder(), tokens()
    logits = model(token_ids).logits[:, :-1]
    want = F.cross_entropy(logits.transpose(1, 2), token_ids[:, 1:]).item()
    assert abs(next_token_loss(model, token_ids) - want) < 1e-12


def test_each_head_is_silenced_in_turn():
    model, token_ids = decoder(), tokens()
    base = next_token_loss(model, token_ids)
    found = losses_without_each_head(model, token_ids)
    want = [
        [silenced(model, token_ids, layer, head) - base for head in range(3)] for layer in (0, 1)
    ]
    torch.testing.assert_close(found, torch.tensor(want), rtol=1e-5, atol=1e-6)
    assert found.unique().numel() == 6


def test_the_model_stays_as_it_is():
    model, token_ids = decoder(), tokens()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    losses_without_each_head(model, token_ids)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_head_that_says_nothing_is_worth_nothing():
    model, token_ids = decoder(), tokens()
    with torch.no_grad():
        model.blocks[1].attention.to_v.weight[4:8] = 0  # the second head's values
    assert losses_without_each_head(model, token_ids)[1, 1] == 0
