import pytest
import torch
import torch.nn.functional as F

from course_lib.early_attention import additive_attention
from course_lib.models.reverser import Reverser, ReverserConfig
from course_lib.recurrent import LSTM

B, TK, TQ, V, E, D = 2, 5, 4, 7, 3, 6
either = pytest.mark.parametrize("attends", [True, False])


def build(attends, seed=0):
    cfg = ReverserConfig(vocab_size=V, d_embedding=E, d_model=D, attends=attends)
    return Reverser(cfg, torch.Generator().manual_seed(seed)).double()


def tokens(n_positions, seed=0):
    return torch.randint(V, (B, n_positions), generator=torch.Generator().manual_seed(seed))


def twin(theirs, suffix, d_in, width):
    """The LSTM of the course with the weights of torch's."""
    ours = LSTM(d_in, width, torch.Generator()).double()
    with torch.no_grad():
        ours.W_x.copy_(getattr(theirs, f"weight_ih_l0{suffix}").T)
        ours.W_h.copy_(getattr(theirs, f"weight_hh_l0{suffix}").T)
        ours.b.copy_(
            getattr(theirs, f"bias_ih_l0{suffix}") + getattr(theirs, f"bias_hh_l0{suffix}")
        )
    return ours


@either
def test_written_out_with_the_steps_of_the_library(attends):
    model, source_ids, told_ids = build(attends), tokens(TK), tokens(TQ, seed=1)
    x = F.embedding(source_ids, model.table)
    ahead = twin(model.reader, "", E, D // 2)(x)
    back = twin(model.reader, "_reverse", E, D // 2)(x.flip(1))
    annotations = torch.cat([ahead.h, back.h.flip(1)], dim=-1)
    start = tuple(
        torch.cat([one[:, -1], other[:, -1]], -1)
        for one, other in ((ahead.h, back.h), (ahead.c, back.c))
    )
    h = twin(model.writer, "", E, D)(F.embedding(told_ids, model.table), start).h
    weights = None
    if attends:
        own = model.attention
        seen = additive_attention(h @ own.W_q, annotations @ own.W_k, annotations, own.w_score)
        h, weights = torch.cat([h, seen.values], dim=-1), seen.weights
    expected = h @ model.to_token.weight.T + model.to_token.bias
    result = model(source_ids, told_ids)
    torch.testing.assert_close(result.logits, expected, atol=1e-12, rtol=1e-12)
    if attends:
        torch.testing.assert_close(result.weights, weights, atol=1e-12, rtol=1e-12)
        assert result.weights.shape == (B, TQ, TK)
    else:
        assert result.weights is None


@either
def test_writing_alone_is_what_one_is_told_step_by_step(attends):
    model, source_ids, start_id = build(attends), tokens(TK), V - 1
    written, weights = model.write(source_ids, start_id)
    assert written.shape == (B, TK)
    told = torch.cat([torch.full((B, 1), start_id), written[:, :-1]], dim=1)
    again = model(source_ids, told)
    assert torch.equal(again.logits.argmax(-1), written)
    if attends:
        torch.testing.assert_close(weights, again.weights, atol=1e-12, rtol=1e-12)
    else:
        assert weights is None


@either
def test_what_is_told_later_changes_nothing_before(attends):
    model, source_ids, told_ids = build(attends), tokens(TK), tokens(TQ, seed=1)
    before = model(source_ids, told_ids).logits
    told_ids[:, -1] = (told_ids[:, -1] + 1) % V
    after = model(source_ids, told_ids).logits
    torch.testing.assert_close(after[:, :-1], before[:, :-1], atol=1e-12, rtol=1e-12)
    assert not torch.allclose(after[:, -1], before[:, -1])


@either
def test_every_weight_is_trained_and_drawn_from_the_generator(attends):
    model = build(attends)
    model(tokens(TK), tokens(TQ, seed=1)).logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    same, other = build(attends).state_dict(), build(attends, seed=1).state_dict()
    ours = model.state_dict()
    assert all(torch.equal(ours[name], same[name]) for name in ours)
    assert not any(torch.equal(ours[name], other[name]) for name in ours)


@pytest.mark.parametrize("sizes", [{"vocab_size": 0}, {"d_embedding": 0}, {"d_model": 0}])
def test_sizes_are_at_least_one(sizes):
    with pytest.raises(ValueError, match="at least 1"):
        ReverserConfig(**{"vocab_size": V, "d_embedding": E, "d_model": D, "attends": True} | sizes)


def test_the_state_is_halved_for_two_directions():
    with pytest.raises(ValueError, match="cannot be halved"):
        ReverserConfig(vocab_size=V, d_embedding=E, d_model=5, attends=True)
