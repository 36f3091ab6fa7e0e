"""Decoders of one layer that learn the facts of villages by heart: of experts, and dense ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.data.village_facts import VOCAB_SIZE, Questions, all_questions, question_batches
from course_lib.decoder import Decoder
from course_lib.models.expert_decoder import (
    ExpertDecoderConfig,
    build_expert_decoder,
    dense_width,
    with_balance,
)
from course_lib.training.small_models import train_small

EXPERTS = (4, 8, 16)
"""How many experts a layer has; two of them are visited."""
COEFFICIENT = 0.01
"""Factor on the loss for uneven use; Fedus et al. 2022 (arXiv:2101.03961) use the same."""


@dataclass(frozen=True, kw_only=True)
class VillageTrial:
    """One way to build and train a decoder of one layer.

    Attributes:
        n_experts: How many experts there are; 1 is a dense layer.
        d_ff: Width of the dense layer, or of each expert.
        n_chosen: How many experts a position visits.
        among_all: How the chosen experts are weighed; see `ExpertDecoderConfig`.
        coefficient: Factor on the loss for uneven use.
        n_villages: Of how many villages it learns the facts.
        n_steps: Number of batches.
        batch_size: Questions in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
    """

    n_experts: int
    d_ff: int
    n_chosen: int = 1
    among_all: bool = False
    coefficient: float = 0.0
    n_villages: int = 8
    n_steps: int = 2000
    batch_size: int = 128
    learning_rate: float = 1e-2
    n_warmup: int = 50


def config_of(trial: VillageTrial) -> ExpertDecoderConfig:
    """Return the sizes of the decoder."""
    return ExpertDecoderConfig(
        vocab_size=VOCAB_SIZE,
        d_model=32,
        n_heads=4,
        n_layers=1,
        d_ff=trial.d_ff,
        positions="rotary",
        max_seq_len=8,
        n_experts=trial.n_experts,
        n_chosen=trial.n_chosen,
        among_all=trial.among_all,
    )


def experts_trial(n_experts: int, coefficient: float = COEFFICIENT, **changes: Any) -> VillageTrial:  # noqa: ANN401 - passed on
    """Describe a decoder of experts, two of which share each position out among themselves.

    Args:
        n_experts: How many there are.
        coefficient: Factor on the loss for uneven use.
        changes: Of the other settings.
    """
    return VillageTrial(
        n_experts=n_experts, d_ff=16, n_chosen=2, coefficient=coefficient, **changes
    )


def single_trial(coefficient: float) -> VillageTrial:
    """Describe a decoder of which each position visits one expert, as in a Switch Transformer.

    Fedus et al. 2022 (arXiv:2101.03961): the expert counts as much as its probability among all.

    Args:
        coefficient: Factor on the loss for uneven use.
    """
    return VillageTrial(n_experts=max(EXPERTS), d_ff=32, among_all=True, coefficient=coefficient)


def dense_trial(n_used: int, **changes: Any) -> VillageTrial:  # noqa: ANN401 - passed on
    """Describe the dense twin of the largest decoder of experts, or of a part of it.

    Args:
        n_used: How many experts it has the weights of, besides those of the router. With 2 it
            costs for each token as much as any decoder of experts, or more.
        changes: Of the other settings.
    """
    width = dense_width(config_of(experts_trial(max(EXPERTS))), n_used)
    return VillageTrial(n_experts=1, d_ff=width, **changes)


def answer_loss(model: nn.Module, asked: Questions) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the answers."""
    return F.cross_entropy(answer_logits(model, asked), asked.answers)


def train_trial(
    trial: VillageTrial, seed: int, on_step: Callable[[int, float], object] | None = None
) -> tuple[Decoder, list[float]]:
    """Build a decoder and train it.

    Args:
        trial: What is built, and how it is trained.
        seed: Of the weights and of the order of the questions.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode, and the loss at the answers of each step.
    """
    generator = torch.Generator().manual_seed(seed)
    cfg = config_of(trial)
    model = build_expert_decoder(cfg, generator)
    at_answers: list[float] = []

    def noted(model: nn.Module, asked: Questions) -> Float[Tensor, ""]:
        value = answer_loss(model, asked)
        at_answers.append(value.item())
        return value

    loss = noted
    if trial.coefficient:
        loss = with_balance(
            noted,
            lambda asked: asked.counted,
            n_chosen=cfg.n_chosen,
            coefficient=trial.coefficient,
        )
    train_small(
        model,
        question_batches(all_questions(trial.n_villages), trial.batch_size, generator),
        loss,
        learning_rate=trial.learning_rate,
        n_steps=trial.n_steps,
        n_warmup=trial.n_warmup,
        weight_decay=0.0,
        on_step=on_step,
    )
    return model, at_answers


def answer_logits(model: nn.Module, asked: Questions) -> Float[Tensor, "N V"]:
    """Score every word as the answer of each question."""
    logits = model(asked.token_ids).logits
    return logits[torch.arange(len(logits)), asked.last]
