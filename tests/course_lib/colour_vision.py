"""How colours are seen: contrast, kinds of colour vision, and how far apart two colours are."""

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float64]  # red, green, blue of sRGB, each from 0 to 1

# Machado, Oliveira and Fernandes 2009 ("A physiologically-based model for simulation of color
# vision deficiency"), severity 1.0, for linear red, green and blue.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# IEC 61966-2-1: linear sRGB to CIE XYZ, for daylight D65.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# Filter Effects Module Level 1, section 6: hue-rotate(180deg), on sRGB as it is stored.
_HALF_TURN_OF_HUE = np.array(
    [[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]]
)


def read(colour: str) -> Colour:
    """Return "#rrggbb" as three numbers."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def linear(colour: Colour) -> Colour:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(a: Colour, b: Colour) -> float:
    """WCAG 2.1: from 1 for the same lightness to 21 for black on white."""
    low, high = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def on_the_dark_page(colour: Colour, page: Colour) -> Colour:
    """What site.css makes of a figure's colour: invert(1) hue-rotate(180deg), then screen."""
    turned = np.clip(_HALF_TURN_OF_HUE @ (1 - colour), 0, 1)
    return 1 - (1 - turned) * (1 - page)


def lab(colour: Colour, vision: str = "normal") -> Colour:
    """CIE L*, a*, b* of a colour as somebody sees it."""
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    ratio = (_TO_XYZ @ seen) / (_TO_XYZ @ np.ones(3))
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(first: Colour, second: Colour) -> float:
    """Sharma, Wu and Dalal 2005: the distance of two L*a*b* colours; about 2 is just seen."""
    chroma = (np.hypot(*first[1:]) + np.hypot(*second[1:])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    (l1, c1, h1), (l2, c2, h2) = (
        (light, np.hypot(stretch * a, b), np.degrees(np.arctan2(b, stretch * a)) % 360)
        for light, a, b in (first, second)
    )
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    lightness, chroma = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    cosines = [(-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63)]
    t = 1 + sum(k * np.cos(np.radians(n * hue + phase)) for k, n, phase in cosines)
    d_l = (l2 - l1) / (1 + 0.015 * lightness**2 / np.sqrt(20 + lightness**2))
    d_c = (c2 - c1) / (1 + 0.045 * chroma)
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    angle = np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(angle)
    return float(np.sqrt(d_l**2 + d_c**2 + d_h**2 + rotation * d_c * d_h))
