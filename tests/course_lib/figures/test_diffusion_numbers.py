import pytest

from course_lib.figures.diffusion_numbers import ALPHABET, DiffusionNumbers, read, written


def test_every_level_is_read_as_it_was_written():
    assert len(set(ALPHABET)) == 64
    assert written(read(ALPHABET)) == ALPHABET
    assert read("A/") == [-1, 1]


def test_what_lies_outside_is_brought_to_the_end():
    assert written([-3.0, 7.0]) == "A/"


def test_writing_moves_a_pixel_by_half_a_level_at_most():
    pixels = [place / 50 - 1 for place in range(101)]
    assert read(written(pixels)) == pytest.approx(pixels, abs=1 / 63 + 1e-12)


def test_the_canvas_by_hand():
    # Seen 0.5 = 0.8 · 1 + 0.6 · (-0.5). With 0.96 and 0.28: 0.96 · 1 + 0.28 · (-0.5) = 0.82.
    numbers = DiffusionNumbers([0.5], ["/", "/"], [0.8, 0.96], [0.6, 0.28])
    assert numbers.canvases == [[0.5], [pytest.approx(0.82, abs=1e-12)]]
    assert numbers.share(0) == pytest.approx(0.64)


def test_how_far_a_guess_is_from_the_last():
    # One of two pixels differs by 2: the root of (4 + 0)/2.
    numbers = DiffusionNumbers([0.0, 0.0], ["AA", "/A"], [0.8, 0.96], [0.6, 0.28])
    assert numbers.apart(0) == pytest.approx(2**0.5)
    assert numbers.apart(1) == 0
