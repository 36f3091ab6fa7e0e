"""The alignment explorer: where a writer looked in what it read, and recall against the gap.

Axes: T letters read, and as many written. The figure holds the letters and the weights; its module
computes in the reader's browser where each letter looked most and how many lie on the
anti-diagonal, and `AlignmentExplorer.numbers` computes the same in Python.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from course_lib.figures.alignment_data import (
    check_examples,
    check_share,
    pack_weights,
    recall_lines,
)
from course_lib.figures.alignment_numbers import AlignmentNumbers, align
from course_lib.figures.alignment_presets import at_the_slip, in_two_plans, the_longest
from course_lib.figures.alignment_words import (
    example_in_words,
    recall_in_words,
    row_in_words,
    wrong_in_words,
)
from course_lib.figures.base import Figure

# What a chapter's cell needs.
__all__ = ["AlignmentExplorer", "AlignmentNumbers"]

# What a reader may change, and the buttons above the figure bring back. The example comes first:
# which rows there are depends on it.
STATE = ("example", "row", "readers", "plans", "gap")
START = (
    "Go along the letters that were written, and follow the lines to where the network looked. "
    "Then choose another length."
)


class AlignmentExplorer(Figure):
    """Lines from a written letter to those it looked at, all weights, and curves of recall.

    Attributes:
        sources: The letters read, by example.
        expected: The letters that were due, by example.
        produced: The letters written, by example.
        weights: The weights of one example after the other, row by row, as little-endian float32.
        lines: Accuracy against gap: dictionaries with name, reader, plan and points.
        yardsticks: Levels to compare with: dictionaries with name and level.
        example: Index of the example shown.
        row: Index of the letter whose looking is shown.
        readers: The readers whose lines are drawn.
        plans: The plans of training whose lines are drawn.
        gap: The gap at which the lines are read off.
    """

    sources = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    expected = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    produced = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    lines = traitlets.List(traitlets.Dict()).tag(sync=True)
    yardsticks = traitlets.List(traitlets.Dict()).tag(sync=True)
    example = traitlets.Int().tag(sync=True)
    row = traitlets.Int().tag(sync=True)
    readers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    plans = traitlets.List(traitlets.Unicode()).tag(sync=True)
    gap = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        examples: Sequence[Mapping[str, Any]],
        recall: Mapping[str, Sequence[Any]],
        *,
        yardsticks: Mapping[str, Any] | None = None,
        title: str = "Alignment explorer",
        description: str = (
            "Lines lead from each letter that a network wrote to the letters it looked at. Below, "
            "curves show how often readers recall a value across a gap."
        ),
    ) -> None:
        """Check the examples and the curves, and pack them for the page.

        Args:
            examples: Sequences that a network wrote backwards, each of another length: `source`,
                `expected` and `produced` are lists of letters, `weights` has one row for each
                letter written and one column for each letter read.
            recall: Pairs of gap and accuracy by name of the line, "reader, plan".
            yardsticks: Levels that the curves are compared with, by name, such as chance.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: An example does not fit together, or a curve is empty or out of range.
        """
        check_examples(examples)
        lines = recall_lines(recall)
        super().__init__(
            sources=[list(each["source"]) for each in examples],
            expected=[list(each["expected"]) for each in examples],
            produced=[list(each["produced"]) for each in examples],
            weights=pack_weights(examples),
            lines=lines,
            yardsticks=[
                {"name": str(name), "level": check_share(level, f"the level of “{name}”")}
                for name, level in (yardsticks or {}).items()
            ],
            title=title,
            description=description,
        )
        # The second length, if there is one, has room for lines and yet something to see.
        self.example = min(1, len(examples) - 1)
        self.readers = list(dict.fromkeys(line["reader"] for line in lines))
        self.plans = list(dict.fromkeys(line["plan"] for line in lines))
        gaps = self.gaps()
        self.gap = gaps[len(gaps) // 2]
        numbers = [self.numbers(i) for i in range(len(examples))]
        presets = [the_longest(self.produced), at_the_slip(self.expected, self.produced, numbers)]
        presets.append(in_two_plans(lines))
        self.offer(START, [each for each in presets if each], restored=STATE)

    @traitlets.validate("example", "row")
    def _check_index(self, proposal: dict[str, Any]) -> int:
        """Refuse what points outside: the page could only stop."""
        name, index = proposal["trait"].name, proposal["value"]
        n_choices = len(self.sources if name == "example" else self.sources[self.example])
        if not 0 <= index < n_choices:
            raise traitlets.TraitError(
                f"{name} {index} points outside: choose 0 to {n_choices - 1}"
            )
        return index

    @traitlets.observe("example")
    def _keep_row_inside(self, change: dict[str, Any]) -> None:
        """Go to the last letter of a shorter example."""
        self.row = min(self.row, len(self.sources[change["new"]]) - 1)

    @traitlets.validate("readers", "plans")
    def _check_names(self, proposal: dict[str, Any]) -> list[str]:
        """Refuse names that no line has."""
        part = proposal["trait"].name.removesuffix("s")
        known = {line[part] for line in self.lines}
        if unknown := [name for name in proposal["value"] if name not in known]:
            raise traitlets.TraitError(
                f"no line has the {part} {unknown[0]!r}: choose of {sorted(known)}"
            )
        return proposal["value"]

    @traitlets.validate("gap")
    def _check_gap(self, proposal: dict[str, Any]) -> int:
        """Refuse a gap at which nothing was measured."""
        if proposal["value"] not in self.gaps():
            raise traitlets.TraitError(
                f"nothing was measured at a gap of {proposal['value']}: choose of {self.gaps()}"
            )
        return proposal["value"]

    def numbers(self, example: int | None = None) -> AlignmentNumbers:
        """Compute what the figure shows of an example.

        Args:
            example: Index of an example. None takes the one shown.
        """
        example = self.example if example is None else example
        table = self._table(example)
        return align(self.expected[example], self.produced[example], table)

    def gaps(self) -> list[int]:
        """Return all gaps at which a line has a point, the smallest first."""
        return sorted({int(gap) for line in self.lines for gap, _ in line["points"]})

    def recall_at(self, gap: int | None = None) -> dict[str, float | None]:
        """Return the accuracy of each line that is drawn, by name; None where it has no point.

        Args:
            gap: A gap. None takes the one at which the figure is read off.
        """
        gap = self.gap if gap is None else gap
        return {
            line["name"]: dict(line["points"]).get(gap)
            for line in self.lines
            if line["reader"] in self.readers and line["plan"] in self.plans
        }

    def in_words(self, row: int | None = None) -> str:
        """Say where a letter looked, and what the example shows as a whole, as the figure does.

        Args:
            row: Index of a letter written. None takes the one chosen.
        """
        row, at, numbers = self.row if row is None else row, self.example, self.numbers()
        table = self._table(at)
        on_line = float(table[row, len(table) - 1 - row])
        letters = self.sources[at], self.expected[at], self.produced[at]
        return f"{row_in_words(*letters, numbers, row, on_line)} {example_in_words(numbers)}"

    def text_alternative(self) -> str:
        """Say what each example and each curve shows."""
        said = [super().text_alternative()]
        for i, (source, expected, written) in enumerate(
            zip(self.sources, self.expected, self.produced, strict=True)
        ):
            numbers = self.numbers(i)
            said.append(
                f"{len(source)} letters: read {' '.join(source)}; written {' '.join(written)}. "
                f"{example_in_words(numbers)} {wrong_in_words(expected, written, numbers)}"
            )
        said += [recall_in_words(gap, self.recall_at(gap)) for gap in self.gaps()]
        return "\n".join(said)

    def _table(self, example: int) -> np.ndarray:
        """Unpack the weights of an example."""
        lengths = [len(source) for source in self.sources]
        start = sum(length**2 for length in lengths[:example])
        flat = np.frombuffer(self.weights, dtype="<f4")[start : start + lengths[example] ** 2]
        return flat.astype(np.float64).reshape(lengths[example], -1)
