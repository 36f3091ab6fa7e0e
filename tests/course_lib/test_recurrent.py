import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_lib.recurrent import GRU, LSTM, RNN, gru_step, lstm_step, rnn_step, unroll

B, T, D_IN, D = 3, 7, 4, 5  # all different, so that a swapped axis cannot pass
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
LAYERS = {RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU}
each_layer = pytest.mark.parametrize("kind", LAYERS)


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def layer_of(kind):
    layer = kind(D_IN, D, torch.Generator()).double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed + 10)
    return layer


def torch_twin(layer):
    """Torch's own layer with the same weights."""
    twin = LAYERS[type(layer)](D_IN, D, batch_first=True, dtype=torch.float64)
    twin.weight_ih_l0.data = layer.W_x.detach().T.clone()
    twin.weight_hh_l0.data = layer.W_h.detach().T.clone()
    twin.bias_ih_l0.data = layer.b.detach().clone()
    twin.bias_hh_l0.data.zero_()
    if isinstance(layer, GRU):
        twin.bias_hh_l0.data[2 * D :] = layer.b_candidate.detach()
    return twin


def mask_of(*rows):
    return torch.tensor([[token == "x" for token in row] for row in rows])


class TestRnnStep:
    def test_hand_worked_case(self):
        # 0.1 + 2 · 0.3 − 1 · 0.5 = 0.2 and −0.4 + 2 · 0.7 − 1 · 0 = 1.
        h = rnn_step(
            torch.tensor([2.0, -1.0]),
            torch.tensor([0.1, -0.4]),
            torch.tensor([[0.3, 0.7], [0.5, 0.0]]),
        )
        torch.testing.assert_close(h, torch.tensor([math.tanh(0.2), math.tanh(1.0)]))


class TestLstmStep:
    def test_hand_worked_case(self):
        # One unit, h = 2, c = 3, each gate's own number from the input, plus 2 · 0.5 = 1.
        h, c = lstm_step(
            torch.tensor([2.0]),
            torch.tensor([3.0]),
            torch.tensor([0.0, 1.0, -2.0, 3.0]),
            torch.tensor([[0.5, 0.5, 0.5, 0.5]]),
        )
        expected_c = sigmoid(2.0) * 3 + sigmoid(1.0) * math.tanh(-1.0)
        torch.testing.assert_close(c, torch.tensor([expected_c]))
        torch.testing.assert_close(h, torch.tensor([sigmoid(4.0) * math.tanh(expected_c)]))

    def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_cell(self):
        c = rand(B, D)
        from_x = torch.tensor([-1e3, 1e3, 5.0, 0.0], dtype=torch.float64).repeat_interleave(D)
        after = lstm_step(
            rand(B, D, seed=1), c, from_x.expand(B, -1), torch.zeros(D, 4 * D).double()
        )
        assert torch.equal(after[1], c)


class TestGruStep:
    def test_hand_worked_case(self):
        # One unit, h = 2. Reset: 1 + 2 · 0.5 = 2. Update: −1 + 2 · 1 = 1. Candidate: 0.5 and a
        # part that is reset, 2 · 0.25 + 0.75 = 1.25.
        h = gru_step(
            torch.tensor([2.0]),
            torch.tensor([1.0, -1.0, 0.5]),
            torch.tensor([[0.5, 1.0, 0.25]]),
            torch.tensor([0.75]),
        )
        candidate = math.tanh(0.5 + sigmoid(2.0) * 1.25)
        expected = sigmoid(1.0) * 2 + (1 - sigmoid(1.0)) * candidate
        torch.testing.assert_close(h, torch.tensor([expected]))

    def test_resets_after_the_product_not_before_it(self):
        h, from_x = rand(B, D), rand(B, 3 * D, seed=1)
        W_h, no_bias = rand(D, 3 * D, seed=2), torch.zeros(D, dtype=torch.float64)
        reset, update = torch.sigmoid(from_x[:, : 2 * D] + h @ W_h[:, : 2 * D]).chunk(2, dim=-1)
        results = [
            update * h + (1 - update) * torch.tanh(from_x[:, 2 * D :] + part)
            for part in (reset * (h @ W_h[:, 2 * D :]), (reset * h) @ W_h[:, 2 * D :])
        ]
        after = gru_step(h, from_x, W_h, no_bias)
        torch.testing.assert_close(after, results[0], **TIGHT)
        assert (after - results[1]).abs().max() > 0.01

    def test_a_shut_update_gate_keeps_nothing(self):
        from_x = torch.tensor([0.0, -1e3, 0.3], dtype=torch.float64).repeat_interleave(D)
        zeros = torch.zeros(D, 3 * D, dtype=torch.float64)
        after = gru_step(rand(B, D), from_x.expand(B, -1), zeros, zeros[:, 0])
        torch.testing.assert_close(after, torch.full_like(after, math.tanh(0.3)), **TIGHT)


class TestUnroll:
    def test_hand_worked_case(self):
        # A running sum and the last input before it; position 2 of the second row is passed over.
        sums, inputs = unroll(
            lambda state, from_x: (state[0] + from_x, from_x),
            (torch.tensor([[10.0], [20.0]]), torch.zeros(2, 1)),
            torch.tensor([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]),
            mask_of("xxx", "xx-"),
        )
        assert sums[..., 0].tolist() == [[11, 13, 16], [24, 29, 29]]
        assert inputs[..., 0].tolist() == [[1, 2, 3], [4, 5, 5]]

    def test_a_sequence_of_nothing_is_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match=r"at least one position, got \(3, 0, 5\)"):
            unroll(lambda state, _: state, (rand(B, D),), rand(B, 0, D))


class TestEveryLayer:
    @each_layer
    @pytest.mark.parametrize("begin", ["zeros", "given"])
    def test_matches_torch_gradients_included(self, kind, begin):
        layer, x = layer_of(kind), rand(B, T, D_IN).requires_grad_()
        twin, their_x = torch_twin(layer), rand(B, T, D_IN).requires_grad_()
        start = [rand(B, D, seed=seed) for seed in (1, 2)][: 2 if kind is LSTM else 1]
        ours, theirs = [], []
        if begin == "given":
            ours = [tuple(start) if kind is LSTM else start[0]]
            theirs = [tuple(h[None] for h in start) if kind is LSTM else start[0][None]]
        out = layer(x, *ours)
        expected, last = twin(their_x, *theirs)
        torch.testing.assert_close(out.h, expected, **TIGHT)
        if kind is LSTM:
            torch.testing.assert_close(out.c[:, -1], last[1][0], **TIGHT)
        (out.h * rand(B, T, D, seed=3)).sum().backward()
        (expected * rand(B, T, D, seed=3)).sum().backward()
        torch.testing.assert_close(x.grad, their_x.grad, **TIGHT)
        torch.testing.assert_close(layer.W_x.grad.T, twin.weight_ih_l0.grad, **TIGHT)
        torch.testing.assert_close(layer.W_h.grad.T, twin.weight_hh_l0.grad, **TIGHT)
        torch.testing.assert_close(layer.b.grad, twin.bias_ih_l0.grad, **TIGHT)
        if kind is GRU:
            their_grad = twin.bias_hh_l0.grad[2 * D :]
            torch.testing.assert_close(layer.b_candidate.grad, their_grad, **TIGHT)

    @each_layer
    def test_padding_matches_torch_with_packed_sequences(self, kind):
        layer, x = layer_of(kind), rand(B, T, D_IN)
        lengths = torch.tensor([4, T, 1])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, last = torch_twin(layer)(packed)
        expected, _ = pad_packed_sequence(states, batch_first=True)  # zeros at padding
        mask = torch.arange(T) < lengths[:, None]
        out = layer(x, mask=mask)
        torch.testing.assert_close(out.h * mask[..., None], expected, **TIGHT)
        last_h = last[0] if kind is LSTM else last
        torch.testing.assert_close(out.h[:, -1], last_h[0], **TIGHT)
        if kind is LSTM:
            torch.testing.assert_close(out.c[:, -1], last[1][0], **TIGHT)

    @each_layer
    @given(seed=st.integers(0, 10**6))
    def test_padding_changes_nothing_wherever_it_stands(self, kind, seed):
        layer, x = layer_of(kind), rand(1, T, D_IN, seed=seed)
        mask = torch.rand(1, T, generator=torch.Generator().manual_seed(seed)) < 0.6
        mask[0, seed % T] = True
        out, alone = layer(x, mask=mask).h, layer(x[mask][None]).h
        torch.testing.assert_close(out[mask][None], alone, **TIGHT)
        torch.testing.assert_close(out[:, -1], alone[:, -1], **TIGHT)
        other = torch.where(mask[..., None], x, rand(1, T, D_IN, seed=seed + 1))
        assert torch.equal(layer(other, mask=mask).h, out)

    @each_layer
    def test_a_sequence_of_padding_leaves_the_state_and_passes_no_gradient(self, kind):
        layer, x, h = layer_of(kind), rand(B, T, D_IN).requires_grad_(), rand(B, D, seed=1)
        mask = mask_of("xxxxxxx", "-------", "--x----")
        start = (h, h) if kind is LSTM else h
        out = layer(x, start, mask)
        out.h.sum().backward()
        assert torch.equal(out.h[1], h[1].expand(T, D))
        assert torch.equal(out.h[2, :2], h[2].expand(2, D))
        assert torch.equal((x.grad != 0).any(-1), mask)

    @each_layer
    def test_later_inputs_do_not_matter(self, kind):
        layer, x = layer_of(kind), rand(B, T, D_IN)
        before = layer(x).h
        x[:, 4:] = 1e3
        after = layer(x).h
        assert torch.equal(before[:, :4], after[:, :4])
        assert (before[:, 4:] != after[:, 4:]).any(-1).all()

    @each_layer
    def test_two_halves_are_the_whole(self, kind):
        layer, x = layer_of(kind), rand(B, T, D_IN)
        first = layer(x[:, :3])
        state = (first.h[:, -1], first.c[:, -1]) if kind is LSTM else first.h[:, -1]
        halves = torch.cat([first.h, layer(x[:, 3:], state).h], dim=1)
        torch.testing.assert_close(halves, layer(x).h, **TIGHT)

    @each_layer
    def test_the_generator_alone_decides_the_weights(self, kind):
        draws = [kind(D_IN, D, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)]
        assert torch.equal(draws[0].W_h, draws[1].W_h)
        assert not torch.equal(draws[0].W_h, draws[2].W_h)

    @each_layer
    def test_the_weights_start_from_the_range_of_torch(self, kind):
        layer = kind(100, 25, torch.Generator().manual_seed(0))  # ±1/√25, whatever the inputs
        for weights in (layer.W_x, layer.W_h, layer.b):
            assert 0.15 < weights.abs().max() <= 0.2

    @each_layer
    def test_a_width_of_one_will_do(self, kind):
        assert kind(1, 1, torch.Generator())(rand(B, T, 1).float()).h.shape == (B, T, 1)

    @each_layer
    @pytest.mark.parametrize(("d_in", "d_model"), [(0, 5), (4, 0)])
    def test_an_empty_width_is_refused(self, kind, d_in, d_model):
        with pytest.raises(ValueError, match=f"at least 1, got {d_in=} and {d_model=}"):
            kind(d_in, d_model, torch.Generator())
