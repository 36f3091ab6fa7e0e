import math

import pytest
import torch
import torch.nn.functional as F
import transformers

from course_lib.models.whisper_stem import WhisperStem, whisper_sinusoidal_table

B, N_MELS, N_POSITIONS, D = 2, 5, 7, 12
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def stem():
    model = WhisperStem(n_mels=N_MELS, n_positions=N_POSITIONS, d_model=D).double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return model


def convolution_loops(x, kernel, bias, stride):
    """Slide a kernel of three over the last axis, which goes on with zeros on both sides."""
    x = torch.cat([torch.zeros_like(x[..., :1]), x, torch.zeros_like(x[..., :1])], dim=-1)
    places = range(0, x.shape[-1] - 2, stride)
    columns = [torch.einsum("bik,oik->bo", x[..., at : at + 3], kernel) + bias for at in places]
    return torch.stack(columns, dim=-1)


class TestWhisperStem:
    def test_matches_loops(self):
        model, features = stem(), rand(B, N_MELS, 2 * N_POSITIONS)
        first, second = model.mix_mels, model.halve_frames
        x = F.gelu(convolution_loops(features, first.weight, first.bias, stride=1))
        x = F.gelu(convolution_loops(x, second.weight, second.bias, stride=2))
        out = model(features)
        assert out.shape == (B, N_POSITIONS, D)
        for position in range(N_POSITIONS):
            expected = x[:, :, position] + model.positions[position]
            torch.testing.assert_close(out[:, position], expected, **TIGHT)

    def test_positions_are_there_from_the_start_and_are_not_learned(self):
        model = WhisperStem(n_mels=N_MELS, n_positions=N_POSITIONS, d_model=D)
        assert not model.positions.requires_grad
        expected = whisper_sinusoidal_table(N_POSITIONS, D).float()
        torch.testing.assert_close(model.positions.data, expected)

    @pytest.mark.parametrize("shape", [(N_MELS, N_POSITIONS), (N_MELS + 1, 2 * N_POSITIONS)])
    def test_spectrograms_of_another_shape_are_refused(self, shape):
        with pytest.raises(ValueError, match=rf"shape \({shape[0]}, {shape[1]}\), not \(5, 14\)"):
            stem()(rand(B, *shape))


class TestWhisperSinusoidalTable:
    def test_hand_worked_case(self):
        # Two clocks: the first turns by 1 a position, the second 10,000 times slower.
        expected = [[0, 0, 1, 1], [math.sin(1), math.sin(1e-4), math.cos(1), math.cos(1e-4)]]
        expected = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(whisper_sinusoidal_table(2, 4), expected, **TIGHT)

    def test_matches_loops(self):
        table = whisper_sinusoidal_table(N_POSITIONS, D)
        for position in range(N_POSITIONS):
            for i in range(6):
                angle = position / 10_000 ** (i / 5)
                assert table[position, i].item() == pytest.approx(math.sin(angle), abs=1e-12)
                assert table[position, 6 + i].item() == pytest.approx(math.cos(angle), abs=1e-12)

    def test_is_that_of_the_peer(self):
        config = transformers.WhisperConfig(
            d_model=D,
            encoder_layers=1,
            encoder_attention_heads=2,
            encoder_ffn_dim=3,
            max_source_positions=50,
        )
        peer = transformers.models.whisper.modeling_whisper.WhisperEncoder(config)
        # The peer computes in single precision.
        expected = peer.embed_positions.weight.data.double()
        torch.testing.assert_close(whisper_sinusoidal_table(50, D), expected, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("d_model", [2, 7])
    def test_widths_without_two_clocks_are_refused(self, d_model):
        with pytest.raises(ValueError, match=f"even and at least 4, got {d_model}"):
            whisper_sinusoidal_table(3, d_model)
