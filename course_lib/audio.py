"""Turn sound into a log-mel spectrogram: how loud each band of pitches is, moment by moment.

Axes: B batch; sound has samples; a spectrogram has frames, one per moment, and frequencies, or
mels, which are bands as wide as the ear's.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# The mel scale of Slaney 1998, "Auditory Toolbox": even steps up to a knee, even ratios above.
HERTZ_PER_MEL = 200 / 3
KNEE_HERTZ = 1000.0
KNEE_MELS = KNEE_HERTZ / HERTZ_PER_MEL
LOG_HERTZ_PER_MEL = math.log(6.4) / 27  # 27 mels from 1,000 to 6,400 Hz

# What Whisper does to the logarithms. Powers below the floor are silence, and a sound's quietest
# moments are taken as eight powers of ten, which are 80 dB, below its loudest.
POWER_FLOOR = 1e-10
POWERS_OF_TEN_KEPT = 8.0
CENTRE = 4.0  # halfway down from a loudest power of 1, which the shift brings to 0


@dataclass(frozen=True, kw_only=True)
class LogMelConfig:
    """How sound is cut into frames, and frequencies are put into bands.

    Attributes:
        sample_rate_hz: Samples per second.
        n_window: Samples that one frame looks at.
        n_hop: Samples from one frame to the next.
        n_mels: Number of bands, from 0 Hz to half the sample rate.
    """

    sample_rate_hz: int
    n_window: int
    n_hop: int
    n_mels: int

    def __post_init__(self) -> None:
        if min(self.sample_rate_hz, self.n_window, self.n_hop, self.n_mels) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")


# 25 ms every 10 ms: Radford et al. 2022 (arXiv:2212.04356), section 2.2. The third large model
# has 128 bands.
WHISPER_LOG_MEL = LogMelConfig(sample_rate_hz=16_000, n_window=400, n_hop=160, n_mels=80)


def fit_length(
    waveform: Float[Tensor, "*batch samples"], n_samples: int
) -> Float[Tensor, "*batch {n_samples}"]:
    """Cut the end off a sound that is too long, or put silence behind one that is too short."""
    return F.pad(waveform, (0, n_samples - waveform.shape[-1]))


def log_mel_spectrogram(
    waveform: Float[Tensor, "B samples"], cfg: LogMelConfig
) -> Float[Tensor, "B mels frames"]:
    """Write sound as Whisper reads it.

    Radford et al. 2022 (arXiv:2212.04356), section 2.2; the numbers are those of the code that
    was published with it.

    Args:
        waveform: Samples between -1 and 1. Models that were trained on 30 seconds need 30 seconds:
            see `fit_length`.
        cfg: Frames and bands.

    Returns:
        One frame per hop, logarithms of powers, shifted and scaled to about -1 to 1.

    Raises:
        ValueError: The sound is shorter than half a window.
    """
    power = power_spectrogram(waveform, cfg.n_window, cfg.n_hop)[..., :-1]  # B frequencies frames
    bank = mel_filter_bank(cfg).to(power)  # mels frequencies
    logs = (bank @ power).clamp(min=POWER_FLOOR).log10()  # B mels frames
    loudest = logs.amax(dim=(1, 2), keepdim=True)  # B 1 1
    return (logs.maximum(loudest - POWERS_OF_TEN_KEPT) + CENTRE) / CENTRE


def power_spectrogram(
    waveform: Float[Tensor, "B samples"], n_window: int, n_hop: int
) -> Float[Tensor, "B frequencies frames"]:
    """Measure how strong each frequency is around each hop of a sound.

    Frames are centred on their hop; at both ends the sound is mirrored. Each frame is faded in and
    out by a Hann window, so that its edges are not heard as a click of all frequencies.

    Args:
        waveform: Samples.
        n_window: Samples that one frame looks at.
        n_hop: Samples from one frame to the next.

    Returns:
        Squared magnitudes of the Fourier transform, from 0 Hz to half the sample rate.

    Raises:
        ValueError: The sound is shorter than half a window, which cannot be mirrored.
    """
    n_samples, n_half = waveform.shape[-1], n_window // 2
    if n_samples <= n_half:
        raise ValueError(f"{n_samples} samples are not more than half a window of {n_window}")
    mirrored = F.pad(waveform, (n_half, n_half), mode="reflect")
    frames = mirrored.unfold(-1, n_window, n_hop)  # B frames n_window
    fade = torch.hann_window(n_window, dtype=waveform.dtype, device=waveform.device)
    return torch.fft.rfft(frames * fade).abs().square().mT  # B frequencies frames


def mel_filter_bank(cfg: LogMelConfig) -> Float[Tensor, "mels frequencies"]:
    """Say how much of each frequency belongs to each band, in double precision.

    A band is a triangle over the frequencies between the centres of its two neighbours; it has
    area 1, so that wide bands do not sound louder than narrow ones.

    Args:
        cfg: Frames and bands.

    Returns:
        One row per band, lowest first, per hertz.
    """
    step_hz = cfg.sample_rate_hz / cfg.n_window
    frequencies = torch.arange(cfg.n_window // 2 + 1, dtype=torch.float64) * step_hz
    highest_mel = hertz_to_mel(torch.tensor(cfg.sample_rate_hz / 2, dtype=torch.float64)).item()
    corners = mel_to_hertz(torch.linspace(0, highest_mel, cfg.n_mels + 2, dtype=torch.float64))
    left, centre, right = (corners[start : start + cfg.n_mels, None] for start in range(3))
    rising = (frequencies - left) / (centre - left)  # mels frequencies
    falling = (right - frequencies) / (right - centre)
    return rising.minimum(falling).clamp(min=0) * 2 / (right - left)


def hertz_to_mel(hertz: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Say how high frequencies sound: in proportion up to 1,000 Hz, by their logarithm above."""
    above = KNEE_MELS + (hertz / KNEE_HERTZ).log() / LOG_HERTZ_PER_MEL
    return torch.where(hertz < KNEE_HERTZ, hertz / HERTZ_PER_MEL, above)


def mel_to_hertz(mels: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Undo `hertz_to_mel`."""
    above = KNEE_HERTZ * ((mels - KNEE_MELS) * LOG_HERTZ_PER_MEL).exp()
    return torch.where(mels < KNEE_MELS, mels * HERTZ_PER_MEL, above)
