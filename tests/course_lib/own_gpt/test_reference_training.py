import copy
import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.own_gpt.parameters import (
    ADAMW,
    MAX_NORM,
    new_state,
    nothing_yet,
    params_from_seed,
)
from course_lib.own_gpt.reference_model import reference_gpt
from course_lib.own_gpt.reference_training import (
    reference_align_step,
    reference_answer_log_p,
    reference_train,
    reference_train_step,
    reference_update,
)
from course_lib.own_gpt.stand_ins import reference_parts

V, H = 7, 2
PARTS = reference_parts()
TEXTS = torch.tensor([[1, 4, 2, 6], [3, 5, 0, 0]])
MASK = torch.tensor([[False, False, True, True], [True, True, False, False]])


@pytest.fixture
def params():
    drawn = params_from_seed(3, vocab_size=V, d_model=8, n_heads=H, n_layers=1, d_ff=5)
    return {name: one.double() for name, one in drawn.items()}


def torchs_step(params, loss_of, lr):
    """Take one step by torch's own clipping and optimiser."""
    leaves = {name: one.clone().requires_grad_() for name, one in params.items()}
    *betas, eps, weight_decay = ADAMW
    optimizer = torch.optim.AdamW(
        leaves.values(), lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay
    )
    loss = loss_of(leaves)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(leaves.values(), MAX_NORM)
    optimizer.step()
    return loss.item(), {name: one.detach() for name, one in leaves.items()}


def loss_of(params):
    """The mean surprise at 4, 2, 6 and 5."""
    logits, _ = reference_gpt(TEXTS, params, nothing_yet(params, 2, H), H)
    log_p = logits.log_softmax(-1)
    return -(log_p[0, 0, 4] + log_p[0, 1, 2] + log_p[0, 2, 6] + log_p[1, 0, 5]) / 4


def close(got, want):
    # torch's clipping adds 1e-6 to the length, so the gradients differ by a millionth.
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-6)


def test_a_step_is_torchs(params):
    loss, moved, state = reference_train_step(TEXTS, params, new_state(params), 0.01, H, PARTS)
    wanted, moved_there = torchs_step(params, loss_of, 0.01)
    assert loss == pytest.approx(wanted, rel=1e-12)
    close(moved, moved_there)
    assert state["0.W_q"][2] == 1
    assert not moved["embedding"].requires_grad


def test_the_arguments_stay(params):
    before, state = copy.deepcopy(params), new_state(params)
    reference_train_step(TEXTS, params, state, 0.01, H, PARTS)
    torch.testing.assert_close(params, before, rtol=0, atol=0)
    assert not state["0.W_q"][0].any()


def test_a_long_gradient_is_shortened(params):
    grads = [100 * torch.ones_like(one) for one in params.values()]
    n_numbers = sum(one.numel() for one in grads)
    _, state = reference_update(params, grads, new_state(params), 0.01)
    # All components are equal, so each becomes one over the root of their number.
    want = (1 - ADAMW[0]) * MAX_NORM / math.sqrt(n_numbers)
    assert state["final_norm"][0].tolist() == pytest.approx([want] * 8)


@pytest.mark.parametrize("n_grads", [0, 10, 12])
def test_as_many_gradients_as_parameters_are_asked_for(params, n_grads):
    grads = [torch.ones(2)] * n_grads
    with pytest.raises(ValueError, match=rf"11 parameters have {n_grads} gradients; each needs"):
        reference_update(params, grads, new_state(params), 0.01)


def test_a_training_takes_its_rates_from_warm_up_and_cosine(params):
    trained, losses = reference_train([TEXTS] * 4, params, H, 0.1, 1, PARTS)
    state, now, by_hand = new_state(params), params, []
    for lr in (0.0, 0.1, 0.075, 0.025):  # the cosine after a third of the way is ½
        loss, now, state = reference_train_step(TEXTS, now, state, lr, H, PARTS)
        by_hand.append(loss)
    assert losses == pytest.approx(by_hand, rel=1e-9)
    torch.testing.assert_close(trained, now, rtol=1e-7, atol=1e-9)
    assert losses[-1] < losses[0]


def test_the_probability_of_an_answer(params):
    got = reference_answer_log_p(TEXTS, MASK, params, H, PARTS)
    logits, _ = reference_gpt(TEXTS, params, nothing_yet(params, 2, H), H)
    log_p = logits.log_softmax(-1)
    # The second mask holds the first token of its text, which nothing foretells.
    want = torch.stack([log_p[0, 1, 2] + log_p[0, 2, 6], log_p[1, 0, 5]])
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_a_step_towards_a_preference_is_torchs(params):
    other = {name: 1.1 * one for name, one in params.items()}
    chosen, rejected = (TEXTS, MASK), (TEXTS.flip(0), MASK)

    def preference_loss(leaves):
        gains = [
            reference_answer_log_p(*one, leaves, H, PARTS)
            - reference_answer_log_p(*one, other, H, PARTS)
            for one in (chosen, rejected)
        ]
        return -F.logsigmoid(0.3 * (gains[0] - gains[1])).mean()

    loss, moved, _ = reference_align_step(
        chosen, rejected, params, other, new_state(params), (0.01, 0.3), H, PARTS
    )
    wanted, moved_there = torchs_step(params, preference_loss, 0.01)
    assert loss == pytest.approx(wanted, rel=1e-12)
    close(moved, moved_there)
