"""The cache calculator: how large the keys and values of a public model get, against its weights.

The figure holds the shapes of public models and what the reader has chosen. Its module computes in
the reader's browser; `CacheCalculator.numbers` computes the same with `course_lib.kernels.memory`.
"""

from typing import Any

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.calculator_models import PublicModel, public_models
from course_lib.figures.calculator_numbers import CONTEXTS, CacheNumbers, CacheSetting, numbers_of
from course_lib.figures.calculator_words import in_words, speed_in_words
from course_lib.figures.choices import bounded, set_together, shape_named

# What a chapter's cell needs.
__all__ = ["CacheCalculator"]

FORMATS = [[4, "fp32: 4 bytes"], [2, "bf16: 2 bytes"], [1, "int8: 1 byte"], [0.5, "int4: ½ byte"]]
PATTERNS = [["1/1", "all"], ["1/2", "every second"], ["5/6", "5 of 6"]]
CARDS_GB = [16, 24, 80, 141]
# Smallest and largest of each number that a reader may type or drag.
LIMITS = {
    "n_layers": [1, 200],
    "d_head": [1, 1024],
    "window": [0, CONTEXTS[-1]],
    "batch_size": [1, 1024],
    "seq_len": [1, CONTEXTS[-1]],
    "bandwidth_gb_per_s": [1, 100_000],
}
_SHAPE = ("n_layers", "n_kv_heads", "d_head", "window", "window_pattern")

STATE = (
    *("model_name", *_SHAPE, "cache_bytes_each", "weight_bytes_each", "batch_size", "seq_len"),
    *("card_gb", "bandwidth_gb_per_s"),
)
START = "Choose a situation, or a model of your own below; then drag the batch and the context."
# Every situation begins from these.
_COMMON = {"cache_bytes_each": 2, "weight_bytes_each": 2, "card_gb": 80}


class CacheCalculator(Figure):
    """A model's shape to choose or change, batch and context to drag, and what the cache takes.

    Attributes:
        models: Shapes of public models.
        formats: Bytes of one number, and what the format is called.
        patterns: Which layers may have a window, and how that is called.
        cards: Memory sizes of cards to choose from, in GB.
        limits: Smallest and largest of each number that may be typed.
        model_name: Name of the public model that the reader began with.
        n_layers: Layers, each with a cache of its own.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        window: Positions that a layer with a window keeps; 0 if none has one.
        window_pattern: Which layers have it, as "of how many / in how many".
        cache_bytes_each: Bytes of one number of the cache.
        weight_bytes_each: Bytes of one parameter.
        batch_size: Sequences.
        seq_len: Tokens of each.
        card_gb: Memory of the card.
        bandwidth_gb_per_s: How much it reads a second, at best.
    """

    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    formats = traitlets.List(traitlets.List(), FORMATS).tag(sync=True)
    patterns = traitlets.List(traitlets.List(), PATTERNS).tag(sync=True)
    cards = traitlets.List(traitlets.Int(), CARDS_GB).tag(sync=True)
    limits = traitlets.Dict(LIMITS).tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    n_layers = bounded(LIMITS, "n_layers", 1)
    n_kv_heads = traitlets.Int(1, min=1).tag(sync=True)
    d_head = bounded(LIMITS, "d_head", 1)
    window = bounded(LIMITS, "window", 0)
    window_pattern = traitlets.Enum([pattern for pattern, _ in PATTERNS], "1/1").tag(sync=True)
    cache_bytes_each = traitlets.Enum([size for size, _ in FORMATS], 2).tag(sync=True)
    weight_bytes_each = traitlets.Enum([size for size, _ in FORMATS], 2).tag(sync=True)
    batch_size = bounded(LIMITS, "batch_size", 1)
    seq_len = bounded(LIMITS, "seq_len", 4096)
    card_gb = traitlets.Enum(CARDS_GB, 80).tag(sync=True)
    bandwidth_gb_per_s = bounded(LIMITS, "bandwidth_gb_per_s", 1000)

    def __init__(
        self,
        model_name: str = "LLaMA 3.1 8B",
        *,
        see: str = START,
        title: str = "The KV cache, against the weights and against the card",
        description: str = "A calculator: choose a public model, a batch and a context, and see "
        "how many bytes its keys and values take.",
        **settings: Any,  # noqa: ANN401 - each is checked by its trait
    ) -> None:
        """Begin with a public model.

        Args:
            model_name: Its name, as in `public_models`.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.
            settings: Values of other attributes; a size given here replaces the model's own.

        Raises:
            TypeError: There is no such setting.
            ValueError: There is no such model, or its query heads cannot share the key/value heads.
            traitlets.TraitError: A setting lies outside its limits.
        """
        if unknown := settings.keys() - {*STATE}:
            raise TypeError(f"the cache calculator has no setting {', '.join(sorted(unknown))}")
        super().__init__(
            models=[model.for_the_page() for model in public_models().values()],
            model_name=model_name,
            title=title,
            description=description,
            **_shape_of(shape_named(public_models(), model_name)) | settings,
        )
        self.setting()  # built here so that sizes that do not fit are refused here
        self.offer(see, situations(), restored=STATE)

    def choose(self, model_name: str, **settings: Any) -> None:  # noqa: ANN401 - see `__init__`
        """Go on with another public model, and with some settings changed.

        Raises:
            ValueError: There is no such model.
        """
        shape = _shape_of(shape_named(public_models(), model_name))
        set_together(self, {"model_name": model_name} | shape | settings)

    def setting(self) -> CacheSetting:
        """Return what the reader has chosen, with the parameters of a model of that shape."""
        terms = self.model_chosen.parameters
        heads = {"n_kv_heads": self.n_kv_heads, "d_head": self.d_head}
        return CacheSetting(
            **{name: getattr(self, name) for name in STATE[1:]},
            n_heads=self.model_chosen.n_heads,
            n_parameters=terms.total(n_layers=self.n_layers, **heads),
            n_unread=terms.unread(self.n_layers),
        )

    def numbers(self) -> CacheNumbers:
        """Compute what the figure shows now, the reader's changes included."""
        return numbers_of(self.setting())

    @property
    def model_chosen(self) -> PublicModel:
        """The public model that the reader began with."""
        return shape_named(public_models(), self.model_name)

    @property
    def shape_name(self) -> str:
        """What the shape is called: the model's name, and whether the reader has changed it."""
        own = _shape_of(self.model_chosen)
        changed = any(getattr(self, name) != value for name, value in own.items())
        return f"{self.model_name} with a changed shape" if changed else self.model_name

    def summary(self) -> str:
        """Say how large the cache is, against the weights and against the card."""
        return in_words(self.shape_name, self.model_chosen, self.setting(), self.numbers())

    def speed(self) -> str:
        """Say what a step reads, and the ceiling on tokens a second that follows."""
        return speed_in_words(self.model_chosen, self.setting(), self.numbers())

    def text_alternative(self) -> str:
        """Say in words what the figure computes."""
        return f"{super().text_alternative()}\n{self.summary()}\n{self.speed()}"


def _shape_of(model: PublicModel) -> dict[str, int | str]:
    return {name: getattr(model, name) for name in _SHAPE}


def _situation(label: str, ask: str, model_name: str, batch_size: int, seq_len: int) -> Preset:
    chosen = {"model_name": model_name, "batch_size": batch_size, "seq_len": seq_len}
    return Preset(
        label,
        ask,
        _shape_of(shape_named(public_models(), model_name)) | _COMMON | chosen,
        asks=True,
    )


def situations() -> tuple[Preset, ...]:
    """Return three situations to begin with, each with a question."""
    return (
        _situation(
            "A busy chat service",
            "Drag the context: where does the cache outgrow the weights? Then keep the cache in "
            "int8: how far does that point move?",
            "LLaMA 3.1 8B",
            batch_size=16,
            seq_len=32_768,
        ),
        _situation(
            "Heads that share nothing",
            "Each query head has a key/value head of its own. Let them share: how many sequences "
            "fit the card with 8 key/value heads, how many with 1?",
            "LLaMA 2 7B",
            batch_size=16,
            seq_len=4096,
        ),
        _situation(
            "A sliding window",
            "Each layer keeps the last 4,096 tokens only. Drag the context past that: what stops "
            "growing? Then let only every second layer have the window.",
            "Mistral 7B (v0.1)",
            batch_size=64,
            seq_len=32_768,
        ),
    )
