"""The RoPE dial: a query and a key turn with their positions, and the score knows the difference.

Axes: Dh width of a head, two components a pair. The figure holds queries and keys; its module turns
them in the reader's browser, and `RopeDial.numbers` computes the same with `course_lib.rotary`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import traitlets
from jaxtyping import Float
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.formats import fixed, thousands
from course_lib.figures.rope_numbers import RopeNumbers, rope_numbers, scores_by_difference
from course_lib.figures.rope_words import SCORE_DECIMALS, rope_in_words

# What a chapter's cell needs.
__all__ = ["Preset", "QueryAndKey", "RopeDial", "RopeNumbers"]

REACH = 31  # last position that a slider of one arrow reaches, and the curve's end on both sides
MAX_SHIFT = 1000  # how far both may be moved together
MAX_PAIRS = 8  # more dials than this are not looked at
BASES = (10, 10_000, 500_000)  # a small one, that of Su et al. 2021, that of LLaMA 3
STATE = ("example", "query_at", "key_at", "shift", "base")
START = (
    "Each circle is a pair of numbers of the query and of the key. Move the query, and see the "
    "first pair race while the last hardly stirs. Then move both together."
)


@dataclass(frozen=True)
class QueryAndKey:
    """A query and a key before they are turned.

    Attributes:
        label: Their name in the figure.
        query: An even number of components (Dh), neighbours are a pair.
        key: As many.
    """

    label: str
    query: Float[Tensor, " Dh"] | Sequence[float]
    key: Float[Tensor, " Dh"] | Sequence[float]


class RopeDial(Figure):
    """A circle with two arrows for each pair, sliders for the positions, and the score's curve.

    Attributes:
        labels: Names of the choices of a query and a key.
        query_rows: The queries, by choice.
        key_rows: The keys, by choice.
        bases: The bases to choose from.
        reach: Last position of the sliders of query and key.
        max_shift: How far both may be moved together.
        example: Index of the query and the key shown.
        query_at: Position of the query before both are moved.
        key_at: Position of the key before both are moved.
        shift: By how much both are moved.
        base: The larger, the slower the last pairs turn.
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    query_rows = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    key_rows = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    bases = traitlets.List(traitlets.Int()).tag(sync=True)
    reach = traitlets.Int(REACH).tag(sync=True)
    max_shift = traitlets.Int(MAX_SHIFT).tag(sync=True)
    example = traitlets.Int().tag(sync=True)
    query_at = traitlets.Int().tag(sync=True)
    key_at = traitlets.Int().tag(sync=True)
    shift = traitlets.Int().tag(sync=True)
    base = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        examples: Sequence[QueryAndKey],
        *,
        positions: tuple[int, int] = (3, 1),
        base: int = 10_000,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "RoPE dial",
        description: str = (
            "A query and a key as arrows, one circle a pair of their components, turned by their "
            "positions. Sliders move one or both; a curve shows the score by their difference."
        ),
    ) -> None:
        """Check the vectors and pack them for the page.

        Args:
            examples: Queries and keys to choose from, all of one width; the first is shown first.
            positions: Where query and key stand at first.
            base: The base at first, one of `BASES`.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: There is no example, or one has an odd width, too many pairs, another width
                than the others or a component that is no number.
            traitlets.TraitError: A position or the base is not among those to choose from.
        """
        rows = [(_row(each.query, each.label), _row(each.key, each.label)) for each in examples]
        _check_widths([each.label for each in examples], rows)
        super().__init__(
            labels=[each.label for each in examples],
            query_rows=[query for query, _ in rows],
            key_rows=[key for _, key in rows],
            bases=list(BASES),
            title=title,
            description=description,
        )
        self.query_at, self.key_at = positions
        self.base = base
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("example", "query_at", "key_at", "shift")
    def _check_range(self, proposal: traitlets.Bunch) -> int:
        name, value = proposal.trait.name, proposal.value
        last = {"example": len(self.query_rows) - 1, "shift": self.max_shift}.get(name, self.reach)
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} {value} is out of reach: choose 0 to {last}")
        return value

    @traitlets.validate("base")
    def _check_base(self, proposal: dict[str, Any]) -> int:
        """Refuse a base that has no button."""
        if proposal["value"] not in self.bases:
            raise traitlets.TraitError(
                f"the base {proposal['value']} has no button: choose of {self.bases}"
            )
        return proposal["value"]

    def numbers(self, shift: int | None = None) -> RopeNumbers:
        """Compute what the figure shows.

        Args:
            shift: By how much both are moved. None takes what the slider says.
        """
        shift = self.shift if shift is None else shift
        places = self.query_at + shift, self.key_at + shift
        return rope_numbers(*self._vectors(), *places, self.base)

    def curve(self) -> dict[int, float]:
        """Return the score at each difference of positions, the query's minus the key's."""
        return scores_by_difference(*self._vectors(), self.reach, self.base)

    def in_words(self) -> str:
        """Say the score and where it comes from, as the figure does."""
        places = self.query_at, self.key_at
        return rope_in_words(self.numbers(), places, self.shift, self.numbers(0).score)

    def text_alternative(self) -> str:
        """Say the present score, and the score at some differences."""
        curve = self.curve()
        said = [
            f"{difference}: {fixed(curve[difference], SCORE_DECIMALS)}"
            for difference in sorted({0, 1, 2, 4, 8, 16, self.reach})
        ]
        return (
            f"{super().text_alternative()}\n{self.in_words()}\n"
            f"Score by difference of positions, base {thousands(self.base)}: {'; '.join(said)}."
        )

    def _vectors(self) -> tuple[list[float], list[float]]:
        return self.query_rows[self.example], self.key_rows[self.example]


def _row(vector: Float[Tensor, " Dh"] | Sequence[float], label: str) -> list[float]:
    row = [float(component) for component in vector]
    if not all(math.isfinite(component) for component in row):
        raise ValueError(f"“{label}” has a component that is not a finite number: {row}")
    return row


def _check_widths(labels: list[str], rows: list[tuple[list[float], list[float]]]) -> None:
    if not rows:
        raise ValueError("the RoPE dial needs at least one query and key")
    d_head = len(rows[0][0])
    if d_head % 2 or not 0 < d_head <= 2 * MAX_PAIRS:
        raise ValueError(
            f"“{labels[0]}” has {d_head} components: the dial shows 1 to {MAX_PAIRS} pairs"
        )
    for label, (query, key) in zip(labels, rows, strict=True):
        if not len(query) == len(key) == d_head:
            raise ValueError(
                f"“{label}” has a query of {len(query)} and a key of {len(key)} components; "
                f"the first query has {d_head}"
            )
