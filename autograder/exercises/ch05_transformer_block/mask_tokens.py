"""Answers to the exercise about masking tokens: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch05_transformer_block.mask_tokens_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Every chosen token becomes mask_id. Only eight of ten do; one of ten gets a random id and one "
    "of ten stays, so that the model cannot trust what it sees."
)
def always_the_mask(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Hide all that is chosen."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    return token_ids.masked_fill(chosen, mask_id), token_ids.masked_fill(~chosen, -100)


@exercise.misconception(
    "Special tokens are chosen too. Begin, end and padding are no words to guess: leave out where "
    "`special` is True."
)
def specials_masked(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Forget the special tokens."""
    chosen = torch.rand(token_ids.shape, generator=generator) < 0.15
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, token_ids, -100)


@exercise.misconception(
    "Every token has a label. Only the chosen ones are to be guessed: the others get −100, which "
    "the loss leaves out."
)
def labels_everywhere(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Ask for every token."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, token_ids.clone()


@exercise.misconception(
    "Only tokens that look changed have a label. One chosen token of ten stays as it is, and is to "
    "be guessed all the same: the label goes by what was chosen."
)
def labels_of_changed_tokens(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Compare inputs with tokens."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(inputs != token_ids, token_ids, -100)


@exercise.misconception(
    "The labels are taken from what stands there after masking. They say what stood there before: "
    "take them from the original tokens."
)
def labels_of_the_inputs(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Make the labels too late."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, inputs, -100)


@exercise.misconception(
    "Exactly 15 % of the tokens are chosen each time. Every token has a chance of its own, so the "
    "number differs from text to text."
)
def an_exact_share(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Shuffle, and take the first."""
    scores = torch.rand(token_ids.shape, generator=generator).masked_fill(special, 2.0)
    n_chosen = round(0.15 * int((~special).sum()))
    ranks = scores.flatten().argsort().argsort().reshape(token_ids.shape)
    chosen = ranks < n_chosen
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, token_ids, -100)


@exercise.misconception(
    "The tenth that gets a random id is taken from the tenths that are left, not from all: 0.1 of "
    "the remaining 0.2. Half of what is not hidden gets a random id, and half stays."
)
def a_tenth_of_the_rest(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mistake what the second coin is thrown for."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    hidden = chosen & (torch.rand(token_ids.shape, generator=generator) < 0.8)
    is_random = chosen & ~hidden & (torch.rand(token_ids.shape, generator=generator) < 0.1)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    inputs = torch.where(is_random, random_ids, torch.where(hidden, mask_id, token_ids))
    return inputs, torch.where(chosen, token_ids, -100)


@exercise.misconception(
    "The last id of the vocabulary never comes: the upper end of `torch.randint` is not included. "
    "Hand it vocab_size."
)
def last_id_never_drawn(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Subtract one too many."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size - 1, token_ids.shape, generator=generator)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, token_ids, -100)


@exercise.misconception(
    "The generator is not used, and a masking cannot be repeated. Hand it to every draw: "
    "`generator=generator`."
)
def generator_ignored(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw from the global generator."""
    chosen = (torch.rand(token_ids.shape) < 0.15) & ~special
    fate = torch.rand(token_ids.shape)
    random_ids = torch.randint(vocab_size, token_ids.shape)
    inputs = torch.where(chosen & (fate < 0.8), mask_id, token_ids)
    inputs = torch.where(chosen & (fate >= 0.9), random_ids, inputs)
    return inputs, torch.where(chosen, token_ids, -100)


@exercise.misconception(
    "You write into token_ids itself, and the text is lost to whoever handed it in. Make a new "
    "tensor: `torch.where`, `masked_fill`, or a `clone` to write into."
)
def changes_the_tokens(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Assign in place."""
    chosen = (torch.rand(token_ids.shape, generator=generator) < 0.15) & ~special
    labels = torch.where(chosen, token_ids, -100)
    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(vocab_size, token_ids.shape, generator=generator)
    token_ids[chosen & (fate < 0.8)] = mask_id
    is_random = chosen & (fate >= 0.9)
    token_ids[is_random] = random_ids[is_random]
    return token_ids, labels


@exercise.alternative
def with_coins(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Throw coins one after the other: chosen, hidden, and of the rest one half."""
    chosen = torch.full(token_ids.shape, 0.15).masked_fill(special, 0.0)
    chosen = torch.bernoulli(chosen, generator=generator).bool()
    hidden = torch.bernoulli(torch.full(token_ids.shape, 0.8), generator=generator).bool() & chosen
    half = torch.bernoulli(torch.full(token_ids.shape, 0.5), generator=generator).bool()
    replaced = chosen & ~hidden & half
    inputs, labels = token_ids.clone(), token_ids.clone()
    labels[~chosen] = -100
    inputs[hidden] = mask_id
    n_replaced = int(replaced.sum())
    inputs[replaced] = torch.randint(0, vocab_size, (n_replaced,), generator=generator)
    return inputs, labels


@exercise.alternative
def with_one_number(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Let one number in 0 to 100 decide everything but the random id."""
    percent = 100 * torch.rand(token_ids.shape, generator=generator, dtype=torch.float64)
    percent[special] = 100.0
    noise = torch.rand(token_ids.shape, generator=generator, dtype=torch.float64)
    drawn = (noise * vocab_size).long()
    inputs = torch.where(percent < 13.5, drawn, token_ids)
    inputs[percent < 12.0] = mask_id
    return inputs, token_ids.where(percent < 15.0, torch.tensor(-100))


@exercise.alternative
def token_by_token(
    token_ids: Tensor, special: Tensor, vocab_size: int, mask_id: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Decide for one token after the other."""
    n_tokens = token_ids.numel()
    numbers = iter(torch.rand(3 * n_tokens, generator=generator, dtype=torch.float64).tolist())
    inputs, labels = [], []
    for token, is_special in zip(
        token_ids.flatten().tolist(), special.flatten().tolist(), strict=True
    ):
        first, second, third = next(numbers), next(numbers), next(numbers)
        if is_special or first >= 0.15:
            inputs.append(token)
            labels.append(-100)
            continue
        labels.append(token)
        if second < 0.8:
            inputs.append(mask_id)
        else:
            inputs.append(int(third * vocab_size) if second < 0.9 else token)
    shape = token_ids.shape
    return torch.tensor(inputs).reshape(shape), torch.tensor(labels).reshape(shape)
