"""The residual stream of a small decoder over a text, part by part, and what is read on the way.

The figure holds the readings of a decoder in all cases that a reader can switch to;
`ResidualStream.stages` reads the same in Python.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.residual_data import (
    StreamText,
    cases_of,
    check_texts,
    pack_readings,
    read_text,
    unpack_readings,
)
from course_lib.figures.residual_numbers import Stage, stages_of
from course_lib.figures.residual_words import place_in_words

# What a chapter's cell needs.
__all__ = ["Preset", "ResidualStream", "StreamText", "read_text"]

# What a reader may change, and the buttons above the figure bring back. The text comes first: which
# places there are depends on it.
STATE = ("text", "off", "place")
START = "Choose a word, and go down its stream. Then switch a part off: what comes out now?"


class ResidualStream(Figure):
    """A text to choose a word of, its stream part by part, and what comes out.

    Attributes:
        texts: Dictionaries with label, model and words.
        n_layers: Blocks of the decoder.
        cases: What can be switched off: dictionaries with name and parts; the first is nothing.
        vocabulary: What word numbers in the readings mean.
        readings: All readings, as `pack_readings` writes them.
        text: Index of the text shown.
        off: Index of the case shown.
        place: Index of the word whose stream is shown.
    """

    texts = traitlets.List(traitlets.Dict()).tag(sync=True)
    n_layers = traitlets.Int().tag(sync=True)
    cases = traitlets.List(traitlets.Dict()).tag(sync=True)
    vocabulary = traitlets.List(traitlets.Unicode()).tag(sync=True)
    readings = traitlets.Bytes().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    off = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        texts: Sequence[StreamText],
        *,
        place: int = 0,
        presets: Sequence[Preset] = (),
        see: str = START,
        title: str = "The residual stream, part by part",
        description: str = (
            "A text to choose a word of. Below it stands the stream of that word after each "
            "attention and each feed-forward layer: its length, what the part added, at which "
            "angle, and which words could be read there. Parts can be switched off."
        ),
    ) -> None:
        """Pack the readings for the page.

        Args:
            texts: At least one, as `read_text` gives them, all read by decoders of one size.
            place: Index of the word shown first.
            presets: States worth seeing, each behind a button; values of the traits in `STATE`.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: The texts do not fit together, or a preset names no trait.
            traitlets.TraitError: An index points outside.
        """
        check_texts(texts)
        vocabulary, readings = pack_readings(texts)
        super().__init__(
            texts=[
                {"label": each.label, "model": each.model, "words": list(each.words)}
                for each in texts
            ],
            n_layers=texts[0].n_layers,
            cases=[
                {"name": name, "parts": list(parts)} for name, parts in cases_of(texts[0].n_layers)
            ],
            vocabulary=vocabulary,
            readings=readings,
            title=title,
            description=description,
        )
        self.place = place
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("text", "off", "place")
    def _check_index(self, proposal: dict[str, Any]) -> int:
        """Refuse what points outside: the page could only stop."""
        name, index = proposal["trait"].name, proposal["value"]
        n_choices = {
            "text": len(self.texts),
            "off": len(self.cases),
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

    def stages(self, place: int | None = None, off: int | None = None) -> tuple[Stage, ...]:
        """Return the stream of a word of the text shown: its embedding, and after each part.

        Args:
            place: Index of the word. None takes the one shown.
            off: Index of the case. None takes the one shown.
        """
        of_case = self._readings()[self.off if off is None else off]
        return stages_of(of_case[:, self.place if place is None else place], self.vocabulary)

    def next_shares(self, off: int | None = None) -> list[float]:
        """Return what comes out at each word for the one that follows it; 0 at the last.

        Args:
            off: Index of the case. None takes the one shown.
        """
        return [self.stages(place, off)[-1].next_share for place in range(len(self._words()))]

    def in_words(self) -> str:
        """Say what happens to the stream at the word shown, and what comes out."""
        case = self.cases[self.off]
        return place_in_words(
            self._words(),
            self.place,
            self.stages(),
            self.stages(off=0),
            case["name"] if case["parts"] else "",
        )

    def text_alternative(self) -> str:
        """Say what the texts are, and what happens at the word shown."""
        lines = [super().text_alternative()]
        lines += [
            f"{each['label']} ({each['model']}): {' '.join(each['words'])}" for each in self.texts
        ]
        return "\n".join([*lines, self.in_words()])

    def _words(self) -> list[str]:
        return self.texts[self.text]["words"]

    def _readings(self) -> np.ndarray:
        lengths = [len(each["words"]) for each in self.texts]
        return unpack_readings(self.readings, lengths, self.n_layers)[self.text]
