"""Train an LSTM to write a sequence backwards, with and without attention, and measure it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.data.reversal import ReversalBatch, ReversalTask
from course_lib.models.reverser import Reverser, ReverserConfig
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

TASK = ReversalTask(n_symbols=16)

D_EMBEDDING = 32
D_MODEL = {True: 64, False: 72}
"""Width of the state with and without attention, so that both have as many parameters."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a reverser is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Sequences in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        shortest: Longest sequence that may be drawn at the first step.
        longest: Longest sequence that may be drawn after the share of the steps below.
        share_of_growth: Share of the steps in which sequences grow.
    """

    n_steps: int = 800
    batch_size: int = 64
    learning_rate: float = 8e-3
    n_warmup: int = 20
    shortest: int = 4
    longest: int = 40
    share_of_growth: float = 0.6

    def longest_at(self, step: int) -> int:
        """Return the longest sequence that may be drawn at a step."""
        grown = min(1.0, step / (self.share_of_growth * self.n_steps))
        return int(self.shortest + (self.longest - self.shortest) * grown)


SETTINGS = Settings()


def train_reverser(
    attends: bool,
    seed: int,
    on_step: Callable[[int, float], object] | None = None,
    settings: Settings = SETTINGS,
) -> Reverser:
    """Train a reverser from scratch.

    Args:
        attends: Whether its writer looks back.
        seed: Of the initial weights and of the sequences.
        on_step: Called after each step with the step and its loss.
        settings: How to train.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    cfg = ReverserConfig(
        vocab_size=TASK.vocab_size,
        d_embedding=D_EMBEDDING,
        d_model=D_MODEL[attends],
        attends=attends,
    )
    model = Reverser(cfg, generator)
    train(
        model,
        TASK.batches(settings.batch_size, settings.longest_at, generator),
        writing_loss,
        torch.optim.AdamW(model.parameters(), lr=settings.learning_rate),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return model.eval()


def writing_loss(model: nn.Module, batch: ReversalBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the tokens to write."""
    logits = model(batch.source_ids, batch.told_ids).logits
    return F.cross_entropy(logits.flatten(0, 1), batch.target_ids.flatten())


def share_right(model: Reverser, length: int, n_sequences: int = 200) -> float:
    """Return the share of tokens that the model writes right when it goes on from its own tokens.

    The sequences are new ones, the same for every model.
    """
    batch = TASK.batch(n_sequences, length, torch.Generator().manual_seed(10_000 + length))
    written, _ = model.write(batch.source_ids, TASK.start_id)
    return (written == batch.target_ids).double().mean().item()
