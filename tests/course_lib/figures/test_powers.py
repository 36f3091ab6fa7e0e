"""Numbers with powers of ten, and times."""

import math

import pytest

from course_lib.figures.powers import duration, scientific

S = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (5.76e23, 3, f"5.76{S}×{S}10²³"),
        (3e-4, 3, f"3.00{S}×{S}10⁻⁴"),
        (1e18, 1, f"1{S}×{S}10¹⁸"),
        (9.996, 3, f"1.00{S}×{S}10¹"),  # rounded up into the next power
        (0.1245, 3, f"1.24{S}×{S}10⁻¹"),  # the float is a little below the tie
        (0.125, 2, f"1.3{S}×{S}10⁻¹"),  # a tie goes away from zero, as in JavaScript
        (7, 2, f"7.0{S}×{S}10⁰"),
        (0, 3, "0"),
    ],
)
def test_powers_of_ten(number, digits, text):
    assert scientific(number, digits) == text


def test_the_number_can_be_read_back():
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    for power in range(-30, 31):
        number = 1.2345 * 10.0**power
        mantissa, exponent = scientific(number, 4).split(f"{S}×{S}10")
        back = float(mantissa) * 10.0 ** int(exponent.translate(raised))
        assert math.isclose(back, number, rel_tol=5e-4)
        assert 1 <= float(mantissa) < 10


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.999, "less than a second"),
        (1, f"1.00{S}seconds"),
        (90, f"1.50{S}minutes"),
        (5400, f"1.50{S}hours"),
        (86_400, f"1.00{S}days"),
        (999 * 86_400, f"999{S}days"),
        (1000 * 86_400, f"2.74{S}years"),  # 1000 / 365.25
    ],
)
def test_times_have_the_unit_in_which_they_are_said(seconds, text):
    assert duration(seconds) == text
