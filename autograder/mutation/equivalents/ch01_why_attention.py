"""Mutants of chapter 1's solutions that behave as the solutions do."""

from autograder.mutation.equivalents.equivalent import (
    ONE_AXIS,
    SAME_DEVICE,
    SECOND_IS_LAST,
    SQUARE,
    Equivalent,
)

CHAPTER = "ch01_why_attention"

MUTANTS = (
    Equivalent(
        f"{CHAPTER}/jacobian_norms",
        before="reach = torch.eye(step_jacobians.shape[-1]).to(step_jacobians)",
        after="reach = torch.eye(step_jacobians.shape[1]).to(step_jacobians)",
        reason=SQUARE,
    ),
    Equivalent(
        f"{CHAPTER}/jacobian_norms",
        before="reach = torch.eye(step_jacobians.shape[-1]).to(step_jacobians)",
        after="reach = torch.eye(step_jacobians.shape[-2]).to(step_jacobians)",
        reason=SQUARE,
    ),
    Equivalent(
        f"{CHAPTER}/jacobian_norms",
        before="return torch.stack(norms).flip(0)",
        after="return torch.stack(norms).flip(-1)",
        reason=ONE_AXIS,
    ),
    Equivalent(
        f"{CHAPTER}/soft_lookup",
        before="return likeness.softmax(dim=0) @ values",
        after="return likeness.softmax(dim=-1) @ values",
        reason=ONE_AXIS,
    ),
    Equivalent(
        f"{CHAPTER}/soft_lookup",
        before="likeness = (keys * query).sum(dim=1) / temperature",
        after="likeness = (keys * query).sum(dim=-1) / temperature",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/luong_scores",
        before="pairs = torch.cat([query.expand(len(keys), -1), keys], dim=1)",
        after="pairs = torch.cat([query.expand(len(keys), -1), keys], dim=-1)",
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(scores.shape[1])",
        reason=(
            "Inputs that cross to a submission lie on the CPU, where `arange` puts its result too."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(scores.shape[1], device=values.device)",
        reason=SAME_DEVICE,
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before="positions = torch.arange(scores.shape[1], device=scores.device)",
        after="positions = torch.arange(values.shape[1], device=scores.device)",
        reason="There is one value for each score.",
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before="return ((weights.unsqueeze(2) * values).sum(dim=1), weights)",
        after="return ((weights.unsqueeze(2) * values).sum(dim=-2), weights)",
        reason="The tensor has three axes, of which axis 1 is the last but one.",
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=-1)"
            ".masked_fill(empty, 0.0)"
        ),
        reason=SECOND_IS_LAST,
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind, -math.inf).softmax(dim=1).masked_fill(empty, 0.0)"
        ),
        reason=(
            "An empty sentence becomes nan for a moment; it is emptied afterwards, and the fill "
            "stops whatever gradient the softmax makes of it."
        ),
    ),
    Equivalent(
        f"{CHAPTER}/attend",
        before=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(empty, 0.0)"
        ),
        after=(
            "weights = scores.masked_fill(behind & ~empty, -math.inf).softmax(dim=1)"
            ".masked_fill(behind, 0.0)"
        ),
        reason="What is behind the end has weight 0 already, and of an empty sentence all is.",
    ),
)
