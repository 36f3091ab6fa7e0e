"""Numbers as live figures write them; `formats.js` and `base.js` write the same in the page.

Ties are rounded away from zero, as JavaScript's `toFixed` does, and minus is a true minus sign.
"""

import math
from decimal import ROUND_HALF_UP, Context, Decimal

_SI_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_LARGE_COUNTS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
# Significant digits of a smaller number are of no interest.
_LEAST = 0.001


def fixed(number: float | int, decimals: int = 2) -> str:
    """Write a number with fixed decimals, a true minus sign and no negative zero."""
    if not math.isfinite(number):
        return "no number" if math.isnan(number) else "∞" if number > 0 else "−∞"
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{rounded or abs(rounded):f}".replace("-", "−")


def plain(number: float | int, decimals: int = 2) -> str:
    """Write a number with no more decimals than it needs: 0.5, 2."""
    text = fixed(number, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def thousands(number: float | int, decimals: int = 0) -> str:
    """Write a number with a comma between thousands: 1,280."""
    sign, digits = ("−", number) if fixed(number, decimals).startswith("−") else ("", number)
    text = fixed(abs(digits), decimals)
    whole, _, rest = text.partition(".")
    if not whole.isdigit():
        return sign + text
    return f"{sign}{int(whole):,}" + (f".{rest}" if rest else "")


def counted(number: int, noun: str) -> str:
    """Write how many there are of what a noun names: 1 token; 2,048 tokens."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"


def percent(share: float | int, decimals: int = 0) -> str:
    """Write a share of 1 as a percentage; its sign keeps to the number by a no-break space."""
    return f"{thousands(100 * share, decimals)}\N{NO-BREAK SPACE}%"


def significant(number: float | int, digits: int = 3) -> str:
    """Write so many digits of a number that is not negative: 0.123, 12.3, 123.

    Larger numbers are whole; of those under a thousandth only that is said.
    """
    if 0 < number < _LEAST:
        return f"less than {_LEAST}"
    return thousands(number, _decimals(number, digits))


def byte_size(n_bytes: float | int, *, binary: bool = False) -> str:
    """Write a number of bytes with three digits and its unit.

    Args:
        n_bytes: How many bytes, not negative.
        binary: Count in steps of 1024 (KiB, MiB, GiB) instead of 1000 (kB, MB, GB).

    Returns:
        Such as "512 B", "12.9 GB" or "1.00 GiB".
    """
    base, units = (1024, _BINARY_UNITS) if binary else (1000, _SI_UNITS)
    value, unit = n_bytes, 0
    # Compared as it will be written: 999.7 kB is written 1.00 MB.
    while unit < len(units) - 1 and _written(value, whole=not unit) >= base:
        value, unit = value / base, unit + 1
    text = significant(value) if unit else thousands(value)
    return f"{text}\N{NO-BREAK SPACE}{units[unit]}"


def large_count(number: float | int) -> str:
    """Write a count as it is said: 128,000; 12.4 million; 8.03 billion."""
    for size, name in _LARGE_COUNTS:
        if _written(number / size) >= 1:
            return f"{significant(number / size)}\N{NO-BREAK SPACE}{name}"
    return thousands(number)


def _decimals(number: float | int, digits: int) -> int:
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(number)
    return max(0, digits - 1 - rounded.adjusted())


def _written(number: float | int, *, whole: bool = False) -> float:
    """Return a number as it will be written, whole or with three digits."""
    return float(fixed(number, 0 if whole else _decimals(number, 3)))
