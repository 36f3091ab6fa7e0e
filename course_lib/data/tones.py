"""Telephone keys as sound: each key is two tones at once, and a clip is a few keys in a row.

The frequencies are those of dual-tone signalling (DTMF), Recommendation ITU-T Q.23: one tone tells
the row of the key, the other its column.

Axes: B clips, samples; T tokens, a start and then the keys.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.audio import LogMelConfig

KEYS = "123A456B789C*0#D"
"""The keys row by row; the token of a key is its place here."""
ROW_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMN_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
START, END = len(KEYS), len(KEYS) + 1
"""The tokens before the first key and behind the last one."""
TONE_VOCAB_SIZE = len(KEYS) + 2
NOT_COUNTED = -100
"""What torch's cross-entropy passes over."""

SAMPLE_RATE_HZ = 4000
N_SAMPLES = 4000
"""A clip is one second long."""
FEWEST_KEYS, MOST_KEYS = 2, 6
SHORTEST_S, LONGEST_S = 0.06, 0.12
"""How long a key sounds."""
PAUSE_S = 0.03
"""The least silence between two keys."""
AMPLITUDE = 0.25
"""Of each of the two tones."""
TONE_POWER = AMPLITUDE**2
"""Mean square of a key while it sounds: half a square of the amplitude from each tone."""

TONE_LOG_MEL = LogMelConfig(sample_rate_hz=SAMPLE_RATE_HZ, n_window=128, n_hop=64, n_mels=32)


@dataclass(frozen=True)
class Clips:
    """Sounds, what was dialled in them, and when.

    Attributes:
        waveforms: Samples between -1 and 1, without noise unless somebody added it.
        token_ids: The start, the keys, and the end, which also fills up short rows.
        starts_s: When each key begins, in seconds; nan where a row has no more keys.
        ends_s: When it ends.
    """

    waveforms: Float[Tensor, "B samples"]
    token_ids: Int[Tensor, "B T"]
    starts_s: Float[Tensor, "B most_keys"]
    ends_s: Float[Tensor, "B most_keys"]

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.token_ids)

    def __getitem__(self, chosen: Int[Tensor, " _"] | slice) -> "Clips":
        """Return some of the clips."""
        return Clips(
            self.waveforms[chosen],
            self.token_ids[chosen],
            self.starts_s[chosen],
            self.ends_s[chosen],
        )


def key_frequencies(key: str) -> tuple[float, float]:
    """Return the two frequencies of a key, in hertz, the lower one first.

    Raises:
        ValueError: There is no such key.
    """
    if len(key) != 1 or key not in KEYS:
        raise ValueError(f"{key!r} is none of the keys {KEYS}")
    row, column = divmod(KEYS.index(key), len(COLUMN_HZ))
    return ROW_HZ[row], COLUMN_HZ[column]


def draw_clips(n_clips: int, generator: torch.Generator) -> Clips:
    """Dial at random, without noise: any number of keys from fewest to most, any keys.

    Args:
        n_clips: How many clips.
        generator: Where the randomness comes from.
    """
    waveforms = torch.zeros(n_clips, N_SAMPLES)
    token_ids = torch.full((n_clips, MOST_KEYS + 2), END)
    token_ids[:, 0] = START
    starts_s = torch.full((n_clips, MOST_KEYS), math.nan)
    ends_s = starts_s.clone()
    for row in range(n_clips):
        n_keys = int(torch.randint(FEWEST_KEYS, MOST_KEYS + 1, (), generator=generator))
        keys = torch.randint(len(KEYS), (n_keys,), generator=generator)
        starts, ends = _draw_times(n_keys, generator)
        token_ids[row, 1 : 1 + n_keys] = keys
        starts_s[row, :n_keys], ends_s[row, :n_keys] = starts, ends
        for key, start, end in zip(keys.tolist(), starts.tolist(), ends.tolist(), strict=True):
            _add_key(waveforms[row], KEYS[key], start, end, generator)
    return Clips(waveforms, token_ids, starts_s, ends_s)


def add_noise(
    waveforms: Float[Tensor, "B samples"],
    snr_db: Float[Tensor, " B"] | float,
    generator: torch.Generator,
) -> Float[Tensor, "B samples"]:
    """Put white noise over clips.

    Args:
        waveforms: Clips without noise.
        snr_db: Ten times the logarithm of how much stronger a key is than the noise, while it
            sounds; one for all or one a clip.
        generator: Where the noise comes from.
    """
    ratio = 10 ** (torch.as_tensor(snr_db, dtype=waveforms.dtype) / 10)
    spread = (TONE_POWER / ratio).sqrt().expand(len(waveforms)).unsqueeze(1)  # B 1
    noise = torch.randn(waveforms.shape, generator=generator, dtype=waveforms.dtype)
    return waveforms + spread * noise


def noisy_batches(
    pool: Clips, batch_size: int, lowest_db: float, highest_db: float, generator: torch.Generator
) -> Iterator[Clips]:
    """Draw clips of a pool without end, with fresh noise of any strength in a range each time."""
    while True:
        batch = pool[torch.randint(len(pool), (batch_size,), generator=generator)]
        shares = torch.rand(batch_size, generator=generator)
        snr_db = lowest_db + (highest_db - lowest_db) * shares
        noisy = add_noise(batch.waveforms, snr_db, generator)
        yield Clips(noisy, batch.token_ids, batch.starts_s, batch.ends_s)


def targets_of(token_ids: Int[Tensor, "B T"]) -> Int[Tensor, "B T-1"]:
    """Return what is to be written behind each token; behind the first end nothing counts."""
    is_behind_end = token_ids[:, :-1] == END
    return token_ids[:, 1:].masked_fill(is_behind_end, NOT_COUNTED)


def spell(token_ids: Int[Tensor, " T"]) -> str:
    """Write tokens as keys, from behind the start to the first end."""
    written = ""
    for token in token_ids.tolist():
        if token == END:
            break
        written += KEYS[token] if token < START else ""
    return written


def _draw_times(
    n_keys: int, generator: torch.Generator
) -> tuple[Float[Tensor, " n_keys"], Float[Tensor, " n_keys"]]:
    """Share a clip out among keys and the silences around them."""
    lengths = SHORTEST_S + (LONGEST_S - SHORTEST_S) * torch.rand(n_keys, generator=generator)
    whole = N_SAMPLES / SAMPLE_RATE_HZ
    free = whole - lengths.sum() - (n_keys - 1) * PAUSE_S
    extra, _ = (free * torch.rand(n_keys, generator=generator)).sort()  # silence before each key
    before = lengths.cumsum(0) - lengths + PAUSE_S * torch.arange(n_keys)
    starts = extra + before
    return starts, starts + lengths


def _add_key(
    waveform: Float[Tensor, " samples"],
    key: str,
    start_s: float,
    end_s: float,
    generator: torch.Generator,
) -> None:
    """Add the two tones of a key to a clip, in place, each from a phase of its own."""
    first, last = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
    moments = torch.arange(first, last) / SAMPLE_RATE_HZ
    for hertz in key_frequencies(key):
        phase = float(torch.rand((), generator=generator))
        waveform[first:last] += AMPLITUDE * (2 * math.pi * (hertz * moments + phase)).sin()
