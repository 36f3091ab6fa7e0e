"""Answers to the exercise about judging a draft: mistakes, and other right ways."""

import random

import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.speculative_step_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The token in place of a refused one is drawn from the target. What the draft proposes often "
    "would then come too often: it has had its chance. Draw from target less draft, where that is "
    "positive."
)
def resamples_from_the_target(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Start afresh."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = p_target[i]
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "The ratio is turned round: a token stands with probability draft over target, so that the "
    "target's favourites fall. It is target over draft."
)
def ratio_inverted(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Divide the wrong way."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_target[i, token] >= p_draft[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "When the whole draft stands nothing comes behind it. The target has scored one position "
    "more: one more token comes from its last row, free of charge."
)
def bonus_token_lost(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Return the draft."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return kept


@exercise.misconception(
    "Every drafted token stands. Then the text is the draft's: a token stands with probability "
    "target over draft only."
)
def all_stand(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Trust the draft."""
    last = int(torch.multinomial(p_target[-1], 1, generator=generator))
    return [*drafted.tolist(), last]


@exercise.misconception(
    "A token stands only if the target gives it at least as much as the draft: no draw decides. "
    "Then tokens that the draft likes too well could never come. With less it stands with "
    "probability target over draft."
)
def no_chance_for_the_rest(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Compare, and do not draw."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        if p_draft[i, token] > p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "A token stands with the probability that the target gives it. It was drawn from the draft "
    "already, which counts: divide by the draft's probability."
)
def chance_of_the_target_alone(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Forget the division."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if p_draft[i, token] > p_target[i, token] and chance >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "One random number decides all positions: once a token stands, the next ones with the same "
    "ratio stand too. Draw a number for each."
)
def one_number_for_all(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Draw once."""
    kept = []
    chance = float(torch.rand((), generator=generator))
    for i, token in enumerate(drafted.tolist()):
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "The tokens behind a refused one are judged too. They were drafted behind a token that is not "
    "there any more: the first refusal ends the step."
)
def goes_on_after_a_refusal(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Replace, and go on."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        if float(torch.rand((), generator=generator)) * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            token = int(torch.multinomial(left, 1, generator=generator))
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "Tokens that the draft gave too *much* can come in place of a refused one: you take the size "
    "of the difference. Negative differences count as 0."
)
def size_of_the_difference(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Take absolute values."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).abs()
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "The token in place of a refused one is drawn at the *next* position. It stands in the "
    "refused one's place: use the rows of that position."
)
def next_positions_row(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Go one row on."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i + 1] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "The refused token stays in the text, and its substitute comes behind it. It comes in its "
    "place."
)
def refused_token_stays(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Keep what was refused."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, token, int(torch.multinomial(left, 1, generator=generator))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1, generator=generator))]


@exercise.misconception(
    "The most probable token is taken where one is to be drawn: the text would no longer have the "
    "target's distribution."
)
def largest_for_drawn(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Choose new tokens."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand((), generator=generator))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(left.argmax())]
        kept.append(token)
    return [*kept, int(p_target[-1].argmax())]


@exercise.misconception(
    "The generator is not used: tokens come from torch's global one, and a text cannot be "
    "repeated. Hand it on: `generator=generator`."
)
def generator_ignored(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Draw from the global generator."""
    kept = []
    for i, token in enumerate(drafted.tolist()):
        chance = float(torch.rand(()))
        if chance * p_draft[i, token] >= p_target[i, token]:
            left = (p_target[i] - p_draft[i]).clamp(min=0)
            return [*kept, int(torch.multinomial(left, 1))]
        kept.append(token)
    return [*kept, int(torch.multinomial(p_target[-1], 1))]


@exercise.alternative
def all_chances_at_once(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Draw the numbers ahead, and count how many tokens stand before the first that does not."""
    places = torch.arange(len(drafted))
    ratio = p_target[places, drafted] / p_draft[places, drafted]
    stands = torch.rand(ratio.shape, generator=generator, dtype=ratio.dtype) < ratio
    n_kept = int(stands.int().cumprod(0).sum())
    weights = p_target[n_kept].clone()
    if n_kept < len(drafted):
        weights = torch.relu(weights - p_draft[n_kept])
    return drafted[:n_kept].tolist() + torch.multinomial(weights, 1, generator=generator).tolist()


@exercise.alternative
def by_running_sum(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Draw by a running sum, with a row of nothing for the draft behind its end."""
    q = torch.cat([p_draft, torch.zeros_like(p_target[:1])])
    wanted = [*drafted.tolist(), None]
    tokens = []
    for target, draft, token in zip(p_target, q, wanted, strict=True):
        if token is not None:
            ratio = (target[token] / draft[token]).clamp(max=1.0)
            if torch.rand(1, generator=generator).item() < ratio.item():
                tokens.append(token)
                continue
        running = torch.maximum(target - draft, torch.zeros_like(target)).double().cumsum(0)
        drawn = torch.rand(1, generator=generator).double() * running[-1]
        tokens.append(int(torch.searchsorted(running, drawn, right=True)))
        break
    return tokens


@exercise.alternative
def in_plain_python(
    p_target: Tensor, p_draft: Tensor, drafted: Tensor, generator: torch.Generator
) -> list[int]:
    """Seed a generator of Python's from the one given."""
    dice = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
    target, draft, tokens = p_target.tolist(), p_draft.tolist(), []
    for i, token in enumerate(drafted.tolist()):
        if dice.random() * draft[i][token] < target[i][token]:
            tokens.append(token)
        else:
            weights = [max(p - q, 0.0) for p, q in zip(target[i], draft[i], strict=True)]
            return tokens + dice.choices(range(len(weights)), weights)
    return tokens + dice.choices(range(len(target[-1])), target[-1])
