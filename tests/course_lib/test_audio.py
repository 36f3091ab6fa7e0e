import math

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor
from transformers.audio_utils import mel_filter_bank as peer_mel_filter_bank

from course_lib.audio import (
    WHISPER_LOG_MEL,
    LogMelConfig,
    fit_length,
    hertz_to_mel,
    log_mel_spectrogram,
    mel_filter_bank,
    mel_to_hertz,
    power_spectrogram,
)

B, N_SAMPLES, N_WINDOW, N_HOP = 2, 61, 12, 5
CONFIG = LogMelConfig(sample_rate_hz=8000, n_window=N_WINDOW, n_hop=N_HOP, n_mels=3)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def doubles(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


class TestFitLength:
    def test_cuts_the_end_or_adds_silence(self):
        sound = torch.tensor([[1.0, 2.0, 3.0]])
        assert fit_length(sound, 2).tolist() == [[1.0, 2.0]]
        assert fit_length(sound, 5).tolist() == [[1.0, 2.0, 3.0, 0.0, 0.0]]
        assert torch.equal(fit_length(sound, 3), sound)


class TestMelScale:
    def test_hand_worked_cases(self):
        # 200/3 Hz a mel up to 1,000 Hz; 27 mels from there to 6.4 times as much.
        hertz, mels = doubles(0, 200, 1000, 6400), doubles(0, 3, 15, 42)
        torch.testing.assert_close(hertz_to_mel(hertz), mels, **TIGHT)
        torch.testing.assert_close(mel_to_hertz(mels), hertz, **TIGHT)

    def test_there_and_back(self):
        hertz = noise(40).abs() * 2000
        torch.testing.assert_close(mel_to_hertz(hertz_to_mel(hertz)), hertz, **TIGHT)

    def test_higher_is_higher(self):
        mels = hertz_to_mel(torch.arange(0, 8000, 7, dtype=torch.float64))
        assert (mels.diff() > 0).all()


class TestMelFilterBank:
    def test_hand_worked_case(self):
        # Up to 800 Hz, which are 12 mels: corners every 3 mels, which are 200 Hz, and frequencies
        # every 100 Hz. A triangle 400 Hz wide has area 1 if it is 1/200 high.
        cfg = LogMelConfig(sample_rate_hz=1600, n_window=16, n_hop=1, n_mels=3)
        halves = [
            [0, 1, 2, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 2, 1, 0, 0, 0],
            [0, 0, 0, 0, 0, 1, 2, 1, 0],
        ]
        torch.testing.assert_close(mel_filter_bank(cfg), doubles(*halves) / 400, **TIGHT)

    @pytest.mark.parametrize("n_mels", [80, 128])
    def test_is_that_of_the_peer(self, n_mels):
        cfg = LogMelConfig(sample_rate_hz=16_000, n_window=400, n_hop=160, n_mels=n_mels)
        expected = peer_mel_filter_bank(
            201, n_mels, 0.0, 8000.0, 16_000, norm="slaney", mel_scale="slaney"
        )
        torch.testing.assert_close(mel_filter_bank(cfg).mT, torch.from_numpy(expected), **TIGHT)


class TestPowerSpectrogram:
    def test_is_that_of_torch(self):
        sound = noise(B, N_SAMPLES)
        window = torch.hann_window(N_WINDOW, dtype=torch.float64)
        expected = torch.stft(sound, N_WINDOW, N_HOP, window=window, return_complex=True)
        power = power_spectrogram(sound, N_WINDOW, N_HOP)
        assert power.shape == (B, 7, 13)
        torch.testing.assert_close(power, expected.abs() ** 2, **TIGHT)

    def test_matches_loops(self):
        sound = noise(N_SAMPLES)
        power = power_spectrogram(sound[None], N_WINDOW, N_HOP)[0]
        # Away from the ends, where nothing is mirrored.
        for frame in range(2, 11):
            first = frame * N_HOP - N_WINDOW // 2
            for frequency in range(7):
                total = 0
                for n in range(N_WINDOW):
                    turn = 2 * math.pi * n / N_WINDOW
                    fade = (1 - math.cos(turn)) / 2
                    wave = complex(math.cos(frequency * turn), -math.sin(frequency * turn))
                    total += fade * sound[first + n].item() * wave
                assert power[frequency, frame].item() == pytest.approx(abs(total) ** 2, rel=1e-11)

    def test_a_tone_is_heard_at_its_frequency(self):
        time = torch.arange(4000, dtype=torch.float64) / 8000
        tone = torch.sin(2 * math.pi * 1000 * time)
        power = power_spectrogram(tone[None], n_window=80, n_hop=40)  # a frequency every 100 Hz
        loudest = power[0].argmax(dim=0)
        assert (loudest[1:-1] == 10).all()  # mirroring breaks the tone at both ends

    def test_sounds_that_cannot_be_mirrored_are_refused(self):
        with pytest.raises(ValueError, match="6 samples are not more than half a window of 12"):
            power_spectrogram(noise(B, 6), N_WINDOW, N_HOP)
        assert power_spectrogram(noise(B, 7), N_WINDOW, N_HOP).isfinite().all()


class TestLogMelSpectrogram:
    def test_matches_loops(self):
        sounds = noise(B, N_SAMPLES) * doubles(1, 1e-3)[:, None]
        sounds[1, 20:50] = 0
        features = log_mel_spectrogram(sounds, CONFIG)
        assert features.shape == (B, 3, N_SAMPLES // N_HOP)
        bank = mel_filter_bank(CONFIG).numpy()
        for sound, feature in zip(sounds, features, strict=True):
            logs = bank @ power_spectrogram(sound[None], N_WINDOW, N_HOP)[0, :, :-1].numpy()
            logs = np.log10(np.maximum(logs, 1e-10))
            logs = np.maximum(logs, logs.max() - 8)
            torch.testing.assert_close(feature, torch.from_numpy(logs / 4 + 1), **TIGHT)

    @pytest.mark.parametrize("n_mels", [80, 128])
    def test_is_that_of_the_peer(self, n_mels):
        peer = WhisperFeatureExtractor(feature_size=n_mels, chunk_length=1)
        cfg = LogMelConfig(sample_rate_hz=16_000, n_window=400, n_hop=160, n_mels=n_mels)
        sounds = [noise(12_345).float() * 0.1, noise(20_000, seed=1).float()]
        expected = peer([sound.numpy() for sound in sounds], sampling_rate=16_000)
        expected = torch.from_numpy(np.stack(expected["input_features"]))
        fitted = torch.stack([fit_length(sound, 16_000) for sound in sounds])
        features = log_mel_spectrogram(fitted, cfg)
        assert features.shape == (2, n_mels, 100)
        torch.testing.assert_close(features, expected, rtol=1e-5, atol=1e-5)

    def test_silence_is_the_floor_everywhere(self):
        # The logarithm of the floor is -10, and (-10 + 4) / 4 is -1.5.
        features = log_mel_spectrogram(torch.zeros(1, N_SAMPLES), CONFIG)
        assert torch.equal(features, torch.full_like(features, -1.5))

    def test_sounds_do_not_hear_each_other(self):
        sounds = noise(B, N_SAMPLES) * doubles(1, 1e-3)[:, None]
        alone = log_mel_spectrogram(sounds[1:], CONFIG)
        together = log_mel_spectrogram(sounds, CONFIG)[1:]
        torch.testing.assert_close(together, alone, **TIGHT)

    def test_whisper_hears_a_hundred_frames_a_second(self):
        second = noise(1, 16_000).float()
        assert log_mel_spectrogram(second, WHISPER_LOG_MEL).shape == (1, 80, 100)


@pytest.mark.parametrize("name", ["sample_rate_hz", "n_window", "n_hop", "n_mels"])
def test_a_size_below_one_is_refused(name):
    sizes = {"sample_rate_hz": 8000, "n_window": 12, "n_hop": 5, "n_mels": 3} | {name: 0}
    with pytest.raises(ValueError, match=f"at least 1.*{name}=0"):
        LogMelConfig(**sizes)
