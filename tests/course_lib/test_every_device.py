"""The library runs on each device there is, and says the same there as on the processor."""

import pytest
import torch

from course_lib.device import choose_device
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.fast_sampling import FastSampler
from course_lib.generation.sampling import Sampler, SamplingConfig
from course_lib.kernels.flash_attention import flash_attention
from course_lib.kernels.quantized_linear import Int8Linear, with_quantized_linears
from course_lib.models.bert import Bert, BertConfig
from course_lib.models.gpt2 import GPT2, GPT2Config
from course_lib.models.llama import Llama, LlamaConfig
from course_lib.recurrent import LSTM

B, T, V = 2, 5, 19
CLOSE = {"rtol": 1e-4, "atol": 1e-4}  # float32, and other orders of summation on a GPU

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
        ],
    ),
    pytest.param(
        "mps",
        marks=pytest.mark.skipif(
            not torch.backends.mps.is_available(), reason="there is no Apple GPU"
        ),
    ),
]
SIZES = {"vocab_size": V, "d_model": 12, "n_heads": 3, "n_layers": 2, "d_ff": 17}


def drawn(model):
    generator = torch.Generator().manual_seed(3)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return model.eval()


def gpt2():
    return drawn(GPT2(GPT2Config(**SIZES, max_seq_len=11)))


def llama():
    more = {"n_kv_heads": 1, "d_head": 4, "norm_eps": 1e-5, "rotary_base": 100.0}
    return drawn(Llama(LlamaConfig(**SIZES, **more, windows=(3,))))


def tokens(device="cpu"):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1)).to(device)


@pytest.mark.parametrize("device", DEVICES)
class TestOnEachDevice:
    @pytest.mark.parametrize("make", [gpt2, llama])
    @torch.no_grad()
    def test_language_models_with_caches_and_padding(self, make, device):
        n_padding = torch.tensor([0, 2])
        expected = make()(tokens(), n_padding=n_padding).logits
        model = make().to(device)
        caches = model.reserve_caches(B, T)
        out = model(tokens(device)[:, :3], caches, n_padding.to(device))
        rest = model(tokens(device)[:, 3:], out.caches, n_padding.to(device))
        got = torch.cat([out.logits, rest.logits], dim=1).cpu()
        seen = torch.arange(T) >= n_padding[:, None]
        torch.testing.assert_close(got[seen], expected[seen], **CLOSE)

    @torch.no_grad()
    def test_an_encoder_with_padding(self, device):
        model = drawn(Bert(BertConfig(**SIZES, max_seq_len=T)))
        n_tokens = torch.tensor([5, 3])
        expected = model(tokens(), n_tokens=n_tokens).x
        got = model.to(device)(tokens(device), n_tokens=n_tokens.to(device)).x
        torch.testing.assert_close(got.cpu(), expected, **CLOSE)

    @torch.no_grad()
    def test_a_recurrent_network(self, device):
        model = LSTM(5, 7, generator=torch.Generator().manual_seed(0))
        x = torch.randn(B, T, 5, generator=torch.Generator().manual_seed(1))
        expected = model(x).h
        torch.testing.assert_close(model.to(device)(x.to(device)).h.cpu(), expected, **CLOSE)

    def test_tiled_attention_and_its_gradient(self, device):
        def gradient(where):
            generator = torch.Generator().manual_seed(2)
            q, k, v = (torch.randn(1, 2, 7, 4, generator=generator) for _ in range(3))
            q, k, v = (one.to(where).requires_grad_() for one in (q, k, v))
            values = flash_attention(q, k, v, causal=True, block_q=3, block_k=2).values
            return [one.cpu() for one in torch.autograd.grad(values.square().sum(), (q, k, v))]

        for got, expected in zip(gradient(device), gradient("cpu"), strict=True):
            torch.testing.assert_close(got, expected, **CLOSE)

    @pytest.mark.parametrize("kind", [Sampler, FastSampler])
    def test_decoding_by_chance_and_greedily(self, kind, device):
        model = gpt2().to(device)
        prompts = Prompts.pad_left([[1, 2, 3], [4]], padding_token=0, device=torch.device(device))
        cfg = DecodingConfig(max_new_tokens=4)
        by_chance = kind(SamplingConfig(top_k=5, top_p=0.9), torch.Generator(device).manual_seed(0))
        assert decode(model, prompts, by_chance, cfg).token_ids.device.type == device
        on_cpu = Prompts.pad_left([[1, 2, 3], [4]], padding_token=0)
        got = decode(model, prompts, greedy, cfg, model.reserve_caches(2, 7)).rows
        assert got == decode(gpt2(), on_cpu, greedy, cfg).rows

    @torch.no_grad()
    def test_weights_in_eight_bits(self, device):
        rounded = with_quantized_linears(gpt2(), Int8Linear)
        expected = rounded(tokens()).logits
        got = rounded.to(device)(tokens(device)).logits.cpu()
        torch.testing.assert_close(got, expected, rtol=1e-2, atol=1e-2)


def test_the_device_chosen_is_one_of_these():
    assert choose_device().type in ("cpu", "cuda", "mps")
