"""What the alignment explorer is given: checked, and packed for the page."""

from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor

PARTS = ("source", "expected", "produced", "weights")
# Squares that can still be seen on a phone, and buttons that stand in one line.
MAX_LETTERS, MAX_EXAMPLES = 48, 6
MAX_LETTER_LENGTH = 3
# Colours and markers, and patterns of dashes, that are told apart with ease.
MAX_READERS, MAX_PLANS = 4, 2
# Rows come from a softmax in float32, or in half of it.
SUM_TOLERANCE = 1e-2


def check_examples(examples: Sequence[Mapping[str, Any]]) -> None:
    """Refuse examples that cannot be shown.

    Raises:
        ValueError: There is none, one is incomplete or too long, its expected letters are not its
            source backwards, its weights do not fit, or two are of one length.
    """
    if not 1 <= len(examples) <= MAX_EXAMPLES:
        raise ValueError(f"give 1 to {MAX_EXAMPLES} examples, got {len(examples)}")
    lengths: list[int] = []
    for number, example in enumerate(examples, start=1):
        where = f"example {number}"
        if missing := [part for part in PARTS if part not in example]:
            raise ValueError(f"{where} lacks {', '.join(missing)}: give {', '.join(PARTS)}")
        _check_letters(example, where)
        _check_weights(example["weights"], len(example["source"]), where)
        lengths.append(len(example["source"]))
        if lengths.count(lengths[-1]) > 1:
            raise ValueError(
                f"{where} has {lengths[-1]} letters as one before it: they are chosen by length, "
                "so give each another"
            )


def _check_letters(example: Mapping[str, Any], where: str) -> None:
    source, expected, produced = (list(example[part]) for part in PARTS[:3])
    if not 1 <= len(source) <= MAX_LETTERS:
        raise ValueError(
            f"the source of {where} has {len(source)} letters: give 1 to {MAX_LETTERS}"
        )
    for letter in (*source, *expected, *produced):
        if not isinstance(letter, str) or not 1 <= len(letter.strip()) <= MAX_LETTER_LENGTH:
            raise ValueError(
                f"{letter!r} in {where} is no letter: give strings of 1 to {MAX_LETTER_LENGTH} "
                "characters"
            )
    if expected != source[::-1]:
        raise ValueError(f"what is expected in {where} must be its source backwards")
    if len(produced) != len(source):
        raise ValueError(
            f"{where} has {len(source)} letters in its source and {len(produced)} produced: "
            "the figure compares them one by one"
        )


def _check_weights(given: object, n_letters: int, where: str) -> None:
    weights = _as_numbers(given, where)
    if weights.shape != (n_letters, n_letters):
        raise ValueError(
            f"weights of {where} must have one row for each letter written and one column for each "
            f"letter read, ({n_letters}, {n_letters}); got {tuple(weights.shape)}"
        )
    if not weights.isfinite().all() or weights.min() < 0:
        raise ValueError(f"weights of {where} must be finite and not negative")
    if (worst := (weights.sum(dim=1) - 1).abs().max().item()) > SUM_TOLERANCE:
        raise ValueError(f"each row of weights of {where} must sum to 1; one is off by {worst:.3g}")


def _as_numbers(weights: object, where: str) -> Tensor:
    try:
        return torch.as_tensor(weights).detach().cpu().double()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"weights of {where} are no table of numbers: {error}") from error


def pack_weights(examples: Sequence[Mapping[str, Any]]) -> bytes:
    """Return all weights, one example after the other, row by row, as little-endian float32."""
    tables = [_as_numbers(each["weights"], "an example").numpy() for each in examples]
    return b"".join(table.astype("<f4").tobytes() for table in tables)


def recall_lines(recall: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Check lines of accuracy against gap, and split their names into reader and plan.

    Args:
        recall: Pairs of gap and accuracy by name, such as "LSTM, all gaps at once".

    Returns:
        Dictionaries with name, reader, plan ("" if the name has no comma) and points, sorted.

    Raises:
        ValueError: There is no line, too many readers or plans, or a point is out of range.
    """
    if not recall:
        raise ValueError("recall is empty: give at least one line of pairs (gap, accuracy)")
    lines = []
    for name, pairs in recall.items():
        if not isinstance(name, str) or not name.strip(" ,"):
            raise ValueError(f"{name!r} is no name of a line")
        reader, _, plan = name.partition(", ")
        lines.append({"name": name, "reader": reader, "plan": plan, "points": _points(name, pairs)})
    _check_number("readers", [each["reader"] for each in lines], MAX_READERS)
    _check_number("plans", [each["plan"] for each in lines], MAX_PLANS)
    return lines


def _points(name: str, pairs: Sequence[Any]) -> list[list[int | float]]:
    points: dict[int, float] = {}
    for pair in pairs:
        if not isinstance(pair, Sequence) or len(pair) != len(("gap", "accuracy")):
            raise ValueError(f"“{name}” holds {pair!r}: give pairs (gap, accuracy)")
        gap, accuracy = pair
        if not isinstance(gap, Integral) or isinstance(gap, bool) or gap < 1:
            raise ValueError(f"“{name}” has a gap {gap!r}: give whole numbers from 1 up")
        if int(gap) in points:
            raise ValueError(f"“{name}” has two points at a gap of {gap}")
        points[int(gap)] = check_share(accuracy, f"the accuracy of “{name}” at a gap of {gap}")
    if not points:
        raise ValueError(f"“{name}” has no points: give pairs (gap, accuracy)")
    return [[gap, points[gap]] for gap in sorted(points)]


def _check_number(what: str, names: Sequence[str], most: int) -> None:
    if len(set(names)) > most:
        raise ValueError(
            f"recall has {len(set(names))} {what}, {', '.join(dict.fromkeys(names))}: at most "
            f"{most} can be told apart"
        )


def check_share(share: object, what: str) -> float:
    """Return a share as a float, or say that it is none."""
    if not isinstance(share, Real) or not isfinite(share) or not 0 <= float(share) <= 1:
        raise ValueError(f"{what} is {share!r}: give a number from 0 to 1")
    return float(share)
