"""Answers to the exercise about the schedule: mistakes, and other right ways."""

import math

import numpy as np
import torch

from autograder.exercises.ch06_training.lr_at_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The peak comes one step late. There are `warmup` steps from step 0 to the peak, so divide by "
    "`warmup`, not by `warmup` + 1."
)
def peak_one_step_late(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Count the steps from 0 to `warmup` and divide by how many they are."""
    if step <= warmup and warmup:
        return peak * step / (warmup + 1)
    share = min(1.0, (step - warmup) / (total - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The first step already moves, so that the peak comes one step early. Many libraries do so; "
    "here step 0 has the rate 0 and step `warmup` the peak."
)
def peak_one_step_early(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Count steps from 1."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The rate decays to 0: the floor is not used. The fall ends at the floor; its height is "
    "peak − floor."
)
def decays_to_zero(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Forget the floor."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The rate falls towards 0 and is held at the floor when it gets there, too early. The cosine "
    "itself ends at the floor, at `total`."
)
def cut_off_at_the_floor(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Take the larger of floor and cosine."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return max(floor, peak * (1 + math.cos(math.pi * share)) / 2)


@exercise.misconception(
    "After `total` the rate rises again, because a cosine does. Let the share of the fall that is "
    "done be at most 1."
)
def rises_again(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Let the cosine go on."""
    if step < warmup:
        return peak * step / warmup
    share = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "After `total` everything starts again, warm-up and all. There is one rise and one fall: from "
    "`total` on the rate is the floor."
)
def starts_again(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Take the step modulo the length."""
    step = step % total if step > total else step
    if step < warmup:
        return peak * step / warmup
    share = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The fall is counted from step 0, so that the rate jumps down where the warm-up ends. Count it "
    "from `warmup`: none of it is done there."
)
def fall_counted_from_zero(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Take step / total for the share."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, step / total)
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The fall takes `total` steps and has not ended at `total`. It begins at `warmup` and ends at "
    "`total`, so it has total − warmup."
)
def fall_too_long(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Divide by the length of the training."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / total)
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The cosine is stretched by the peak and then lifted by the floor, so that it begins above the "
    "peak. Stretch it by peak − floor."
)
def lifted_above_the_peak(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Add the floor to the whole fall."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return floor + peak * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "The rate falls in a straight line. Asked for is half a cosine: slow at first, fast in the "
    "middle, slow at the end."
)
def straight_fall(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Fall as it rose."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return peak + (floor - peak) * share


@exercise.misconception(
    "You take a quarter of a cosine's wave, which is steepest at the end. Half a wave goes from 1 "
    "to −1; (1 + cos) / 2 brings that to 1 and 0."
)
def quarter_of_a_wave(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Go to π/2."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return floor + (peak - floor) * math.cos(math.pi * share / 2)


@exercise.misconception(
    "The warm-up begins at the floor. It begins at 0; the floor is where the fall ends."
)
def rises_from_the_floor(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Take the floor for both ends."""
    if step < warmup:
        return floor + (peak - floor) * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2


@exercise.misconception(
    "Without a warm-up you divide by 0. When `warmup` is 0, no step lies before it: ask first "
    "whether the step is one of the warm-up's."
)
def divides_by_no_warmup(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Work out the rise at every step."""
    rise = min(1.0, step / warmup)
    share = min(1.0, max(0, step - warmup) / (total - warmup))
    fall = floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2
    return rise * fall


@exercise.alternative
def three_stretches(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Ask for each stretch in turn."""
    if step >= total:
        return floor
    if step >= warmup:
        remaining = (total - step) / (total - warmup)
        return floor + 0.5 * (peak - floor) * (1 - math.cos(remaining * math.pi))
    return step / warmup * peak


@exercise.alternative
def with_numpy(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Clip with numpy and make a Python float in the end."""
    share = np.clip((step - warmup) / (total - warmup), 0.0, 1.0)
    weight = 0.5 * (1.0 + np.cos(np.pi * share))
    fall = weight * peak + (1.0 - weight) * floor
    rise = peak * np.divide(step, max(warmup, 1))
    return float(rise if step < warmup else fall)


@exercise.alternative
def with_torch(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Compute in float64 with torch."""
    done = torch.tensor(step - warmup, dtype=torch.float64) / (total - warmup)
    fall = peak - (peak - floor) * (done.clamp(0, 1) * torch.pi / 2).sin().square()
    return (step * peak / warmup) if step < warmup else fall.item()


@exercise.alternative
def mixed_from_both_ends(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Mix peak and floor, with weights from the cosine of half the angle."""
    share = 1.0 if warmup == 0 else min(step, warmup) / warmup
    angle = math.pi / 2 * max(0, min(step, total) - warmup) / (total - warmup)
    return share * (peak * math.cos(angle) ** 2 + floor * math.sin(angle) ** 2)
