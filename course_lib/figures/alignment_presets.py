"""What is worth seeing in an alignment explorer: found in its data, so that the words are true."""

from collections.abc import Sequence
from typing import Any

from course_lib.figures.alignment_numbers import AlignmentNumbers
from course_lib.figures.base import Preset
from course_lib.figures.formats import fixed


def the_longest(produced: Sequence[Sequence[str]]) -> Preset | None:
    """Show the longest example from its first letter on."""
    if len(produced) == 1:
        return None
    longest = max(range(len(produced)), key=lambda i: len(produced[i]))
    n_letters = len(produced[longest])
    return Preset(
        f"{n_letters} letters",
        f"What is written first was read last: place {n_letters}. Follow the squares down the "
        "table of weights: does each row keep to the line?",
        {"example": longest, "row": 0},
    )


def at_the_slip(
    expected: Sequence[Sequence[str]],
    produced: Sequence[Sequence[str]],
    numbers: Sequence[AlignmentNumbers],
) -> Preset | None:
    """Show the first wrong letter of the longest example that has one."""
    slips = [i for i, each in enumerate(numbers) if not all(each.right)]
    if not slips:
        return None
    example = max(slips, key=lambda i: len(produced[i]))
    row = numbers[example].right.index(False)
    wrote, due = produced[example][row], expected[example][row]
    return Preset(
        "A slip",
        f"Letter {row + 1} is “{wrote}”, and “{due}” was due. Where did the network look then, "
        "and where for the letters before and after?",
        {"example": example, "row": row},
    )


def in_two_plans(lines: Sequence[dict[str, Any]]) -> Preset | None:
    """Show the reader to whom the plan of training makes the largest difference at a gap."""
    by_reader: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_reader.setdefault(line["reader"], []).append(line)
    found: list[tuple[float, int, list[dict[str, Any]]]] = []
    for pair in by_reader.values():
        if len(pair) == 2:  # noqa: PLR2004 - a pair
            first, second = (dict(line["points"]) for line in pair)
            found += [(abs(first[g] - second[g]), g, pair) for g in first if g in second]
    if not found:
        return None
    _, gap, pair = max(found, key=lambda each: each[0])
    said = [f"{fixed(dict(line['points'])[gap])} with {line['plan']}" for line in pair]
    return Preset(
        "One reader, two plans",
        f"{pair[0]['reader']}, right answers at a gap of {gap}: {said[0]}, {said[1]}. The network "
        "is the same; only the order of its training differs.",
        {"readers": [pair[0]["reader"]], "gap": gap},
    )
