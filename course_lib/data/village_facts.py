"""Facts of several villages, in which people of the same names live differently: much to memorise.

ashby sarah lives in the → castle
birley sarah lives in the → tower

Who lives where follows from nothing: it can only be remembered. Axes: N questions, T tokens.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from course_lib.data import facts

VILLAGES = ("ashby", "birley", "corfe", "dunham", "elton", "farley", "gorton", "hadley")
"""Where people live; the first word of each question."""

WORDS = (*facts.VOCABULARY, *VILLAGES)
"""What each token says."""
PADDING = len(WORDS)
"""Stands behind a question that is shorter than its neighbours."""
VOCAB_SIZE = len(WORDS) + 1

WORLD_SEED = 5
"""Seed of what is true in the villages."""

_NUMBERS = {word: number for number, word in enumerate(WORDS)}


@dataclass(frozen=True)
class Questions:
    """Questions and what completes them.

    Attributes:
        token_ids: Each question without its answer, filled up with `PADDING`.
        last: Place of the last word of each question.
        answers: The word that completes it.
    """

    token_ids: Int[Tensor, "N T"]
    last: Int[Tensor, " N"]
    answers: Int[Tensor, " N"]

    @property
    def counted(self) -> Bool[Tensor, "N T"]:
        """Where a word stands, and not padding."""
        return self.token_ids != PADDING

    def chosen(self, rows: Int[Tensor, " M"]) -> "Questions":
        """Return some of the questions."""
        return Questions(self.token_ids[rows], self.last[rows], self.answers[rows])


def all_questions(n_villages: int, seed: int = WORLD_SEED) -> Questions:
    """Ask for every fact of some villages.

    Args:
        n_villages: How many, the first of `VILLAGES`.
        seed: Of what is true there.

    Raises:
        ValueError: There are not as many villages, or none is wanted.
    """
    if not 1 <= n_villages <= len(VILLAGES):
        raise ValueError(f"there are 1 to {len(VILLAGES)} villages, not {n_villages}")
    generator = torch.Generator().manual_seed(seed)
    rows, answers = [], []
    for village in VILLAGES[:n_villages]:
        for fact in facts.make_world(generator):
            words = (village, *fact.words[: fact.answer_at])
            rows.append(torch.tensor([_NUMBERS[word] for word in words]))
            answers.append(_NUMBERS[fact.value])
    return Questions(
        token_ids=nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING),
        last=torch.tensor([len(row) - 1 for row in rows]),
        answers=torch.tensor(answers),
    )


def question_batches(
    asked: Questions, batch_size: int, generator: torch.Generator
) -> Iterator[Questions]:
    """Ask all questions in random order, and then again in another, without end.

    Args:
        asked: The questions.
        batch_size: How many at a time; what is left over at the end of a round is passed over.
        generator: Where the order comes from.
    """
    while True:
        order = torch.randperm(len(asked.answers), generator=generator)
        for rows in order.split(batch_size):
            if len(rows) == batch_size:
                yield asked.chosen(rows)
