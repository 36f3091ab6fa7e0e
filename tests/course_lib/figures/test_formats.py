"""How numbers are written; tests/book/test_live_figures_numbers.py holds the page to the same."""

import math

import pytest

from course_lib.figures.formats import (
    byte_size,
    counted,
    fixed,
    large_count,
    percent,
    plain,
    significant,
    thousands,
)

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (fixed(1.5), "1.50"),
        (fixed(-1.5, 1), "−1.5"),
        (fixed(-0.004), "0.00"),
        (fixed(0.125), "0.13"),  # a tie: away from zero, as in the page
        (fixed(-2.5, 0), "−3"),
        (fixed(math.inf), "∞"),
        (fixed(-math.inf), "−∞"),
        (fixed(math.nan), "no number"),
        (thousands(999), "999"),
        (thousands(1280), "1,280"),
        (thousands(-1234567.891, 2), "−1,234,567.89"),
        (thousands(0.5678, 4), "0.5678"),
        (thousands(math.inf), "∞"),
        (plain(0.5), "0.5"),
        (plain(100.0), "100"),
        (plain(-0.001), "0"),
        (plain(0.0125, 3), "0.013"),
        (plain(math.inf), "∞"),
        (counted(1, "token"), "1 token"),
        (counted(0, "token"), "0 tokens"),
        (counted(2048, "token"), "2,048 tokens"),
        (percent(4398.0465), f"439,805{SPACE}%"),
        (percent(0.0), f"0{SPACE}%"),
        (percent(0.1234, 1), f"12.3{SPACE}%"),
        (percent(-0.5), f"−50{SPACE}%"),
        (significant(1.234), "1.23"),
        (significant(9.996), "10.0"),
        (significant(9.995), "9.99"),  # a little less than a tie in binary
        (significant(99.96), "100"),
        (significant(1234.5), "1,235"),
        (significant(0.16), "0.160"),
        (significant(0.0), "0.00"),
        (significant(4.2788, 2), "4.3"),
        (significant(0.1415, 2), "0.14"),
        (significant(16.25), "16.3"),  # a tie: away from zero
        (significant(0.00104, 2), "0.0010"),
        (significant(0.0004), "less than 0.001"),
        (byte_size(0), f"0{SPACE}B"),
        (byte_size(999), f"999{SPACE}B"),
        (byte_size(1000), f"1.00{SPACE}kB"),
        (byte_size(999_700), f"1.00{SPACE}MB"),
        (byte_size(12_884_901_888), f"12.9{SPACE}GB"),
        (byte_size(12_884_901_888, binary=True), f"12.0{SPACE}GiB"),
        (byte_size(1023, binary=True), f"1,023{SPACE}B"),
        (byte_size(1024, binary=True), f"1.00{SPACE}KiB"),
        (byte_size(1000 * 1024, binary=True), f"1,000{SPACE}KiB"),
        (byte_size(2.0**80, binary=True), f"1,048,576{SPACE}EiB"),
        (large_count(128_000), "128,000"),
        (large_count(12_400_000), f"12.4{SPACE}million"),
        (large_count(996_000), "996,000"),
        (large_count(999_600_000), f"1.00{SPACE}billion"),
        (large_count(8_030_000_000), f"8.03{SPACE}billion"),
        (large_count(1.5e12), f"1.50{SPACE}trillion"),
    ],
)
def test_numbers_are_written_so(written, text):
    assert written == text
