"""The parameter calculator: how many parameters a Transformer has, and in which of its parts.

The figure holds the shapes of public models and what the reader has chosen. Its module computes in
the reader's browser; `ParameterCalculator.numbers` computes the same in Python.
"""

from dataclasses import asdict, replace
from typing import Any

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.choices import bounded, set_together, shape_named
from course_lib.figures.parameter_models import (
    ATTENTION_BIASES,
    NORMS,
    POSITIONS,
    ModelShape,
    public_shapes,
)
from course_lib.figures.parameter_numbers import ParameterNumbers, numbers_of
from course_lib.figures.parameter_words import flops_in_words, in_words

# What a chapter's cell needs.
__all__ = ["ParameterCalculator"]

# Smallest and largest of each number that a reader may type or drag.
LIMITS = {
    "n_layers": [1, 200],
    "d_model": [1, 65_536],
    "n_heads": [1, 256],
    "d_head": [1, 1024],
    "d_ff": [1, 262_144],
    "vocab_size": [1, 1_000_000],
    "max_seq_len": [1, 1_048_576],
    "n_experts": [1, 256],
    "n_chosen": [1, 256],
    "seq_len": [1, 1_048_576],
}
SIZES = (
    *("n_layers", "d_model", "n_heads", "n_kv_heads", "d_head", "d_ff", "vocab_size"),
    *("max_seq_len", "n_experts", "n_chosen", "tied", "ffn_bias", "gated"),
    *("attention_bias", "norm", "positions"),
)
"""What a reader may change of a shape."""

STATE = ("model_name", *SIZES, "seq_len")
START = "Choose a model below, then change one size at a time: which part grows?"


class ParameterCalculator(Figure):
    """A model's shape to choose or change, and its parameters part by part.

    Attributes:
        models: Shapes of public models.
        limits: Smallest and largest of each number that may be typed.
        model_name: Name of the public model that the reader began with.
        n_layers: See `ModelShape`, as for the other sizes.
        d_model: Width of the residual stream.
        n_heads: Query heads of a layer.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        d_ff: Width between the projections of a feed-forward layer.
        vocab_size: Number of different tokens.
        max_seq_len: Longest sequence.
        n_experts: Feed-forward layers that a token chooses from.
        n_chosen: How many of them it visits.
        tied: Whether the token embeddings also score the next token.
        ffn_bias: Whether the feed-forward layers add biases.
        gated: Whether they have gates.
        attention_bias: Which projections of attention add a bias.
        norm: The kind of normalisation.
        positions: How positions are told.
        seq_len: Tokens that a token looks at, for the operations.
    """

    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    limits = traitlets.Dict(LIMITS).tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    n_layers = bounded(LIMITS, "n_layers", 1)
    d_model = bounded(LIMITS, "d_model", 1)
    n_heads = bounded(LIMITS, "n_heads", 1)
    n_kv_heads = traitlets.Int(1, min=1).tag(sync=True)
    d_head = bounded(LIMITS, "d_head", 1)
    d_ff = bounded(LIMITS, "d_ff", 1)
    vocab_size = bounded(LIMITS, "vocab_size", 1)
    max_seq_len = bounded(LIMITS, "max_seq_len", 1)
    n_experts = bounded(LIMITS, "n_experts", 1)
    n_chosen = bounded(LIMITS, "n_chosen", 1)
    tied = traitlets.Bool(default_value=False).tag(sync=True)
    ffn_bias = traitlets.Bool(default_value=False).tag(sync=True)
    gated = traitlets.Bool(default_value=False).tag(sync=True)
    attention_bias = traitlets.Enum(ATTENTION_BIASES, "none").tag(sync=True)
    norm = traitlets.Enum(NORMS, "layer").tag(sync=True)
    positions = traitlets.Enum(POSITIONS, "learned").tag(sync=True)
    seq_len = bounded(LIMITS, "seq_len", 1024)

    def __init__(
        self,
        model_name: str = "GPT-2 small",
        *,
        see: str = START,
        title: str = "Where the parameters are",
        description: str = "A calculator: choose a public model or sizes of your own, and see how "
        "many parameters each part has, the bytes they take, and the operations of a token.",
        **settings: Any,  # noqa: ANN401 - each is checked by its trait
    ) -> None:
        """Begin with a public model.

        Args:
            model_name: Its name, as in `public_shapes`.
            see: What there is to see and to try at the start.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.
            settings: Values of other attributes; a size given here replaces the model's own.

        Raises:
            TypeError: There is no such setting.
            ValueError: There is no such model, or its heads or experts do not fit together.
            traitlets.TraitError: A setting lies outside its limits.
        """
        if unknown := settings.keys() - {*STATE}:
            raise TypeError(f"the parameter calculator has no setting {', '.join(sorted(unknown))}")
        super().__init__(
            models=[{"name": name} | asdict(shape) for name, shape in public_shapes().items()],
            model_name=model_name,
            title=title,
            description=description,
            **_sizes_of(shape_named(public_shapes(), model_name)) | settings,
        )
        self.shape()  # built here so that sizes that do not fit are refused here
        self.offer(see, situations(), restored=STATE)

    def choose(self, model_name: str, **settings: Any) -> None:  # noqa: ANN401 - see `__init__`
        """Go on with another public model, and with some settings changed.

        Raises:
            ValueError: There is no such model.
        """
        sizes = _sizes_of(shape_named(public_shapes(), model_name))
        set_together(self, {"model_name": model_name} | sizes | settings)

    def shape(self) -> ModelShape:
        """Return the shape that the reader has chosen.

        Raises:
            ValueError: Its heads or its experts do not fit together.
        """
        return replace(
            shape_named(public_shapes(), self.model_name),
            **{name: getattr(self, name) for name in SIZES},
        )

    def numbers(self) -> ParameterNumbers:
        """Compute what the figure shows now, the reader's changes included."""
        return numbers_of(self.shape(), self.seq_len)

    @property
    def shape_name(self) -> str:
        """What the shape is called: the model's name, and whether the reader has changed it."""
        is_changed = self.shape() != shape_named(public_shapes(), self.model_name)
        return f"{self.model_name} with a changed shape" if is_changed else self.model_name

    def summary(self) -> str:
        """Say how many parameters there are, where, and how many bytes they take."""
        return in_words(self.shape_name, self.shape(), self.numbers())

    def operations(self) -> str:
        """Say how many operations a token takes."""
        return flops_in_words(self.shape(), self.numbers(), self.seq_len)

    def text_alternative(self) -> str:
        """Say in words what the figure computes."""
        return f"{super().text_alternative()}\n{self.summary()}\n{self.operations()}"


def _sizes_of(shape: ModelShape) -> dict[str, int | str | bool]:
    return {name: getattr(shape, name) for name in SIZES}


def _situation(label: str, ask: str, model_name: str) -> Preset:
    chosen = {"model_name": model_name, "seq_len": 1024}
    return Preset(
        label, ask, _sizes_of(shape_named(public_shapes(), model_name)) | chosen, asks=True
    )


def situations() -> tuple[Preset, ...]:
    """Return three situations to begin with, each with a question."""
    return (
        _situation(
            "A small model's words",
            "Nearly a third of GPT-2 small are embeddings. Double the layers, then the width: how "
            "does that share change? Then give the head weights of its own.",
            "GPT-2 small",
        ),
        _situation(
            "Gates and shared heads",
            "Take the gates away, and type 16512 for the feed-forward width, half as much again: "
            "what changes? Then choose 8 key/value heads in the rest of its shape.",
            "LLaMA 2 7B",
        ),
        _situation(
            "Experts",
            "How much of the model does one token meet? In the rest of its shape let it visit one "
            "expert, then all eight: do the parameters change, do the operations?",
            "Mixtral 8x7B",
        ),
    )
