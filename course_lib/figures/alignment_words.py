"""What the alignment explorer says; `alignment/words.js` says the same in the page."""

from collections.abc import Mapping, Sequence

from course_lib.figures.alignment_numbers import AlignmentNumbers
from course_lib.figures.formats import fixed, percent

MOST_NAMED = 5  # more wrong letters than this are counted, not named


def row_in_words(
    source: Sequence[str],
    expected: Sequence[str],
    produced: Sequence[str],
    numbers: AlignmentNumbers,
    row: int,
    weight_on_line: float,
) -> str:
    """Say what was written at a place, whether it is right, and where it looked.

    Args:
        source: The letters read.
        expected: The letters that were due.
        produced: The letters written.
        numbers: What `align` computes of them.
        row: Index of the letter written.
        weight_on_line: Its weight on the anti-diagonal.
    """
    looked, due_at = numbers.looked[row], len(source) - 1 - row
    verdict = "right" if numbers.right[row] else f"wrong: “{expected[row]}” was due"
    where = "on the anti-diagonal"
    if (off := abs(looked - due_at)) > 0:
        side = "before" if looked < due_at else "after"
        where = (
            f"{off} place{'s' * (off > 1)} {side} the anti-diagonal "
            f"(place {due_at + 1}, {fixed(weight_on_line)})"
        )
    return (
        f"Letter {row + 1} of {len(produced)} written: “{produced[row]}”, {verdict}. "
        f"It looks most at place {looked + 1}, “{source[looked]}” "
        f"({fixed(numbers.weight[row])}), {where}."
    )


def example_in_words(numbers: AlignmentNumbers) -> str:
    """Say how many letters are right, and how many rows look most at the anti-diagonal."""
    n_letters = len(numbers.right)
    return (
        f"{sum(numbers.right)} of {n_letters} letters are right. In {sum(numbers.on_line)} of "
        f"{n_letters} rows ({percent(numbers.share_on_line)}) the largest weight lies on the "
        "anti-diagonal."
    )


def wrong_in_words(
    expected: Sequence[str], produced: Sequence[str], numbers: AlignmentNumbers
) -> str:
    """Name the letters that are wrong."""
    wrong = [i for i, right in enumerate(numbers.right) if not right]
    if not wrong:
        return "No letter is wrong."
    named = [f"{i + 1} (“{produced[i]}” for “{expected[i]}”)" for i in wrong[:MOST_NAMED]]
    rest = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return f"Wrong: letter{'s' * (len(wrong) > 1)} {', '.join(named)}{rest}."


def recall_in_words(gap: int, accuracies: Mapping[str, float | None]) -> str:
    """Say the accuracy of each line at a gap."""
    said = [
        f"{name} {'not measured' if share is None else fixed(share)}"
        for name, share in accuracies.items()
    ]
    return f"Gap {gap}: {'; '.join(said) or 'no line is chosen'}."
