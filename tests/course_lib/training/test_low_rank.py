from collections import OrderedDict

import pytest
import torch
from torch import nn

from course_lib.kernels.quantized_linear import Int4Linear, Int8Linear, with_quantized_linears
from course_lib.training.answer_loss import answer_loss
from course_lib.training.low_rank import (
    LowRankConfig,
    LowRankLinear,
    adapters_of,
    count_parameters,
    merged,
    with_adapters,
)
from tests.course_lib.training.chats import TIGHT, chat_batch, decoder, rand

CFG = LowRankConfig(rank=2, alpha=6.0)
ONE = LowRankConfig(rank=2, alpha=6.0, layers=("to_q",))
DIN, DOUT, R, B = 5, 7, 2, 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def changed():
    """A decoder whose adapters have something to say."""
    model = with_adapters(decoder(), CFG, generator())
    for seed, (_, adapter) in enumerate(adapters_of(model)):
        adapter.up.data = 0.1 * rand(*adapter.up.shape, seed=seed)
    return model


class TestLowRankLinear:
    def test_hand_worked_case(self):
        # x = (1, 2), weights 1 and 1, bias 1: 4. Down (3, 4)ᵀ gives 11, up 2 gives 22, half of it
        # is added: 15.
        base = nn.Linear(2, 1)
        base.weight.data = torch.ones(1, 2)
        base.bias.data = torch.ones(1)
        layer = LowRankLinear(base, rank=1, scale=0.5, generator=generator())
        layer.down.data = torch.tensor([[3.0], [4.0]])
        layer.up.data = torch.tensor([[2.0]])
        assert layer(torch.tensor([1.0, 2.0])).tolist() == [15]
        assert layer.merged()(torch.tensor([1.0, 2.0])).tolist() == [15]

    def test_matches_the_equation_with_the_matrices_of_the_paper(self):
        base, x = nn.Linear(DIN, DOUT).double(), rand(B, DIN)
        layer = LowRankLinear(base, R, 1.5, generator())
        layer.up.data = rand(R, DOUT, seed=1)
        W0, A, Bm = base.weight, layer.down.T, layer.up.T  # as in the paper
        rows = [W0 @ row + base.bias + 1.5 * (Bm @ (A @ row)) for row in x]
        torch.testing.assert_close(layer(x), torch.stack(rows), **TIGHT)

    def test_begins_as_the_layer_that_it_wraps(self):
        base, x = nn.Linear(DIN, DOUT).double(), rand(B, DIN)
        layer = LowRankLinear(base, R, 1.5, generator())
        assert torch.equal(layer(x), base(x))
        assert layer.down.dtype == torch.float64
        assert layer.down.abs().min() > 0
        wide = LowRankLinear(nn.Linear(400, 100), 50, 1.0, generator())
        assert wide.down.std().item() == pytest.approx(400**-0.5, rel=0.03)  # of 20,000 draws

    def test_the_change_has_the_rank_it_was_given(self):
        base = nn.Linear(DIN, DOUT).double()
        layer = LowRankLinear(base, R, 1.5, generator())
        layer.up.data = rand(R, DOUT, seed=1)
        change = layer.merged().weight - base.weight
        assert torch.linalg.matrix_rank(change).item() == R


class TestModels:
    def test_only_the_layers_asked_for_are_adapted(self):
        model = with_adapters(decoder(), CFG, generator())
        names = [name for name, _ in adapters_of(model)]
        assert names == [f"blocks.{n}.attention.{to}" for n in (0, 1) for to in ("to_q", "to_v")]
        assert {adapter.scale for _, adapter in adapters_of(model)} == {3.0}
        trained = [name for name, p in model.named_parameters() if p.requires_grad]
        assert trained == [f"{name}.{part}" for name in names for part in ("down", "up")]

    def test_it_computes_the_same_until_it_is_trained(self):
        model, token_ids = decoder(), chat_batch().token_ids
        adapted = with_adapters(model, CFG, generator())
        assert torch.equal(adapted(token_ids).logits, model(token_ids).logits)

    def test_training_changes_the_adapters_alone(self):
        base, batch = decoder(), chat_batch()
        model = with_adapters(base, CFG, generator())
        before = {name: p.clone() for name, p in model.named_parameters()}
        optimizer = torch.optim.AdamW(
            [p for p in model.parameters() if p.requires_grad], lr=0.02, weight_decay=0.1
        )
        losses = []
        for _ in range(20):
            loss = answer_loss(model, batch)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert losses[-1] < 0.8 * losses[0]
        for name, parameter in model.named_parameters():
            assert torch.equal(parameter, before[name]) != name.endswith(("down", "up")), name
        for name, parameter in base.named_parameters():
            assert torch.equal(parameter, decoder().get_parameter(name)), name
            assert parameter.requires_grad

    def test_merged_is_a_plain_model_that_computes_the_same(self):
        model, token_ids = changed(), chat_batch().token_ids
        plain = merged(model)
        assert [type(m) for m in plain.modules()] == [type(m) for m in decoder().modules()]
        assert [n for n, _ in plain.named_parameters()] == [
            n for n, _ in decoder().named_parameters()
        ]
        torch.testing.assert_close(plain(token_ids).logits, model(token_ids).logits, **TIGHT)
        assert not torch.allclose(plain(token_ids).logits, decoder()(token_ids).logits)
        assert all(parameter.requires_grad for parameter in plain.parameters())
        assert len(list(adapters_of(model))) == 4

    @pytest.mark.parametrize("layer", [Int4Linear, Int8Linear])
    def test_a_change_is_not_merged_into_quantized_weights(self, layer):
        adapted = with_adapters(nn.Sequential(OrderedDict(to_q=nn.Linear(32, 8))), ONE, generator())
        quantized = with_quantized_linears(adapted, layer)
        said = f"into an nn.Linear, not into {layer.__name__}: turn its weights back"
        with pytest.raises(ValueError, match=said):
            merged(quantized)
        assert quantized(torch.ones(1, 32)).shape == (1, 8)
        assert isinstance(merged(adapted).to_q, nn.Linear)

    def test_adapters_on_quantized_weights_can_be_trained(self):
        adapted = with_adapters(nn.Sequential(OrderedDict(to_q=nn.Linear(32, 8))), ONE, generator())
        quantized = with_quantized_linears(adapted, Int4Linear)
        x = rand(B, 32).float()
        quantized(x).square().sum().backward()
        assert quantized.to_q.up.grad.abs().min() > 0
        names = [name for name, p in quantized.named_parameters() if p.requires_grad]
        assert names == ["to_q.down", "to_q.up"]

    def test_untrained_adapters_leave_no_trace(self):
        plain = merged(with_adapters(decoder(), CFG, generator()))
        for name, parameter in decoder().named_parameters():
            assert torch.equal(plain.get_parameter(name), parameter)

    def test_the_same_seed_gives_the_same_adapters(self):
        one, other, another = (with_adapters(decoder(), CFG, generator(seed)) for seed in (1, 1, 2))
        name = "blocks.1.attention.to_v.down"
        assert torch.equal(one.get_parameter(name), other.get_parameter(name))
        assert not torch.equal(one.get_parameter(name), another.get_parameter(name))

    def test_parameters_are_counted(self):
        # Four layers of 12 by 12 with 2 · 12 numbers down and as many up: 192.
        model = with_adapters(decoder(), CFG, generator())
        count = count_parameters(model)
        n_before = sum(p.numel() for p in decoder().parameters())
        assert (count.n_trained, count.n_parameters) == (192, n_before + 192)
        assert count.share == 192 / (n_before + 192)
        whole = count_parameters(decoder())
        assert whole.n_trained == whole.n_parameters == n_before

    def test_a_name_that_fits_nothing_is_refused(self):
        cfg = LowRankConfig(rank=2, alpha=1.0, layers=("to_q", "to_nothing", "final_norm"))
        with pytest.raises(ValueError, match="no linear layer called final_norm, to_nothing"):
            with_adapters(decoder(), cfg, generator())

    def test_a_rank_that_saves_nothing_is_refused(self):
        cfg = LowRankConfig(rank=13, alpha=1.0, layers=("to_hidden",))
        with pytest.raises(ValueError, match=r"rank=13 is larger than blocks.0.*to_hidden, 12 by"):
            with_adapters(decoder(), cfg, generator())


def test_a_rank_must_be_positive():
    with pytest.raises(ValueError, match="rank=0 must be at least 1"):
        LowRankConfig(rank=0, alpha=1.0)
