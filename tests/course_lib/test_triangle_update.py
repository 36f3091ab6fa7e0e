import pytest
import torch

from course_lib.triangle_update import SumsApart, TriangleUpdate

B, N, C, K = 2, 5, 7, 3  # all different, so that a swapped axis cannot pass
KINDS = (TriangleUpdate, SumsApart)


def make(kind=TriangleUpdate, *, incoming=False, seed=0):
    """Make a layer in double precision in which no parameter has a value that hides another."""
    generator = torch.Generator().manual_seed(seed)
    layer = kind(C, K, incoming=incoming, generator=generator).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter += 0.3 * drawn
    return layer


def draw_pairs(seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(B, N, N, C, generator=generator, dtype=torch.float64)


def by_loops(layer, pairs, is_there):
    """Follow Algorithm 11 or 12 pair by pair, with torch's own normalisation."""

    def norm(x, own):
        return torch.nn.functional.layer_norm(x, x.shape, own.gain, own.bias)

    out = torch.zeros_like(pairs)
    for b in range(B):
        x = torch.stack([norm(pair, layer.norm) for pair in pairs[b].flatten(0, 1)]).view(N, N, C)
        edges = torch.sigmoid(layer.to_edge_gates(x)) * layer.to_edges(x)
        for i in range(N):
            for j in range(N):
                total = torch.zeros(K, dtype=pairs.dtype)
                for k in range(N):
                    one, other = ((k, i), (k, j)) if layer.incoming else ((i, k), (j, k))
                    if is_there[b][one] and is_there[b][other]:
                        total = total + edges[one][:K] * edges[other][K:]
                update = layer.to_out(norm(total, layer.sum_norm))
                out[b, i, j] = torch.sigmoid(layer.to_out_gate(x[i, j])) * update
    return out


@pytest.mark.parametrize("incoming", [False, True])
class TestTriangleUpdate:
    def test_as_pair_by_pair(self, incoming):
        layer, pairs = make(incoming=incoming), draw_pairs()
        is_there = torch.rand(B, N, N, generator=torch.Generator().manual_seed(3)) < 0.7
        expected = by_loops(layer, pairs, is_there)
        torch.testing.assert_close(layer(pairs, is_there), expected, rtol=1e-12, atol=1e-12)

    def test_without_a_mask_all_speak(self, incoming):
        layer, pairs = make(incoming=incoming), draw_pairs()
        everywhere = torch.ones(B, N, N, dtype=torch.bool)
        assert torch.equal(layer(pairs), layer(pairs, everywhere))

    def test_corners_in_another_order_give_the_same_pairs_in_that_order(self, incoming):
        layer, pairs = make(incoming=incoming), draw_pairs()
        order = torch.tensor([3, 0, 4, 1, 2])
        shuffled = layer(pairs[:, order][:, :, order])
        expected = layer(pairs)[:, order][:, :, order]
        torch.testing.assert_close(shuffled, expected, rtol=1e-12, atol=1e-12)

    def test_an_edge_that_is_not_there_changes_nothing_but_its_own_pair(self, incoming):
        layer, pairs = make(incoming=incoming), draw_pairs()
        is_there = torch.ones(B, N, N, dtype=torch.bool)
        is_there[:, 1, 2] = False
        before = layer(pairs, is_there)
        pairs[:, 1, 2] = 1e3
        after = layer(pairs, is_there)
        others = is_there[0]
        assert torch.equal(before[:, others], after[:, others])
        assert not torch.equal(before[:, 1, 2], after[:, 1, 2])


def test_incoming_is_outgoing_with_every_edge_turned_round():
    """Except for what stands at the pair itself, the gate: so it is opened wide."""
    outgoing, incoming = make(), make(incoming=True)
    with torch.no_grad():
        for layer in (outgoing, incoming):
            layer.to_out_gate.weight.zero_()
    pairs = draw_pairs()
    turned = incoming(pairs.transpose(1, 2))
    torch.testing.assert_close(turned, outgoing(pairs), rtol=1e-12, atol=1e-12)


def test_by_hand():
    """Two corners, one number; norms of one number give their bias, so every edge is 2 or 3.

    first = σ(0)·2 = 1, second = σ(0)·3 = 1.5; whatever they sum to, the norm of one number gives
    its bias 5; 5·4 = 20, behind a gate of σ(0) = 0.5: 10.
    """
    layer = TriangleUpdate(1, 1, incoming=False, generator=torch.Generator()).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.to_edges.bias.copy_(torch.tensor([2.0, 3.0]))
        layer.sum_norm.bias.fill_(5.0)
        layer.to_out.weight.fill_(4.0)
    out = layer(torch.zeros(2, 2, 1, dtype=torch.float64))
    torch.testing.assert_close(out, torch.full_like(out, 10.0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("incoming", [False, True])
def test_sums_apart_as_pair_by_pair(incoming):
    layer, pairs = make(SumsApart, incoming=incoming), draw_pairs()
    x = layer.norm(pairs)
    edges = torch.sigmoid(layer.to_edge_gates(x)) * layer.to_edges(x)
    expected = torch.zeros_like(pairs)
    for i in range(N):
        for j in range(N):
            first, second = torch.zeros(B, 2 * K).double(), torch.zeros(B, 2 * K).double()
            for k in range(N):
                first = first + (edges[:, k, i] if incoming else edges[:, i, k]) / N
                second = second + (edges[:, k, j] if incoming else edges[:, j, k]) / N
            update = layer.to_out(layer.sum_norm(first[:, :K] * second[:, K:]))
            expected[:, i, j] = torch.sigmoid(layer.to_out_gate(x[:, i, j])) * update
    torch.testing.assert_close(layer(pairs), expected, rtol=1e-12, atol=1e-12)


def test_both_kinds_begin_with_the_same_weights():
    states = [
        kind(C, K, incoming=True, generator=torch.Generator().manual_seed(5)).state_dict()
        for kind in KINDS
    ]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_hidden_edge_is_never_multiplied(kind):
    layer, pairs = make(kind), draw_pairs()
    nowhere = torch.zeros(B, N, N, dtype=torch.bool)
    gate = torch.sigmoid(layer.to_out_gate(layer.norm(pairs)))
    expected = gate * layer.to_out(layer.sum_norm.bias)
    torch.testing.assert_close(layer(pairs, nowhere), expected, rtol=1e-12, atol=1e-12)


def test_gradients_flow_to_every_parameter():
    layer = make()
    loss = layer(draw_pairs()).square().sum()
    assert all(gradient.any() for gradient in torch.autograd.grad(loss, list(layer.parameters())))


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_widths_are_positive(sizes):
    with pytest.raises(ValueError, match="at least 1"):
        TriangleUpdate(*sizes, incoming=False, generator=torch.Generator())
