import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.lstmn import LSTMN, Tape, lstmn_step
from course_lib.recurrent import LSTM

B, T, D_IN, D, DH = 3, 6, 4, 5, 7  # all different, so that a swapped axis cannot pass
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def network():
    layer = LSTMN(D_IN, D, DH, torch.Generator()).double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed + 10)
    return layer


def mask_of(*rows):
    return torch.tensor([[token == "x" for token in row] for row in rows])


def written_out(layer, x):
    """Cheng et al. 2016, equations 4 to 9, one number at a time; a list of (h, c, shares)."""
    weights = {name: value.detach().tolist() for name, value in layer.named_parameters()}
    W_x, W_h, b = weights["W_x"], weights["W_h"], weights["b"]
    path, h_mixed = [], [0.0] * D
    for x_t in x.tolist():
        scores = []
        for h, _, _ in path:
            terms = [
                sum(h[d] * weights["W_k"][d][a] for d in range(D))
                + sum(x_t[d] * weights["W_q"][d][a] for d in range(D_IN))
                + sum(h_mixed[d] * weights["W_summary"][d][a] for d in range(D))
                for a in range(DH)
            ]
            scores.append(sum(weights["w_score"][a] * math.tanh(terms[a]) for a in range(DH)))
        total = sum(math.exp(score) for score in scores)
        shares = [math.exp(score) / total for score in scores]
        h_mixed = [sum(s * p[0][d] for s, p in zip(shares, path, strict=True)) for d in range(D)]
        c_mixed = [sum(s * p[1][d] for s, p in zip(shares, path, strict=True)) for d in range(D)]
        gates = [
            b[g]
            + sum(x_t[d] * W_x[d][g] for d in range(D_IN))
            + sum(h_mixed[d] * W_h[d][g] for d in range(D))
            for g in range(4 * D)
        ]
        c = [
            sigmoid(gates[D + d]) * c_mixed[d] + sigmoid(gates[d]) * math.tanh(gates[2 * D + d])
            for d in range(D)
        ]
        h = [sigmoid(gates[3 * D + d]) * math.tanh(c[d]) for d in range(D)]
        path.append((h, c, shares + [0.0] * (T - len(shares))))
    return path


class TestLstmnStep:
    def test_hand_worked_case(self):
        # Two states behind, one unit each. Scores ln 3 · tanh(q + k) with q + k far out on either
        # side: ±ln 3, so that the shares are 3 : 1/3, or 0.9 and 0.1.
        # h mixed: 0.9 · 1 + 0.1 · (−1) = 0.8; c mixed: 0.9 · 2 + 0.1 · 10 = 2.8.
        tape = Tape(
            k=torch.tensor([[[50.0], [-50.0]]]),
            h=torch.tensor([[[1.0], [-1.0]]]),
            c=torch.tensor([[[2.0], [10.0]]]),
        )
        step = lstmn_step(
            tape,
            torch.tensor([[1.0]]),
            torch.tensor([[0.0, 1.0, -1.0, 2.0]]),
            torch.tensor([math.log(3.0)]),
            torch.tensor([[0.0, 0.0, 1.0, 0.5]]),
        )
        c = sigmoid(1.0) * 2.8 + sigmoid(0.0) * math.tanh(-0.2)
        torch.testing.assert_close(step.weights, torch.tensor([[0.9, 0.1]]))
        torch.testing.assert_close(step.h_summary, torch.tensor([[0.8]]))
        torch.testing.assert_close(step.c, torch.tensor([[c]]))
        torch.testing.assert_close(step.h, torch.tensor([[sigmoid(2.4) * math.tanh(c)]]))

    def test_hidden_states_get_no_share(self):
        tape = Tape(k=rand(B, T, DH), h=rand(B, T, D, seed=1), c=rand(B, T, D, seed=2))
        mask = mask_of("xx-xx-", "-----x", "------")
        rest = rand(B, DH, seed=3), rand(B, 4 * D, seed=4), rand(DH, seed=5), rand(D, 4 * D, seed=6)
        step = lstmn_step(tape, *rest, mask)
        assert torch.equal(step.weights != 0, mask)
        assert torch.equal(step.h_summary[1], tape.h[1, 5])
        assert torch.equal(step.h_summary[2], torch.zeros(D, dtype=torch.float64))


class TestTape:
    def test_append_leaves_the_tape_before_as_it_is(self):
        tape = Tape(k=rand(B, 2, DH), h=rand(B, 2, D), c=rand(B, 2, D, seed=1))
        now = rand(B, DH, seed=2), rand(B, D, seed=3), rand(B, D, seed=4)
        longer = tape.append(*now)
        assert tape.h.shape == (B, 2, D)
        for name, value in zip("khc", now, strict=True):
            assert torch.equal(getattr(longer, name)[:, :2], getattr(tape, name))
            assert torch.equal(getattr(longer, name)[:, 2], value)


class TestLSTMN:
    def test_matches_the_equations_written_out(self):
        layer, x = network(), rand(B, T, D_IN)
        out = layer(x)
        for row in range(B):
            for position, expected in enumerate(written_out(layer, x[row])):
                got = (out.h[row, position], out.c[row, position], out.weights[row, position])
                for ours, theirs in zip(got, expected, strict=True):
                    expected_row = torch.tensor(theirs, dtype=torch.float64)
                    torch.testing.assert_close(ours, expected_row, **TIGHT)

    def test_with_one_state_behind_it_is_an_lstm(self):
        # The first step starts from zeros, the second has a single state to mix.
        layer, x = network(), rand(B, 2, D_IN)
        plain = LSTM(D_IN, D, torch.Generator()).double()
        plain.load_state_dict({name: getattr(layer, name) for name in ("W_x", "W_h", "b")})
        out, expected = layer(x), plain(x)
        torch.testing.assert_close(out.h, expected.h, **TIGHT)
        torch.testing.assert_close(out.c, expected.c, **TIGHT)

    def test_every_position_looks_at_all_before_it_and_at_nothing_else(self):
        weights = network()(rand(B, T, D_IN)).weights
        earlier = torch.ones(T, T, dtype=torch.bool).tril(-1)
        assert torch.equal(weights != 0, earlier.expand(B, T, T))
        torch.testing.assert_close(weights.sum(-1), earlier.any(-1).double().expand(B, T), **TIGHT)

    def test_later_inputs_do_not_matter(self):
        layer, x = network(), rand(B, T, D_IN)
        before = layer(x)
        x[:, 4:] = 1e3
        after = layer(x)
        assert torch.equal(before.h[:, :4], after.h[:, :4])
        assert torch.equal(before.weights[:, :4], after.weights[:, :4])
        assert (before.h[:, 4:] != after.h[:, 4:]).any(-1).all()

    @settings(max_examples=40)
    @given(seed=st.integers(0, 10**6))
    def test_padding_changes_nothing_wherever_it_stands(self, seed):
        layer, x = network(), rand(1, T, D_IN, seed=seed)
        mask = torch.rand(1, T, generator=torch.Generator().manual_seed(seed)) < 0.6
        mask[0, seed % T] = True
        out, alone = layer(x, mask), layer(x[mask][None])
        torch.testing.assert_close(out.h[mask][None], alone.h, **TIGHT)
        torch.testing.assert_close(out.c[mask][None], alone.c, **TIGHT)
        torch.testing.assert_close(out.h[:, -1], alone.h[:, -1], **TIGHT)
        torch.testing.assert_close(out.c[:, -1], alone.c[:, -1], **TIGHT)
        torch.testing.assert_close(out.weights[:, mask[0]][:, :, mask[0]], alone.weights, **TIGHT)
        both_tokens = mask[:, :, None] & mask[:, None, :]
        assert (out.weights[~both_tokens] == 0).all()
        other = torch.where(mask[..., None], x, rand(1, T, D_IN, seed=seed + 1))
        assert torch.equal(layer(other, mask).h, out.h)

    def test_gradients_match_finite_differences(self):
        layer, mask = network(), mask_of("xx-x", "-xxx")
        x = rand(2, 4, D_IN).requires_grad_()
        assert torch.autograd.gradcheck(lambda x: (layer(x, mask).h, layer(x, mask).c), x)

    def test_every_weight_is_learned(self):
        layer = network()
        layer(rand(B, T, D_IN)).h.square().sum().backward()
        assert all((parameter.grad != 0).any() for parameter in layer.parameters())

    def test_the_generator_alone_decides_the_weights(self):
        draws = [LSTMN(D_IN, D, DH, torch.Generator().manual_seed(s)).W_summary for s in (3, 3, 4)]
        assert torch.equal(draws[0], draws[1])
        assert not torch.equal(draws[0], draws[2])

    def test_a_sequence_of_nothing_is_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match=r"at least one position, got \(3, 0, 4\)"):
            network()(rand(B, 0, D_IN))
