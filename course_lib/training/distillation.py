"""Teach a small model with the probabilities of a large one.

Axes: B sequences, T positions, V vocabulary.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.training.divergence import kl_divergence


@dataclass(frozen=True, kw_only=True)
class DistillationConfig:
    """What a student learns from.

    Attributes:
        temperature: What the logits of both are divided by before softmax. Above 1 it brings out
            how the teacher ranks what it finds improbable.
        soft_share: Weight of the teacher in the loss; the rest is the weight of the true tokens.
    """

    temperature: float = 2.0
    soft_share: float = 0.9

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"{self.temperature=} must be above 0")
        if not 0 <= self.soft_share <= 1:
            raise ValueError(f"{self.soft_share=} is not between 0 and 1")


@dataclass(frozen=True)
class DistillationLoss:
    """How far a student is from its teacher and from the truth.

    Attributes:
        loss: What to lower: both, weighted.
        soft: Mean divergence from the teacher's probabilities to the student's, at the
            temperature, times the square of the temperature.
        hard: Mean cross-entropy of the true tokens, at temperature 1.
    """

    loss: Float[Tensor, ""]
    soft: Float[Tensor, ""]
    hard: Float[Tensor, ""]


def distillation_loss(
    student_logits: Float[Tensor, "B T V"],
    teacher_logits: Float[Tensor, "B T V"],
    target_ids: Int[Tensor, "B T"],
    cfg: DistillationConfig,
    counts: Bool[Tensor, "B T"] | None = None,
) -> DistillationLoss:
    """Compare a student with its teacher and with the truth.

    Implements Hinton et al. 2015 (arXiv:1503.02531), section 2. The soft part is the divergence in
    place of the cross-entropy: it differs by the entropy of the teacher, which no student changes,
    and it is 0 when the two agree.

    Args:
        student_logits: By the model that is trained.
        teacher_logits: By the model that it learns from; no gradient flows through it.
        target_ids: The true token at each position, which is the next one of a text.
        cfg: Temperature and weights.
        counts: True where a position counts. None counts all.

    Raises:
        ValueError: No position counts.
    """
    if counts is not None and not counts.any():
        raise ValueError("no position counts")
    student, teacher, targets = (
        rows.flatten(0, 1) if counts is None else rows[counts]
        for rows in (student_logits, teacher_logits.detach(), target_ids)
    )
    by_position = kl_divergence(teacher / cfg.temperature, student / cfg.temperature)
    # Gradients of the soft part fall with the square of the temperature; so both parts keep their
    # weights when the temperature is changed.
    soft = by_position.mean() * cfg.temperature**2
    hard = F.cross_entropy(student, targets)
    return DistillationLoss(
        loss=cfg.soft_share * soft + (1.0 - cfg.soft_share) * hard, soft=soft, hard=hard
    )
