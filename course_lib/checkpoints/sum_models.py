"""Small models that add: at once, with a scratchpad, or with a calculator.

How they are trained and loaded; `checkpoints.sum_runs` trains them and records what they can do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from course_lib.checkpoints.decoders import read_decoder
from course_lib.checkpoints.weights import (
    FOLDER,
)
from course_lib.data.arithmetic import (
    VOCAB_SIZE,
    Writer,
    answer_only,
    scratchpad,
    sum_batches,
    tool_use_with_failures,
)
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.answer_loss import answer_loss
from course_lib.training.small_models import begin_quietly, train_small

FORMS = ("answer", "scratchpad", "tool")
MODELS = (*FORMS, "scratchpad_early")
"""Of the scratchpad an early state is kept too: often right, often wrong."""

CONFIG = DecoderConfig(
    vocab_size=VOCAB_SIZE,
    d_model=80,
    n_heads=4,
    n_layers=3,
    d_ff=320,
    positions="rotary",
    max_seq_len=128,
)


@dataclass(frozen=True, kw_only=True)
class SumSettings:
    """How a model is trained.

    Attributes:
        n_steps: Number of batches of scratchpads.
        n_tool_steps: Number of batches of calls.
        n_answer_steps: Number of batches where only the answer is written.
        n_early: After how many steps the early state of the scratchpad is kept.
        batch_size: Sums in a batch.
        longest: Most digits of a number.
        failing: Share of traces in which the calculator fails.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        residual_scale: Factor on the first weights of what writes to the residual stream.
    """

    n_steps: int = 3200
    n_tool_steps: int = 2000
    n_answer_steps: int = 3200
    n_early: int = 800
    batch_size: int = 24
    longest: int = 6
    failing: float = 0.1
    learning_rate: float = 4e-3
    n_warmup: int = 50
    weight_decay: float = 0.01
    residual_scale: float = 0.1

    def steps(self, form: str) -> int:
        """Return the number of batches for a form."""
        own = {"answer": self.n_answer_steps, "tool": self.n_tool_steps}
        return own.get(form, self.n_steps)


SETTINGS = SumSettings()


def path_of(model: str) -> Path:
    """Return where a model's weights lie.

    Raises:
        ValueError: There is no such model.
    """
    if model not in MODELS:
        raise ValueError(f"there is no model {model!r}; there are {', '.join(MODELS)}")
    return FOLDER / f"sums_{model}.safetensors"


def train_sums(
    form: str,
    seed: int,
    settings: SumSettings = SETTINGS,
    cfg: DecoderConfig = CONFIG,
    on_step: Callable[[int, float, Decoder], object] | None = None,
) -> Decoder:
    """Train a decoder on sums that are written out in one form.

    Args:
        form: One of `FORMS`.
        seed: Of the initial weights and of the sums.
        settings: How to train.
        cfg: Sizes of the decoder.
        on_step: Called after each step with the step, its loss and the model.

    Returns:
        The model, in evaluation mode.

    Raises:
        ValueError: There is no such form.
    """
    generator = torch.Generator().manual_seed(seed)
    write = _writer(form, settings, generator)
    # Embeddings of length 1 at the start: tied to the output, they then give logits near 1.
    model = Decoder(cfg, generator, spread=cfg.d_model**-0.5)
    begin_quietly(model, settings.residual_scale)
    return train_small(
        model,
        sum_batches(write, settings.batch_size, generator, settings.longest),
        answer_loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.steps(form),
        n_warmup=settings.n_warmup,
        weight_decay=settings.weight_decay,
        on_step=None if on_step is None else lambda step, loss: on_step(step, loss, model),
    )


def load_adder(model: str, path: Path | None = None) -> CachingDecoder:
    """Build a trained model from its files, in single precision and ready to write.

    Args:
        model: One of `MODELS`.
        path: Its weights; None for those of the course. The sizes stand in the JSON file beside.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the files is not there.
        ValueError: There is no such model, or a file is damaged.
    """
    return CachingDecoder(read_decoder(path or path_of(model)))


def _writer(form: str, settings: SumSettings, generator: torch.Generator) -> Writer:
    match form:
        case "answer":
            return answer_only
        case "scratchpad":
            return scratchpad
        case "tool":
            return tool_use_with_failures(settings.failing, generator)
    raise ValueError(f"there is no form {form!r}; there are {', '.join(FORMS)}")
