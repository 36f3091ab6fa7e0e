"""Conversations as tokens: who speaks, where a turn ends, and what the model is to write itself.

Axes: B conversations, T positions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class Turn:
    """What one side says before the other does.

    Attributes:
        role: Who speaks.
        token_ids: What is said, without special tokens.
        is_ended: Whether the turn came to its end. A text that was cut off, because it grew too
            long, has none.
    """

    role: str
    token_ids: tuple[int, ...]
    is_ended: bool = True


@dataclass(frozen=True)
class ChatBatch:
    """Conversations side by side.

    Attributes:
        token_ids: Their tokens, padded at the right.
        is_answer: True where a token is one that the model has to write itself. What comes before
            its turn it is told.
    """

    token_ids: Int[Tensor, "B T"]
    is_answer: Bool[Tensor, "B T"]

    def to(self, device: torch.device | str) -> "ChatBatch":
        """Return the batch on a device."""
        return ChatBatch(self.token_ids.to(device), self.is_answer.to(device))

    def check_answered(self) -> None:
        """See that every conversation has an answer.

        Raises:
            ValueError: One has none.
        """
        if (without := ~self.is_answer.any(dim=1)).any():
            raise ValueError(f"conversation {without.nonzero()[0].item()} has no answer")


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """The special tokens of a conversation.

    A turn is the token of who speaks, what is said, and the token of the end.

    Attributes:
        role_ids: The token that opens a turn, for each role.
        end_id: The token that closes every turn.
        pad_id: The token that fills up shorter conversations.
        answering: The role whose turns the model writes.
    """

    role_ids: Mapping[str, int]
    end_id: int
    pad_id: int
    answering: str = "assistant"

    def __post_init__(self) -> None:
        ids = [*self.role_ids.values(), self.end_id, self.pad_id]
        if len(set(ids)) < len(ids) or min(ids) < 0:
            raise ValueError(f"special tokens must be different numbers from 0 on, got {ids}")
        self._opening(self.answering)

    @property
    def n_special(self) -> int:
        """How many tokens it adds to a vocabulary."""
        return len(self.role_ids) + 2

    def batch(self, conversations: Sequence[Sequence[Turn]]) -> ChatBatch:
        """Write conversations as tokens.

        The end of an answer counts as part of it, because a model has to learn to stop; the token
        that opens an answer does not, because it is written for the model.

        Args:
            conversations: Turns, first turn first.

        Raises:
            ValueError: There is none, a turn has a role that is unknown, or one that did not end is
                followed by another.
        """
        if not conversations:
            raise ValueError("there is no conversation to write")
        rows = [self._row(turns) for turns in conversations]
        return ChatBatch(
            token_ids=_padded([token_ids for token_ids, _ in rows], self.pad_id),
            is_answer=_padded([is_answer for _, is_answer in rows], 0).bool(),
        )

    def prompt(self, turns: Sequence[Turn]) -> Int[Tensor, " T"]:
        """Write a conversation up to the point where the model goes on.

        Args:
            turns: What was said so far; every turn has ended.

        Raises:
            ValueError: As in `batch`.
        """
        token_ids, _ = self._row([*turns, Turn(self.answering, (), is_ended=False)])
        return torch.tensor(token_ids)

    def _row(self, turns: Sequence[Turn]) -> tuple[list[int], list[bool]]:
        token_ids: list[int] = []
        is_answer: list[bool] = []
        for before, turn in zip([None, *turns], turns, strict=False):
            if before is not None and not before.is_ended:
                raise ValueError(f"a turn of {turn.role!r} follows one that did not end")
            said = [*turn.token_ids, *([self.end_id] if turn.is_ended else [])]
            token_ids += [self._opening(turn.role), *said]
            is_answer += [False, *[turn.role == self.answering] * len(said)]
        return token_ids, is_answer

    def _opening(self, role: str) -> int:
        if role not in self.role_ids:
            raise ValueError(f"there is no role {role!r}; there are {', '.join(self.role_ids)}")
        return self.role_ids[role]


def template_after(
    vocab_size: int, roles: Sequence[str] = ("system", "user", "assistant")
) -> ChatTemplate:
    """Return the template whose special tokens follow those of a vocabulary.

    Args:
        vocab_size: Size of the vocabulary without them. A model needs `n_special` tokens more.
        roles: Who may speak; the last of them answers.
    """
    return ChatTemplate(
        role_ids={role: vocab_size + number for number, role in enumerate(roles)},
        end_id=vocab_size + len(roles),
        pad_id=vocab_size + len(roles) + 1,
        answering=roles[-1],
    )


def _padded(rows: list[list[int]] | list[list[bool]], filling: int) -> Int[Tensor, "B T"]:
    tensors = [torch.tensor(row, dtype=torch.long) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=filling)
