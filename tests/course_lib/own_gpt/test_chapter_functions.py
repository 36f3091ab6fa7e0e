"""Each stand-in gives what its exercise asks for: by hand, and by torch's own means."""

import math

import pytest
import torch

from course_lib.own_gpt import chapter_functions as own

TIGHT = {"rtol": 1e-12, "atol": 1e-12}
B, T, D, H, V = 2, 5, 12, 3, 7


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(got, want):
    torch.testing.assert_close(got, want, **TIGHT)


def test_embed():
    table = rand(V, D)
    one_hot, vectors = own.embed(torch.tensor([[3, 0], [6, 3]]), table)
    close(one_hot @ table, vectors)
    assert one_hot.sum(-1).tolist() == [[1, 1], [1, 1]]
    close(vectors[1, 0], table[6])


def test_stable_softmax():
    x = torch.tensor([[0.0, math.log(3)], [-torch.inf, -torch.inf], [1000.0, 1000.0]])
    want = torch.tensor([[0.25, 0.75], [0, 0], [0.5, 0.5]])
    torch.testing.assert_close(own.stable_softmax(x, 1), want)
    torch.testing.assert_close(own.stable_softmax(x.T, 0), want.T)


def test_heads_go_there_and_back():
    x = rand(B, T, D)
    heads = own.split_heads(x, H)
    close(heads[1, 2, 4], x[1, 4, 8:])
    close(own.merge_heads(heads), x)


def test_apply_rope_turns_neighbours():
    x = rand(B, H, T, 4)
    got = own.apply_rope(x, torch.arange(3, 3 + T))
    pairs = torch.view_as_complex(x.unflatten(-1, (2, 2)).contiguous())
    angle = torch.arange(3, 3 + T).double()[:, None] * torch.tensor(
        [1.0, 0.01], dtype=torch.float64
    )
    close(got, torch.view_as_real(pairs * torch.exp(1j * angle)).flatten(-2))


def test_apply_rope_takes_places_of_their_own_for_each_text():
    x, places = rand(B, H, T, 4), torch.tensor([[0, 1, 2, 3, 4], [7, 8, 9, 10, 11]])
    got = own.apply_rope(x, places)
    for b in range(B):
        close(got[b], own.apply_rope(x[b], places[b]))


def test_causal_mask():
    assert own.causal_mask(2, 3).tolist() == [[True, True, False], [True, True, True]]


def test_next_token_loss():
    logits = rand(B, T, V)
    ids = torch.tensor([[1, 2, 3, 4, 5], [2, 1, 0, 0, 0]])
    log_p = logits.log_softmax(-1)
    each = [log_p[b, t, ids[b, t + 1]] for b in range(B) for t in range(T - 1)]
    close(own.next_token_loss(logits, ids), -torch.stack(each).mean())
    close(own.next_token_loss(logits, ids, 0), -torch.stack(each[:5]).mean())


def test_sample_token():
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.0, 0.0, math.log(6)])
    assert own.sample_token(logits, 0.0, generator) == 2
    # The shares are 1/8, 1/8 and 6/8: 5 standard errors of 2,000 draws are 0.05.
    drawn = [own.sample_token(logits, 1.0, generator) for _ in range(2000)]
    assert drawn.count(2) / 2000 == pytest.approx(0.75, abs=0.05)
    cold = [own.sample_token(logits, 0.1, generator) for _ in range(50)]
    assert set(cold) == {2}


def test_top_p_filter():
    logits = torch.tensor([0.1, 0.2, 0.7]).log()
    assert torch.isneginf(own.top_p_filter(logits, 0.8)).tolist() == [True, False, False]
    assert torch.equal(own.top_p_filter(logits, 1.5), logits)


def test_rms_norm():
    # The mean square of 3 and 4 is 12.5; with eps 3.5 its root is 4.
    got = own.rms_norm(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0]), 3.5)
    torch.testing.assert_close(got, torch.tensor([0.75, 2.0]))


def test_swiglu():
    x, gate, up, down = rand(B, D), rand(D, 4, seed=1), rand(D, 4, seed=2), rand(4, D, seed=3)
    z = x @ gate
    close(own.swiglu(x, gate, up, down), (z / (1 + (-z).exp()) * (x @ up)) @ down)


def test_adamw_step_is_torchs():
    param = rand(3, 4).requires_grad_()
    optimizer = torch.optim.AdamW([param], lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2)
    now, state = param.detach().clone(), (torch.zeros(3, 4).double(), torch.zeros(3, 4).double(), 0)
    for seed in (1, 2, 3):
        param.grad = rand(3, 4, seed=seed)
        optimizer.step()
        now, state = own.adamw_step(now, param.grad, state, (0.1, 0.8, 0.95, 1e-3, 0.2))
    close(now, param.detach())
    assert state[2] == 3


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.0), (1, 0.5), (2, 1.0), (6, 0.6), (10, 0.2), (99, 0.2)]
)
def test_lr_at(step, rate):
    # Warm-up of 2, end at 10, from 1 down to 0.2: half-way down, at 6, it is 0.6.
    assert own.lr_at(step, 2, 10, 1.0, 0.2) == pytest.approx(rate, abs=1e-12)


def test_lr_at_without_a_way_down():
    assert own.lr_at(3, 3, 3, 1.0, 0.2) == pytest.approx(0.2)


def test_clip_by_global_norm():
    grads = [torch.tensor([3.0]), torch.tensor([0.0, 4.0])]
    assert [one.tolist() for one in own.clip_by_global_norm(grads, 10.0)] == [[3.0], [0.0, 4.0]]
    shorter = own.clip_by_global_norm(grads, 2.5)
    assert [one.tolist() for one in shorter] == [[1.5], [0.0, 2.0]]


def test_dpo_loss():
    a, b, c, d = (rand(6, seed=seed) for seed in range(4))
    want = -(0.3 * ((a - c) - (b - d))).sigmoid().log().mean()
    close(own.dpo_loss(a, b, c, d, 0.3), want)


def test_no_gradient_reaches_the_reference():
    a, b, c, d = (rand(6, seed=seed).requires_grad_() for seed in range(4))
    own.dpo_loss(a, b, c, d, 0.3).backward()
    assert a.grad is not None
    assert b.grad is not None
    assert c.grad is d.grad is None
