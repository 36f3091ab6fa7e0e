"""Who bites whom: two sentences of the same words, told apart by their order alone.

dog bites man   biter?  → dog         man bites dog   biter?  → man
dog bites man   bitten? → man         man bites dog   bitten? → dog
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import torch
from jaxtyping import Int
from torch import Tensor

NAMES = (
    *("dog", "man", "cat", "fox", "hen", "bee", "cow", "pig"),
    *("goose", "horse", "mouse", "snake"),
)
BITES, BITER, BITTEN = "bites", "biter?", "bitten?"
VOCABULARY = (*NAMES, BITES, BITER, BITTEN)


@dataclass(frozen=True)
class OrderBatch:
    """Sentences, each with a question behind it, and the answers.

    Attributes:
        token_ids: Four words: name, "bites", name, question.
        targets: The name that answers.
    """

    token_ids: Int[Tensor, "B 4"]
    targets: Int[Tensor, " B"]


def all_questions() -> OrderBatch:
    """Ask both questions about every pair of different names in both orders.

    The reversal of the sentence in row n stands in the batch too, so whoever answers without
    regard to order is right in exactly half of the rows at best.
    """
    rows, targets = [], []
    bites, *questions = (VOCABULARY.index(word) for word in (BITES, BITER, BITTEN))
    for first, second in permutations(range(len(NAMES)), 2):
        for question, answer in zip(questions, (first, second), strict=True):
            rows.append([first, bites, second, question])
            targets.append(answer)
    return OrderBatch(torch.tensor(rows), torch.tensor(targets))


def batches(batch_size: int, generator: torch.Generator) -> Iterator[OrderBatch]:
    """Draw batches of questions without end."""
    every = all_questions()
    while True:
        rows = torch.randint(len(every.targets), (batch_size,), generator=generator)
        yield OrderBatch(every.token_ids[rows], every.targets[rows])


def reverse(token_ids: Int[Tensor, "B 4"]) -> Int[Tensor, "B 4"]:
    """Let the two names of each sentence change places."""
    return token_ids[:, [2, 1, 0, 3]]
