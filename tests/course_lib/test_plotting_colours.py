"""The colours of the figures can be told apart by every reader, on the white and the dark page."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import course_lib.figures
from course_lib.plotting import PALETTE
from tests.course_lib.colour_vision import (
    VISION,
    ciede2000,
    contrast,
    lab,
    on_the_dark_page,
    read,
)

ROOT = Path(__file__).resolve().parents[2]
NEIGHBOURS_APART = 20  # CIEDE2000; series next to each other in the palette
ANY_TWO_APART = 10
ROLES_APART = 15  # query, key and value in a live figure
LEAST_CONTRAST = 3  # WCAG 2.1, 1.4.11, for graphics
TEXT_CONTRAST = 4.5
WHITE = read("#ffffff")
SITE = (ROOT / "book" / "assets" / "site.css").read_text(encoding="utf-8")
DARK_PAGE = read(re.search(r"--pst-color-background: (#\w{6});", SITE)[1])
SHEET = Path(course_lib.figures.__file__).with_name("base.css").read_text(encoding="utf-8")

LIGHT = [read(colour) for colour in PALETTE]
DARK = [on_the_dark_page(colour, DARK_PAGE) for colour in LIGHT]


# Of the pairs that Sharma, Wu and Dalal publish to test implementations.
@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_distances_are_as_published(first: tuple, second: tuple, distance: float) -> None:
    found = ciede2000(np.array(first, dtype=float), np.array(second, dtype=float))
    assert found == pytest.approx(distance, abs=1e-4)
    assert ciede2000(np.array(second, float), np.array(first, float)) == pytest.approx(found)


def test_white_and_black_are_what_they_should_be() -> None:
    for vision, matrix in VISION.items():
        assert lab(WHITE, vision) == pytest.approx(np.array([100, 0, 0]), abs=0.01)
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)  # grey stays grey
    assert contrast(WHITE, read("#000000")) == pytest.approx(21)
    assert on_the_dark_page(WHITE, DARK_PAGE) == pytest.approx(DARK_PAGE, abs=2e-3)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_series_can_be_told_apart(colours: list, vision: str) -> None:
    seen = [lab(colour, vision) for colour in colours]
    assert min(ciede2000(a, b) for a, b in itertools.pairwise(seen)) >= NEIGHBOURS_APART
    assert min(ciede2000(a, b) for a, b in itertools.combinations(seen, 2)) >= ANY_TWO_APART


@pytest.mark.parametrize(
    ("colours", "page"), [(LIGHT, WHITE), (DARK, DARK_PAGE)], ids=["light", "dark"]
)
def test_series_stand_out_from_the_page(colours: list, page: np.ndarray) -> None:
    assert min(contrast(colour, page) for colour in colours) >= LEAST_CONTRAST


def test_hues_stay_on_the_dark_page() -> None:
    for light, dark in zip(LIGHT[:3], DARK[:3], strict=True):  # blue, orange, teal: named in prose
        (_, a, b), (_, c, d) = lab(light), lab(dark)
        turn = np.degrees(np.arctan2(b, a) - np.arctan2(d, c))
        assert abs((turn + 180) % 360 - 180) < 35


def live(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a colour of the live figures on the light and on the dark page."""
    light, dark = re.search(rf"--cf-{name}: light-dark\((#\w+), (#\w+)\)", SHEET).groups()
    return read(light), read(dark)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_live_figures_can_be_read_and_their_roles_told_apart(theme: int) -> None:
    paper = live("paper")[theme]
    roles = [live(name)[theme] for name in ("query", "key", "value")]
    assert min(contrast(role, paper) for role in roles) >= TEXT_CONTRAST
    for vision in VISION:
        seen = [lab(role, vision) for role in roles]
        assert min(ciede2000(a, b) for a, b in itertools.combinations(seen, 2)) >= ROLES_APART
