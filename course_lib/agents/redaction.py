"""Taking secrets out of what is about to be said: by what they are, or by what they look like.

Both read the text that leaves the system, whatever made it. Neither understands it: a secret in
another spelling passes.
"""

import re
from collections.abc import Callable, Sequence

Redact = Callable[[str], str]
BLACKED = "[removed]"


def redact_known(secrets: Sequence[str]) -> Redact:
    """Return a redaction that takes out some strings, in capitals or small letters.

    Args:
        secrets: What must not be said; the longest is looked for first.

    Raises:
        ValueError: One of them is empty.
    """
    if not all(secrets):
        raise ValueError("an empty secret stands everywhere")
    if not secrets:
        return lambda text: text
    either = "|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True))
    return lambda text: re.sub(either, BLACKED, text, flags=re.IGNORECASE)


def redact_digits(n_digits: int) -> Redact:
    """Return a redaction of all runs of so many digits or more, with anything short between them.

    It needs no list of secrets, finds spelled-out ones too, and takes out innocent numbers with
    them.

    Args:
        n_digits: Runs of fewer digits are left.

    Raises:
        ValueError: No digit would be enough.
    """
    if n_digits < 1:
        raise ValueError(f"a run has at least one digit, not {n_digits}")
    pattern = rf"\d(?:[\s,.\-]{{0,2}}\d){{{n_digits - 1},}}"
    return lambda text: re.sub(pattern, BLACKED, text)
