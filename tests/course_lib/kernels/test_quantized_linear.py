import pytest
import torch
from torch import nn

from course_lib.attention import AttentionConfig, MultiHeadAttention
from course_lib.kernels.quantization import dequantize_int4, dequantize_int8, quantize_int8
from course_lib.kernels.quantized_linear import Int4Linear, Int8Linear, with_quantized_linears
from tests.course_lib.kernels.dense import rand

B, T, DIN, DOUT = 2, 3, 32, 7
# Two digits of a row are off by half a step of 1/127/254 of its largest number, about 3: 5e-5, and
# by that times the size of 32 weights in the product.
TWO_DIGITS = {"rtol": 0.0, "atol": 1e-3}


def matrix_of(layer):
    turn_back = {Int8Linear: dequantize_int8, Int4Linear: dequantize_int4}[type(layer)]
    return turn_back(layer.weight)


@pytest.mark.parametrize("kind", [Int8Linear, Int4Linear])
class TestLayers:
    def test_multiplies_with_the_rounded_weights_and_adds_the_bias(self, kind):
        weight, bias, x = rand(DOUT, DIN), rand(DOUT, seed=1), rand(B, T, DIN, seed=2)
        layer = kind(weight, bias)
        expected = torch.einsum("bti,oi->bto", x, matrix_of(layer)) + bias
        torch.testing.assert_close(layer(x), expected, **TWO_DIGITS)

    def test_without_a_bias_nothing_is_added(self, kind):
        layer = kind(rand(DOUT, DIN))
        assert not layer(torch.zeros(T, DIN, dtype=torch.float64)).any()

    def test_is_saved_and_loaded(self, kind):
        layer, other = (kind(rand(DOUT, DIN, seed=s), rand(DOUT, seed=s + 1)) for s in (0, 5))
        other.load_state_dict(layer.state_dict())
        x = rand(T, DIN, seed=2)
        assert torch.equal(other(x), layer(x))

    def test_holds_copies_that_are_not_trained(self, kind):
        linear = nn.Linear(DIN, DOUT)
        layer = kind(linear.weight, linear.bias)
        x = rand(T, DIN, dtype=torch.float32)
        before = layer(x)
        with torch.no_grad():
            linear.bias += 1
            linear.weight += 1
        assert torch.equal(layer(x), before)
        assert not list(layer.parameters())
        assert not before.requires_grad

    def test_gradients_flow_to_the_rows(self, kind):
        layer = kind(rand(DOUT, DIN))
        x = rand(T, DIN).requires_grad_()
        layer(x).sum().backward()
        expected = matrix_of(layer).sum(dim=0).expand(T, DIN)
        torch.testing.assert_close(x.grad, expected, rtol=1e-12, atol=1e-12)


class TestSizes:
    def test_bytes_of_8_and_4_bits(self):
        weight = torch.zeros(DOUT, 64)
        eight, four = Int8Linear(weight), Int4Linear(weight, n_per_scale=16)
        assert (eight.values.nbytes, eight.scale.nbytes) == (DOUT * 64, DOUT * 4)
        assert (four.packed.nbytes, four.scale.nbytes) == (DOUT * 64 // 2, DOUT * 64 // 16 * 4)

    def test_one_digit_rounds_the_rows_too(self):
        weight, x = rand(DOUT, DIN), rand(T, DIN, seed=2)
        fine, coarse = Int8Linear(weight), Int8Linear(weight, n_digits=1)
        exact = x @ dequantize_int8(quantize_int8(weight)).mT
        assert (fine(x) - exact).abs().max() <= (coarse(x) - exact).abs().max()


class TestWithQuantizedLinears:
    def test_replaces_every_linear_layer_of_a_copy(self):
        cfg = AttentionConfig(d_model=12, n_heads=3, n_kv_heads=3)
        model = nn.Sequential(nn.LayerNorm(12), nn.ModuleList([MultiHeadAttention(cfg)]))
        quantized = with_quantized_linears(model, Int8Linear)
        names = {name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
        assert len(names) == 4
        for name, module in quantized.named_modules():
            assert isinstance(module, Int8Linear) == (name in names)
            assert not isinstance(module, nn.Linear)
        assert sum(isinstance(module, nn.Linear) for module in model.modules()) == 4

    def test_each_layer_gets_its_own_weights(self):
        model = nn.Sequential(nn.Linear(DIN, 5), nn.Linear(5, DOUT, bias=False)).double()
        quantized = with_quantized_linears(model, Int8Linear)
        x = rand(T, DIN)
        first, second = (layer.weight.detach() for layer in model)
        rounded = [dequantize_int8(quantize_int8(weight)) for weight in (first, second)]
        expected = (x @ rounded[0].mT + model[0].bias) @ rounded[1].mT
        torch.testing.assert_close(quantized(x), expected, **TWO_DIGITS)

    def test_a_model_that_is_a_linear_layer(self):
        assert isinstance(with_quantized_linears(nn.Linear(DIN, DOUT), Int4Linear), Int4Linear)

    def test_the_arguments_of_the_layers_can_be_chosen(self):
        quantized = with_quantized_linears(
            nn.Sequential(nn.Linear(DIN, DOUT)), lambda w, b: Int4Linear(w, b, n_per_scale=8)
        )
        assert quantized[0].scale.shape == (DOUT, DIN // 8)
