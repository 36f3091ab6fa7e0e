"""Accept and reject: a draft's word is judged by the target, and what comes out is counted.

The figure holds probabilities of two models; its module draws in the reader's browser, and
`SpeculativeDraft.numbers` computes the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.draft_numbers import RULES, DraftNumbers, blended
from course_lib.figures.draft_words import draft_in_words

# What a chapter's cell needs.
__all__ = ["Preset", "SpeculativeDraft", "TwoOpinions"]

MAX_WORDS = 10
MAX_DRAWS = 2000
MAX_DRAFTED = 12
MAX_SEED = 99
STATE = ("example", "quality", "n_drafted", "n_draws", "seed", "rule")
START = (
    "Draw once, and see whether the drafted word stands. Then draw a thousand times: the dots of "
    "what came out settle on the target’s bars, not on the draft’s."
)


@dataclass(frozen=True)
class TwoOpinions:
    """What two models say behind one text.

    Attributes:
        label: The text.
        words: What may come next.
        target: The target's probabilities; they sum to 1.
        draft: The draft's, each above 0.
    """

    label: str
    words: Sequence[str]
    target: Sequence[float]
    draft: Sequence[float]


class SpeculativeDraft(Figure):
    """Two bars and a dot for each word, and buttons that draw.

    Attributes:
        labels: The texts to choose from.
        vocabularies: Of each text, what may come next.
        targets: The target's probabilities.
        drafts: The draft's.
        rules: From what a fallen word can be replaced.
        example: Index of the text shown.
        quality: How far the draft is moved towards the target.
        n_drafted: How many tokens are drafted for one call.
        n_draws: How many words were drawn.
        seed: Chooses the random numbers.
        rule: Index of the rule.
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    vocabularies = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    targets = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    drafts = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    rules = traitlets.List(traitlets.Unicode(), list(RULES)).tag(sync=True)
    example = traitlets.Int(0, min=0).tag(sync=True)
    quality = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    n_drafted = traitlets.Int(4, min=1, max=MAX_DRAFTED).tag(sync=True)
    n_draws = traitlets.Int(1, min=1, max=MAX_DRAWS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=MAX_SEED).tag(sync=True)
    rule = traitlets.Int(0, min=0, max=len(RULES) - 1).tag(sync=True)

    def __init__(
        self,
        examples: Sequence[TwoOpinions],
        *,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "Speculative decoding: accept and reject",
        description: str = (
            "Bars show what a draft and a target say of the next word. Buttons draft a word and "
            "judge it; dots show how often each word has come out."
        ),
    ) -> None:
        """Check the distributions and pack them for the page.

        Args:
            examples: The texts to choose from; the first is shown first.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: There is no example, or one has too many words, as many of them as not of
                probabilities, or numbers that are no such distribution.
        """
        if not examples:
            raise ValueError("the figure needs at least one text")
        for each in examples:
            _check(each)
        super().__init__(
            labels=[each.label for each in examples],
            vocabularies=[list(each.words) for each in examples],
            targets=[list(each.target) for each in examples],
            drafts=[list(each.draft) for each in examples],
            title=title,
            description=description,
        )
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("example")
    def _check_example(self, proposal: traitlets.Bunch) -> int:
        if proposal.value >= len(self.labels):
            raise traitlets.TraitError(
                f"there is no text {proposal.value}; the last is {len(self.labels) - 1}"
            )
        return proposal.value

    def numbers(self) -> DraftNumbers:
        """Return the two distributions and the rule, as the reader has them now."""
        target, draft = self.targets[self.example], self.drafts[self.example]
        return DraftNumbers(target, blended(target, draft, self.quality), self.rule)

    def summary(self) -> str:
        """Say what the figure shows now."""
        numbers = self.numbers()
        return draft_in_words(
            self.vocabularies[self.example],
            numbers,
            self.n_drafted,
            numbers.draw(self.seed, self.n_draws - 1),
            self.n_draws,
        )

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"


def _check(each: TwoOpinions) -> None:
    if not 1 <= len(each.words) <= MAX_WORDS:
        raise ValueError(f"“{each.label}” has {len(each.words)} words: 1 to {MAX_WORDS} fit")
    for probs in (each.target, each.draft):
        if len(probs) != len(each.words) or not math.isclose(sum(probs), 1, abs_tol=1e-6):
            raise ValueError(
                f"“{each.label}” has {len(each.words)} words and {len(probs)} probabilities that "
                f"sum to {sum(probs):.4f}"
            )
    if min(each.target) < 0 or min(each.draft) <= 0:
        raise ValueError(f"“{each.label}” has a probability below 0, or a draft of exactly 0")
