"""The grid of heads: every head of a small causal model over a text, one of them large.

Axes: T words; heads are counted through all layers, layer by layer. The figure holds texts and
weights; its module computes in the reader's browser what each head looks at and how it scores, and
`HeadGrid.numbers` computes the same in Python.
"""

from collections.abc import Sequence
from typing import Any

import traitlets
from jaxtyping import Float
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.head_grid_data import (
    HeadText,
    check_texts,
    describe,
    pack_weights,
    unpack_weights,
)
from course_lib.figures.head_grid_numbers import HeadNumbers, measure_heads
from course_lib.figures.head_grid_words import long_name, place_in_words, text_in_words

# What a chapter's cell needs.
__all__ = ["HeadGrid", "HeadNumbers", "HeadText", "Preset"]

# What a reader may change, and the buttons above the figure bring back. The text comes first: which
# places there are depends on it.
STATE = ("text", "head", "place")
START = "Choose a head, then a word, and see where that word looks in that head."


class HeadGrid(Figure):
    """Small pictures of all heads, and the text, the weights and the measures of the chosen one.

    Attributes:
        texts: Dictionaries with label, model, words, relations and repeat, as `describe` writes
            them.
        n_layers: Number of layers.
        n_heads: Number of heads in a layer.
        weights: All weights, as `pack_weights` writes them.
        text: Index of the text shown.
        head: Index of the head shown large, among those of all layers.
        place: Index of the word that looks.
    """

    texts = traitlets.List(traitlets.Dict()).tag(sync=True)
    n_layers = traitlets.Int().tag(sync=True)
    n_heads = traitlets.Int().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        texts: Sequence[HeadText],
        *,
        head: int = 0,
        place: int = 0,
        presets: Sequence[Preset] = (),
        see: str = START,
        title: str = "Grid of heads",
        description: str = (
            "One small picture for each head of each layer shows how much each word looks at the "
            "words before it. One head is shown large, with the text, its weights and what is "
            "measured of it."
        ),
    ) -> None:
        """Check the texts and their weights, and pack them for the page.

        Args:
            texts: At least one, all read by models with as many layers and heads.
            head: Index of the head shown large first.
            place: Index of the word that looks first.
            presets: States worth seeing, each behind a button; values of the traits in `STATE`.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: A text does not fit its weights, or a preset names no trait.
            traitlets.TraitError: An index points outside.
        """
        n_layers, n_heads = check_texts(texts)
        super().__init__(
            texts=[describe(each) for each in texts],
            n_layers=n_layers,
            n_heads=n_heads,
            weights=pack_weights(texts),
            title=title,
            description=description,
        )
        self.head, self.place = head, place
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("text", "head", "place")
    def _check_index(self, proposal: dict[str, Any]) -> int:
        """Refuse what points outside: the page could only stop."""
        name, index = proposal["trait"].name, proposal["value"]
        n_choices = {
            "text": len(self.texts),
            "head": self.n_layers * self.n_heads,
            "place": len(self._words()),
        }[name]
        if not 0 <= index < n_choices:
            raise traitlets.TraitError(
                f"{name} {index} points outside: choose 0 to {n_choices - 1}"
            )
        return index

    @traitlets.observe("text")
    def _keep_place_inside(self, change: dict[str, Any]) -> None:
        """Go to the last word of a shorter text."""
        self.place = min(self.place, len(self.texts[change["new"]]["words"]) - 1)

    def numbers(self, text: int | None = None) -> HeadNumbers:
        """Compute what the figure says of the heads on a text.

        Args:
            text: Index of a text. None takes the one shown.
        """
        text = self.text if text is None else text
        shown = self.texts[text]
        return measure_heads(self.tables(text), shown["relations"], shown["repeat"])

    def tables(self, text: int | None = None) -> Float[Tensor, "H T T"]:
        """Return the weights that the figure shows, of the heads of all layers.

        Args:
            text: Index of a text. None takes the one shown.
        """
        lengths = [len(each["words"]) for each in self.texts]
        unpacked = unpack_weights(self.weights, lengths, self.n_layers * self.n_heads)
        return unpacked[self.text if text is None else text]

    def in_words(self, place: int | None = None) -> str:
        """Say where a word looks in the chosen head, as the figure says it.

        Args:
            place: Index of a word. None takes the one chosen.
        """
        place = self.place if place is None else place
        row, relations = self.tables()[self.head, place], self.texts[self.text]["relations"]
        said = place_in_words(self._words(), row, place, relations)
        return f"{long_name(self.head, self.n_heads)}. {said}"

    def text_alternative(self) -> str:
        """Say of each text which heads play which part best, and where the chosen word looks."""
        lines = [super().text_alternative()]
        for i, each in enumerate(self.texts):
            lines.append(
                f"{each['label']} ({each['model']}): {' '.join(each['words'])} "
                f"Best of {self.n_layers * self.n_heads} heads. "
                f"{text_in_words(self.numbers(i), self.n_heads)}"
            )
        lines.append(self.in_words())
        return "\n".join(lines)

    def _words(self) -> list[str]:
        return self.texts[self.text]["words"]
