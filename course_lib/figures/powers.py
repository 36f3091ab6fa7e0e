"""Very large and very small numbers as live figures write them; `powers.js` writes the same."""

from decimal import ROUND_HALF_UP, Context, Decimal

from course_lib.figures.formats import significant

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_YEAR = 365.25 * _DAY
_UNITS = ((_YEAR, "years"), (_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes"), (1, "seconds"))
# Days are counted so far before years are.
_MOST_DAYS = 1000


def scientific(number: float | int, digits: int = 3) -> str:
    """Write a number that is not negative with a power of ten: 5.76 × 10²³; 0."""
    if number == 0:
        return "0"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(number))
    power = rounded.adjusted()
    mantissa = f"{rounded.scaleb(-power):.{digits - 1}f}"
    return f"{mantissa}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{str(power).translate(_RAISED)}"


def duration(seconds: float | int) -> str:
    """Write a time with three digits in the unit in which it is said: 41.7 days; 149 years."""
    if seconds < 1:
        return "less than a second"
    size, name = next(
        (size, name)
        for size, name in _UNITS
        if seconds >= (_MOST_DAYS * _DAY if name == "years" else size)
    )
    return f"{significant(seconds / size)}\N{NO-BREAK SPACE}{name}"
