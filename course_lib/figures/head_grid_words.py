"""What the grid of heads says; `head_grid/words.js` says the same in the page."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from jaxtyping import Float
from torch import Tensor

from course_lib.figures.formats import fixed
from course_lib.figures.head_grid_numbers import HeadNumbers, PartScore, RelationScore

LEAST = 0.005  # a smaller weight would be written 0.00
SPACE = "\N{NO-BREAK SPACE}"  # keeps on one line what is read together


def short_name(head: int, n_heads: int) -> str:
    """Write layer and head, both counted from 1: "2.3".

    Args:
        head: Index among the heads of all layers.
        n_heads: Heads of a layer.
    """
    return f"{head // n_heads + 1}.{head % n_heads + 1}"


def long_name(head: int, n_heads: int) -> str:
    """Say layer and head: "Layer 2, head 3"."""
    layer, which = short_name(head, n_heads).split(".")
    return f"Layer {layer}, head {which}"


def place_in_words(
    words: Sequence[str],
    row: Float[Tensor, " T"],
    place: int,
    relations: Sequence[dict[str, Any]],
) -> str:
    """Say where a word looks in a head, and what is known of the word that comes next.

    Args:
        words: The text.
        row: The weights of the word that looks.
        place: Its place, from 0.
        relations: Dictionaries with name and pairs of places.
    """
    weights = row.tolist()
    looks = f"Word {place + 1} of {len(words)}, “{words[place]}”,"

    def named(at: int) -> str:
        return f"word {at + 1}, “{words[at]}”"

    if place == 0:
        where = f"{looks} has nothing before it: it looks at itself."
    else:
        order = sorted(range(place + 1), key=lambda at: -weights[at])
        first, second = order[:2]
        where = f"{looks} looks most at {named(first)} ({fixed(weights[first])})"
        if weights[second] >= LEAST:
            where += f", then at {named(second)} ({fixed(weights[second])})"
        where += "."
    known = [
        f"{named(target)} ({each['name']}), which gets {fixed(weights[target])}"
        for each in relations
        for source, target in each["pairs"]
        if source == place
    ]
    if not known:
        return where
    following = f"“{words[place + 1]}”" if place + 1 < len(words) else "the next word"
    return f"{where} Next comes {following}, related to {'; and to '.join(known)}."


def score_in_words(score: float) -> str:
    """Write a score, or a dash where the text has no place to measure it."""
    return "–" if isnan(score) else fixed(score)


def weight_below(weight: float, *, is_later: bool) -> str:
    """Write the weight below a word: a dash where none is possible, nothing if it would be 0.00."""
    if is_later:
        return "–"
    return fixed(weight) if weight >= LEAST else ""


def best_head(numbers: Sequence[float | int]) -> int:
    """Return the head with the largest number, of equal ones the first."""
    return max(range(len(numbers)), key=lambda head: (numbers[head], -head))


def measures(numbers: HeadNumbers, head: int, n_heads: int) -> list[list[str]]:
    """Write what is measured of a head: what, its number, the best head's, and a yardstick's.

    Args:
        numbers: What was measured of all heads.
        head: Index among the heads of all layers.
        n_heads: Heads of a layer.
    """
    return [_of_part(part, head, n_heads) for part in numbers.parts] + [
        _of_relation(kind, head, n_heads) for kind in numbers.relations
    ]


def _of_part(part: PartScore, head: int, n_heads: int) -> list[str]:
    if isnan(part.even):
        return [part.name, "–", "–", "no such place here"]
    best = best_head(part.scores)
    return [
        part.name,
        fixed(part.scores[head]),
        f"{fixed(part.scores[best])} {_named(best, n_heads)}",
        f"looking evenly: {fixed(part.even)}",
    ]


def _of_relation(kind: RelationScore, head: int, n_heads: int) -> list[str]:
    best = best_head(kind.found)
    rule = f"always {kind.offset} back" if kind.offset else "always at itself"
    by_head, by_best, by_rule = (
        SPACE.join([str(found), "of", str(kind.n_pairs)])
        for found in (kind.found[head], kind.found[best], kind.found_by_offset)
    )
    whose = _named(best, n_heads) if kind.found[best] else "(none)"
    return [kind.name, by_head, f"{by_best} {whose}", f"{rule}: {by_rule}"]


def _named(head: int, n_heads: int) -> str:
    return f"(head{SPACE}{short_name(head, n_heads)})"


def text_in_words(numbers: HeadNumbers, n_heads: int) -> str:
    """Say of a text which head plays each part best, and which finds most of the relations."""
    said = []
    for part in numbers.parts:
        if not isnan(part.even):
            best = best_head(part.scores)
            said.append(
                f"{part.name}: {fixed(part.scores[best])} by {long_name(best, n_heads).lower()}, "
                f"{fixed(part.even)} by looking evenly"
            )
    for kind in numbers.relations:
        name, _, by_best, by_rule = _of_relation(kind, 0, n_heads)
        said.append(f"{name}: {by_best}, {by_rule}")
    return f"{'; '.join(said)}."
