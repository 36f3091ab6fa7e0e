import json
import math

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save

from course_lib.decoder import build_decoder
from course_lib.kernels.decoder_file import pack_decoder, unpack_decoder

V, D, H, L, F, T = 13, 12, 3, 2, 20, 9


def decoder(positions="rotary", seed=3):
    return build_decoder(
        vocab_size=V,
        d_model=D,
        n_heads=H,
        n_layers=L,
        d_ff=F,
        positions=positions,
        max_seq_len=T,
        seed=seed,
        spread=0.3,
    )


def rounded_in_loops(matrix):
    """Round each row to whole numbers of at most 127 and multiply them back, in float32."""
    rows = []
    for row in matrix.tolist():
        step = torch.tensor(max(abs(w) for w in row)) / 127
        rows.append([torch.tensor(float(round(w / step.item()))) * step for w in row])
    return torch.tensor(rows)


class TestPack:
    def test_hand_worked_row(self):
        # The largest weight is 254, so a step is 2: 254, −100, 3 are 127, −50, 1½ steps, and 1½
        # goes to the even 2.
        model = decoder()
        with torch.no_grad():
            model.embedding.weight[4] = 0
            model.embedding.weight[4, :3] = torch.tensor([254.0, -100.0, 3.0])
        found = load(pack_decoder(model))
        assert found["embedding.weight"].dtype == torch.int8
        assert found["embedding.weight"][4].tolist() == [127, -50, 2] + [0] * (D - 3)
        assert found["embedding.weight.scale"][4].item() == 2.0
        unpacked = unpack_decoder(pack_decoder(model)).embedding.weight
        assert unpacked[4, :3].tolist() == [254, -100, 4]

    def test_matrices_have_one_byte_a_weight_and_the_rest_four(self):
        model = decoder("learned")
        sizes = 0
        for tensor in model.state_dict().values():
            sizes += tensor.numel() * (1 if tensor.dim() > 1 else 4)
            sizes += 4 * len(tensor) if tensor.dim() > 1 else 0
        data = pack_decoder(model)
        header = 8 + int.from_bytes(data[:8], "little")
        assert len(data) == header + sizes

    def test_the_same_weights_give_the_same_bytes(self):
        assert pack_decoder(decoder()) == pack_decoder(decoder())
        assert pack_decoder(decoder()) != pack_decoder(decoder(seed=4))

    def test_it_is_a_safetensors_file_that_tells_what_it_is(self, tmp_path):
        (tmp_path / "model.safetensors").write_bytes(pack_decoder(decoder()))
        with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
            description = json.loads(file.metadata()["description"])
        assert description["norm_eps"] == 1e-5
        assert description["rotary_base"] == 10_000
        assert description["config"]["n_layers"] == L
        assert description["config"]["positions"] == "rotary"

    def test_a_weight_without_a_value_is_refused(self):
        model = decoder()
        with torch.no_grad():
            model.blocks[1].attention.to_k.weight[2, 5] = math.nan
        with pytest.raises(ValueError, match="nan"):
            pack_decoder(model)


class TestUnpack:
    @pytest.mark.parametrize("positions", ["rotary", "learned", "none"])
    def test_it_computes_with_the_rounded_weights(self, positions):
        model = decoder(positions)
        with torch.no_grad():  # gains and biases of their own, to see that they stay
            for number, parameter in enumerate(model.parameters()):
                if parameter.dim() == 1:
                    parameter += 0.01 * number
        unpacked = unpack_decoder(pack_decoder(model))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.copy_(rounded_in_loops(parameter))
        token_ids = torch.randint(V, (4, 7), generator=torch.Generator().manual_seed(1))
        assert not unpacked.training
        assert torch.equal(unpacked(token_ids).logits, model(token_ids).logits)

    def test_packed_again_nothing_changes(self):
        once = unpack_decoder(pack_decoder(decoder()))
        twice = unpack_decoder(pack_decoder(once))
        for name, tensor in once.state_dict().items():
            # The largest weight of a row is 127 steps: the same steps, but for float32's rounding.
            torch.testing.assert_close(twice.state_dict()[name], tensor, rtol=1e-6, atol=0)

    def test_half_precision_is_read_too(self):
        half = decoder().half()
        for name, tensor in unpack_decoder(pack_decoder(half)).state_dict().items():
            assert tensor.dtype == torch.float32, name

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"not a file",
            save({"x": torch.ones(2)}),
            save({"x": torch.ones(2)}, {"description": "{}"}),
            save({"x": torch.ones(2)}, {"description": '{"config": {"depth": 3}}'}),
            pack_decoder(decoder())[:-1],
        ],
    )
    def test_what_is_no_such_file_is_refused(self, data):
        with pytest.raises(ValueError, match="no file of a decoder"):
            unpack_decoder(data)

    def test_a_missing_weight_is_named(self):
        data = pack_decoder(decoder())
        end = 8 + int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8:end])["__metadata__"]
        tensors = load(data)
        del tensors["final_norm.gain"]
        with pytest.raises(ValueError, match=r"final_norm\.gain"):
            unpack_decoder(save(tensors, metadata))
