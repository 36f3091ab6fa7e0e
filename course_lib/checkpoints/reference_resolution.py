"""Train the encoder that resolves pronouns, and write its checkpoint.

    python -m course_lib.checkpoints.reference_resolution

On one machine, with one thread, the same seed gives the same weights bit for bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.analysis.attention_share import attention_share
from course_lib.checkpoints.provenance import origin
from course_lib.checkpoints.weights import save_checkpoint
from course_lib.data.reference_sentences import (
    VOCABULARY,
    Batch,
    Example,
    batches,
    held_out_examples,
    make_batch,
    same_gender_examples,
    train_examples,
)
from course_lib.models.reference_resolver import CHECKPOINT, ReferenceResolver
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
from course_lib.transformer import EncoderConfig

CONFIG = EncoderConfig(vocab_size=len(VOCABULARY), d_model=32, n_heads=4, n_layers=2, d_ff=16)
SEED = 0
"""Seed of the checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the encoder is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Questions in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's, strong on purpose. With one a hundred times weaker the model answers
            as well, but no head looks at the right noun in half of the sentences: attention left
            free need not point. Where large weights are dear, it comes to select by attention.
    """

    n_steps: int = 2500
    batch_size: int = 64
    learning_rate: float = 3e-3
    n_warmup: int = 20
    weight_decay: float = 1.2


SETTINGS = Settings()


def train_resolver(
    seed: int,
    on_step: Callable[[int, float], object] | None = None,
    settings: Settings = SETTINGS,
) -> ReferenceResolver:
    """Train a resolver from scratch.

    Args:
        seed: Of the initial weights and of the order of the sentences.
        on_step: Called after each step with the step and its loss.
        settings: How to train.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = ReferenceResolver(CONFIG, generator)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    train(
        model,
        batches(train_examples(), settings.batch_size, generator),
        naming_loss,
        optimizer,
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return model.eval()


def naming_loss(model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the word that each pronoun stands for."""
    return F.cross_entropy(model(batch.token_ids, batch.positions).logits, batch.targets)


def accuracy(
    model: ReferenceResolver,
    examples: Sequence[Example],
    head_gains: Float[Tensor, "L H"] | None = None,
) -> float:
    """Return the share of the pronouns that the model resolves."""
    batch = make_batch(examples)
    answers = model.answer(batch.token_ids, batch.positions, head_gains)
    return (answers == batch.targets).float().mean().item()


@torch.no_grad()
def preference(model: ReferenceResolver, examples: Sequence[Example]) -> float:
    """Return the share of the pronouns whose antecedent scores higher than its rival.

    The choice is between two words, so that guessing gives one half.
    """
    batch = make_batch(examples)
    logits = model(batch.token_ids, batch.positions).logits  # B V
    rows = torch.arange(len(logits))
    rivals = batch.token_ids[rows, batch.rivals]
    return (logits[rows, batch.targets] > logits[rows, rivals]).float().mean().item()


def head_shares(model: ReferenceResolver, examples: Sequence[Example]) -> Float[Tensor, "L H"]:
    """Return in what share of the sentences each head looks most at what the pronoun stands for."""
    batch = make_batch(examples)
    with torch.no_grad():
        layers = model(batch.token_ids, batch.positions).encoder.layers
    return attention_share(layers, batch.positions, batch.antecedents)


def describe(model: ReferenceResolver, seed: int) -> dict[str, Any]:
    """Say how a model was made and what it can do."""
    sat = [example for example in held_out_examples() if example.pattern == "sat"]
    return {
        "config": asdict(CONFIG),
        "settings": asdict(SETTINGS),
        "seed": seed,
        "metrics": {
            "held_out_accuracy": accuracy(model, held_out_examples()),
            "same_gender_preference": preference(model, same_gender_examples()),
            "best_head_share_sat": head_shares(model, sat).max().item(),
        },
        **origin("reference_resolution"),
    }


def main() -> None:
    """Train with the stated seed and write the checkpoint."""
    torch.set_num_threads(1)
    model = train_resolver(SEED)
    save_checkpoint(model, CHECKPOINT, describe(model, SEED))


if __name__ == "__main__":
    main()
