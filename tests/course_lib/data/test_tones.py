import math
from itertools import islice

import pytest
import torch

from course_lib.data.tones import (
    AMPLITUDE,
    COLUMN_HZ,
    END,
    FEWEST_KEYS,
    KEYS,
    LONGEST_S,
    MOST_KEYS,
    N_SAMPLES,
    NOT_COUNTED,
    PAUSE_S,
    ROW_HZ,
    SAMPLE_RATE_HZ,
    SHORTEST_S,
    START,
    TONE_POWER,
    Clips,
    add_noise,
    draw_clips,
    key_frequencies,
    noisy_batches,
    spell,
    targets_of,
)

A_SAMPLE_S = 1 / SAMPLE_RATE_HZ


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def strength(samples, hertz):
    """Amplitude of one frequency in some samples, by a sum with sine and cosine."""
    angles = [2 * math.pi * hertz * place / SAMPLE_RATE_HZ for place in range(len(samples))]
    sine = sum(value * math.sin(angle) for value, angle in zip(samples, angles, strict=True))
    cosine = sum(value * math.cos(angle) for value, angle in zip(samples, angles, strict=True))
    return 2 * math.hypot(sine, cosine) / len(samples)


class TestKeyFrequencies:
    @pytest.mark.parametrize(
        ("key", "expected"),
        [("1", (697, 1209)), ("5", (770, 1336)), ("A", (697, 1633)), ("0", (941, 1336))],
    )
    def test_keys_as_a_telephone_has_them(self, key, expected):
        assert key_frequencies(key) == expected

    def test_no_two_keys_sound_alike(self):
        assert len({key_frequencies(key) for key in KEYS}) == len(KEYS) == 16

    @pytest.mark.parametrize("key", ["", "12", "E", "a"])
    def test_other_keys_are_refused(self, key):
        with pytest.raises(ValueError, match=f"'{key}' is none of the keys 123A456B789C"):
            key_frequencies(key)


class TestDrawClips:
    def test_each_key_can_be_heard_where_it_is_said_to_be(self):
        clips = draw_clips(5, generator())
        for waveform, row, starts, ends in zip(
            clips.waveforms, clips.token_ids, clips.starts_s, clips.ends_s, strict=True
        ):
            for key, start, end in zip(spell(row), starts.tolist(), ends.tolist(), strict=False):
                first, last = round(start * SAMPLE_RATE_HZ), round(end * SAMPLE_RATE_HZ)
                samples = waveform[first:last].tolist()
                low = [strength(samples, hertz) for hertz in ROW_HZ]
                high = [strength(samples, hertz) for hertz in COLUMN_HZ]
                heard = (ROW_HZ[low.index(max(low))], COLUMN_HZ[high.index(max(high))])
                assert heard == key_frequencies(key)
                # In a finite piece the other tone leaks in a little.
                assert max(low) == pytest.approx(AMPLITUDE, rel=0.2)
                assert max(high) == pytest.approx(AMPLITUDE, rel=0.2)

    def test_outside_the_keys_there_is_silence(self):
        clips = draw_clips(7, generator(1))
        moments = torch.arange(N_SAMPLES) * A_SAMPLE_S
        for waveform, starts, ends in zip(
            clips.waveforms, clips.starts_s, clips.ends_s, strict=True
        ):
            inside = (moments >= starts[:, None] - A_SAMPLE_S) & (
                moments <= ends[:, None] + A_SAMPLE_S
            )
            assert (waveform[~inside.any(dim=0)] == 0).all()

    def test_keys_are_long_enough_and_apart(self):
        clips = draw_clips(300, generator(2))
        for row, starts, ends in zip(clips.token_ids, clips.starts_s, clips.ends_s, strict=True):
            n_keys = len(spell(row))
            assert starts[n_keys:].isnan().all()
            assert ends[n_keys:].isnan().all()
            starts, ends = starts[:n_keys], ends[:n_keys]
            assert starts.min() >= 0
            assert ends.max() <= N_SAMPLES / SAMPLE_RATE_HZ + 1e-6
            lengths, pauses = ends - starts, starts[1:] - ends[:-1]
            assert (lengths >= SHORTEST_S - 1e-6).all()
            assert (lengths <= LONGEST_S + 1e-6).all()
            assert (pauses >= PAUSE_S - 1e-6).all()

    def test_any_number_of_keys_and_any_key(self):
        clips = draw_clips(300, generator(3))
        dialled = [spell(row) for row in clips.token_ids]
        assert {len(keys) for keys in dialled} == set(range(FEWEST_KEYS, MOST_KEYS + 1))
        assert set("".join(dialled)) == set(KEYS)

    def test_rows_begin_with_the_start_and_are_filled_up_with_the_end(self):
        clips = draw_clips(40, generator(4))
        assert clips.token_ids.shape == (40, MOST_KEYS + 2)
        assert (clips.token_ids[:, 0] == START).all()
        for row in clips.token_ids:
            n_keys = len(spell(row))
            assert (row[1 : 1 + n_keys] < START).all()
            assert (row[1 + n_keys :] == END).all()

    def test_a_key_has_the_stated_power(self):
        clips = draw_clips(60, generator(5))
        sounding = clips.waveforms[clips.waveforms != 0]
        # The products of two tones cancel out, up to the ends of a key.
        assert sounding.square().mean().item() == pytest.approx(TONE_POWER, rel=0.03)

    def test_the_generator_alone_decides(self):
        one, other = draw_clips(3, generator(6)), draw_clips(3, generator(6))
        assert torch.equal(one.waveforms, other.waveforms)
        assert not torch.equal(one.waveforms, draw_clips(3, generator(7)).waveforms)


def test_some_of_the_clips():
    clips = draw_clips(5, generator())
    chosen = clips[torch.tensor([3, 1])]
    assert len(clips) == 5
    assert len(chosen) == 2
    assert torch.equal(chosen.waveforms, clips.waveforms[[3, 1]])
    assert torch.equal(chosen.token_ids, clips.token_ids[[3, 1]])
    torch.testing.assert_close(chosen.starts_s, clips.starts_s[[3, 1]], equal_nan=True)
    torch.testing.assert_close(chosen.ends_s, clips.ends_s[[3, 1]], equal_nan=True)


class TestAddNoise:
    def test_each_clip_gets_its_own_strength(self):
        clean = torch.linspace(-1, 1, 3 * 50, dtype=torch.float64).reshape(3, 50)
        decibels = [20.0, 3.0, -10.0]
        noisy = add_noise(clean, torch.tensor(decibels), generator())
        noise = torch.randn(3, 50, generator=generator(), dtype=torch.float64)
        for row, strength_db in enumerate(decibels):
            # 20 dB: a hundredth of the power of a key, a tenth of its deviation.
            spread = math.sqrt(TONE_POWER * 10 ** (-strength_db / 10))
            torch.testing.assert_close(
                noisy[row], clean[row] + spread * noise[row], rtol=1e-12, atol=1e-12
            )

    def test_one_strength_for_all(self):
        clean = torch.zeros(2, 30_000, dtype=torch.float64)
        noisy = add_noise(clean, 0.0, generator(1))
        assert noisy.square().mean().item() == pytest.approx(TONE_POWER, rel=0.03)
        assert clean.abs().max() == 0


class TestNoisyBatches:
    def test_noise_is_fresh_and_of_a_strength_in_the_range(self):
        pool = draw_clips(1, generator(2))
        first, second = islice(noisy_batches(pool, 6, 2.0, 8.0, generator(3)), 2)
        powers = []
        for batch in (first, second):
            assert batch.token_ids.tolist() == pool.token_ids.tolist() * 6
            powers += (batch.waveforms - pool.waveforms).square().mean(dim=1).tolist()
        decibels = [10 * math.log10(TONE_POWER / power) for power in powers]
        # 4,000 samples: the power of the noise is known to 2 %, a tenth of a decibel.
        assert 1.6 < min(decibels) < max(decibels) < 8.4
        assert max(decibels) - min(decibels) > 2
        assert len({round(value, 4) for value in decibels}) == 12

    def test_sounds_and_keys_stay_together(self):
        pool = draw_clips(4, generator(4))
        batch = next(noisy_batches(pool, 9, 300.0, 300.0, generator(5)))  # as good as no noise
        for waveform, row in zip(batch.waveforms, batch.token_ids, strict=True):
            place = (pool.waveforms - waveform).abs().amax(dim=1).argmin()
            assert torch.equal(pool.token_ids[place], row)


def test_targets_by_hand():
    token_ids = torch.tensor([[START, 3, 9, END, END], [START, 5, 6, 7, END]])
    expected = [[3, 9, END, NOT_COUNTED], [5, 6, 7, END]]
    assert targets_of(token_ids).tolist() == expected


def test_spelling_by_hand():
    # The keys stand row by row: 123A456B789C*0#D.
    assert spell(torch.tensor([START, 0, 3, 13, END, 2])) == "1A0"
    assert spell(torch.tensor([15, 14])) == "D#"
    assert spell(torch.tensor([END])) == ""


def test_clips_hold_what_they_are_given():
    clips = Clips(torch.zeros(2, 3), torch.zeros(2, 4, dtype=torch.long), *torch.zeros(2, 2, 5))
    assert len(clips[:1]) == 1
