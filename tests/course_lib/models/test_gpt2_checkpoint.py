import torch
from torch import nn

from course_lib.models.gpt2 import GPT2, GPT2Config
from course_lib.models.gpt2_checkpoint import SOURCES
from course_lib.models.public_checkpoint import load_tensors

D, D_FF, V, T_MAX = 4, 6, 7, 5
CFG = GPT2Config(vocab_size=V, max_seq_len=T_MAX, d_model=D, n_heads=2, n_layers=2, d_ff=D_FF)


def numbered(*shape, start):
    return start + torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def public_tensors():
    """Every tensor of a tiny GPT-2, no number twice."""
    shapes = {"wte.weight": (V, D), "wpe.weight": (T_MAX, D)}
    for layer in range(CFG.n_layers):
        block = f"h.{layer}"
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"{block}.{norm}.weight": (D,), f"{block}.{norm}.bias": (D,)}
        for name, d_in, d_out in (
            ("attn.c_attn", D, 3 * D),
            ("attn.c_proj", D, D),
            ("mlp.c_fc", D, D_FF),
            ("mlp.c_proj", D_FF, D),
        ):
            shapes |= {f"{block}.{name}.weight": (d_in, d_out), f"{block}.{name}.bias": (d_out,)}
    shapes |= {"ln_f.weight": (D,), "ln_f.bias": (D,)}
    return {
        name: numbered(*shape, start=1000 * number)
        for number, (name, shape) in enumerate(shapes.items())
    }


class TestSources:
    def test_each_matrix_is_cut_and_turned_as_it_is_used(self):
        model, public = GPT2(CFG), public_tensors()
        load_tensors(model, public, SOURCES, dtype=torch.float32)
        x = torch.tensor([1.0, -2.0, 3.0, -4.0])
        for layer in range(CFG.n_layers):
            attention = model.get_submodule(f"decoder.blocks.{layer}.attention")
            W, b = public[f"h.{layer}.attn.c_attn.weight"], public[f"h.{layer}.attn.c_attn.bias"]
            q, k, v = (x @ W + b).split(D)
            for part, expected in (("to_q", q), ("to_k", k), ("to_v", v)):
                torch.testing.assert_close(attention.get_submodule(part)(x), expected)

    def test_every_public_number_arrives_once(self):
        model, public = GPT2(CFG), public_tensors()
        load_tensors(model, public, SOURCES, dtype=torch.float32)
        arrived = torch.cat([parameter.flatten() for parameter in model.parameters()])
        sent = torch.cat([tensor.flatten() for tensor in public.values()])
        assert torch.equal(arrived.sort().values, sent.sort().values)

    def test_no_parameter_keeps_the_fused_tensor_alive(self):
        model = GPT2(CFG)
        load_tensors(model, public_tensors(), SOURCES, dtype=torch.float32)
        to_q = model.get_submodule("decoder.blocks.0.attention.to_q")
        assert isinstance(to_q, nn.Linear)
        for parameter in to_q.parameters():
            assert parameter.untyped_storage().nbytes() == parameter.numel() * 4
