"""Where the words of a text go among the experts of each layer, and who finds no room.

The figure holds what the routers of some models said; its module chooses and counts in the
reader's browser, and `ExpertRouter.numbers` does the same.
"""

from collections.abc import Sequence

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.router_data import RoutedText, RouterModel, read_text
from course_lib.figures.router_numbers import RouterNumbers
from course_lib.figures.router_words import router_in_words

# What a chapter's cell needs.
__all__ = ["ExpertRouter", "Preset", "RoutedText", "RouterModel", "read_text"]

MAX_EXPERTS = 8  # as many colours can be told apart
MAX_LAYERS = 3
MAX_WORDS = 40
LEAST_FACTOR = 0.5
STATE = ("text", "model", "word", "factor")
START = (
    "Below each word stand the experts that it asks, the more important one first: those of layer "
    "1, and under them those of layer 2. Choose words of one kind, and compare."
)


class ExpertRouter(Figure):
    """The words of a text with their experts, and bars that say how the work is spread.

    Attributes:
        labels: The texts to choose from.
        texts: Their words.
        scores: For each text and model, what the router of each layer said of each word.
        model_names: How the models were trained.
        shares: For each model and layer, the experts' shares over many texts.
        n_chosen: How many experts a word asks.
        among_all: Whether an expert counts as much as its probability among all experts, or those
            that a word asks share it out among themselves.
        text: Index of the text shown.
        model: Index of the model shown.
        word: Place of the word that is spoken of.
        factor: How much room there is: at 1 just enough if all experts are used alike.
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    texts = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    model_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shares = traitlets.List().tag(sync=True)
    n_chosen = traitlets.Int(2, min=1).tag(sync=True)
    among_all = traitlets.Bool(default_value=True).tag(sync=True)
    text = traitlets.Int(0, min=0).tag(sync=True)
    model = traitlets.Int(0, min=0).tag(sync=True)
    word = traitlets.Int(0, min=0).tag(sync=True)
    factor = traitlets.Float(LEAST_FACTOR, min=LEAST_FACTOR).tag(sync=True)

    def __init__(
        self,
        texts: Sequence[RoutedText],
        models: Sequence[RouterModel],
        *,
        n_chosen: int = 2,
        among_all: bool = True,
        word: int = 0,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "Words, and the experts that they ask",
        description: str = (
            "The words of a text, each with the numbers of the experts that it is sent to in each "
            "layer. Bars show how many words each expert is asked by."
        ),
    ) -> None:
        """Check the texts and pack them for the page.

        Args:
            texts: The texts to choose from; the first is shown first.
            models: The models that have read them.
            n_chosen: How many experts a word asks.
            among_all: How the experts are weighed; see the trait.
            word: Place of the word that is spoken of at first.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: There is no text or no model, there are too many words, layers or experts,
                or the sizes do not fit each other.
        """
        _check(texts, models, n_chosen)
        super().__init__(
            labels=[each.label for each in texts],
            texts=[list(each.words) for each in texts],
            scores=[each.scores for each in texts],
            model_names=[each.name for each in models],
            shares=[each.shares for each in models],
            n_chosen=n_chosen,
            among_all=among_all,
            title=title,
            description=description,
        )
        self.word, self.factor = word, self.most_factor
        self.offer(see, presets, restored=STATE)

    @property
    def most_factor(self) -> float:
        """The factor at which every expert could take every word."""
        return len(self.shares[0][0]) / self.n_chosen

    @traitlets.validate("text")
    def _check_text(self, proposal: traitlets.Bunch) -> int:
        return _within(proposal.value, len(self.labels), "text")

    @traitlets.validate("model")
    def _check_model(self, proposal: traitlets.Bunch) -> int:
        return _within(proposal.value, len(self.model_names), "model")

    @property
    def place(self) -> int:
        """Place of the word that is spoken of: `word`, or the last where the text is shorter."""
        return min(self.word, len(self.texts[self.text]) - 1)

    def numbers(self) -> RouterNumbers:
        """Return where the words go, as the reader has it now."""
        scores = self.scores[self.text][self.model]
        return RouterNumbers(scores, self.n_chosen, self.factor, self.among_all)

    def summary(self) -> str:
        """Say what the figure shows now."""
        return router_in_words(self.texts[self.text], self.numbers(), self.place)

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"


def _within(value: int, end: int, noun: str) -> int:
    if value >= end:
        raise traitlets.TraitError(f"there is no {noun} {value}; the last is {end - 1}")
    return value


def _check(texts: Sequence[RoutedText], models: Sequence[RouterModel], n_chosen: int) -> None:
    if not texts or not models:
        raise ValueError("the figure needs at least one text and one model")
    shape = len(models[0].shares), len(models[0].shares[0])
    if not (1 <= shape[0] <= MAX_LAYERS and n_chosen <= shape[1] <= MAX_EXPERTS):
        raise ValueError(
            f"{shape[0]} layers of {shape[1]} experts cannot be shown: at most {MAX_LAYERS} and "
            f"{MAX_EXPERTS} can, and at least {n_chosen} experts"
        )
    for model in models:
        if [len(layer) for layer in model.shares] != [shape[1]] * shape[0]:
            raise ValueError(f"“{model.name}” has other layers or experts than “{models[0].name}”")
    for text in texts:
        if not 1 <= len(text.words) <= MAX_WORDS:
            raise ValueError(f"“{text.label}” has {len(text.words)} words: 1 to {MAX_WORDS} fit")
        due = [[[shape[1]] * len(text.words)] * shape[0]] * len(models)
        if [[[len(row) for row in layer] for layer in each] for each in text.scores] != due:
            raise ValueError(
                f"the scores of “{text.label}” are not those of {len(models)} models, "
                f"{shape[0]} layers, {len(text.words)} words and {shape[1]} experts"
            )
