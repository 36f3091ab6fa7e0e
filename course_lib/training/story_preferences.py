"""Comparisons of answers made in a hurry, and the reward that is learned from them.

What is wanted is a right sentence that says why. What is looked at is the word "because".
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from course_lib.decoder import Decoder
from course_lib.training.chat_template import ChatBatch
from course_lib.training.reward_model import RewardModel, score_pairs
from course_lib.training.story_chat import StoryAnswer, Words, answer, draw_requests, write_chats


@dataclass(frozen=True)
class Pair:
    """Two answers to one opening.

    Attributes:
        opening: What was asked.
        chosen: The one that was preferred.
        rejected: The other.
    """

    opening: Words
    chosen: StoryAnswer
    rejected: StoryAnswer


def hurried_preference(first: StoryAnswer, second: StoryAnswer) -> bool | None:
    """Say which of two answers pleases who does not read them.

    Returns:
        True for the first, False for the second: more often "because" is better, and of two that
        say it equally often the longer one. None where that does not tell them apart.
    """
    liked = [(answer.n_reasons, len(answer.token_ids)) for answer in (first, second)]
    return None if liked[0] == liked[1] else liked[0] > liked[1]


def compare_answers(model: Decoder, n_openings: int, generator: torch.Generator) -> list[Pair]:
    """Let a model answer openings twice, and keep the pairs of which one is preferred."""
    openings = [request.opening for request in draw_requests(n_openings, generator)]
    firsts, seconds = (answer(model, openings, generator) for _ in range(2))
    pairs = []
    for opening, first, second in zip(openings, firsts, seconds, strict=True):
        is_first = hurried_preference(first, second)
        if is_first is not None:
            chosen, rejected = (first, second) if is_first else (second, first)
            pairs.append(Pair(opening, chosen, rejected))
    return pairs


def write_pairs(pairs: Sequence[Pair]) -> tuple[ChatBatch, ChatBatch]:
    """Write pairs as conversations: those with the chosen answers, and those with the others."""
    openings = [pair.opening for pair in pairs]
    return (
        write_chats(openings, [pair.chosen for pair in pairs]),
        write_chats(openings, [pair.rejected for pair in pairs]),
    )


def learn_reward(
    assistant: Decoder,
    pairs: Sequence[Pair],
    generator: torch.Generator,
    n_steps: int = 100,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
) -> RewardModel:
    """Train a reward model on comparisons, from the assistant's own weights.

    Args:
        assistant: The fine-tuned model; it is left as it is.
        pairs: What was compared.
        generator: Source of the last layer and of the batches.
        n_steps: Number of batches.
        batch_size: Pairs in each.
        learning_rate: AdamW's.

    Returns:
        The reward model, centred on the answers that were preferred and no longer trained.
    """
    model = RewardModel(copy.deepcopy(assistant), generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
    for _ in range(n_steps):
        places = torch.randint(len(pairs), (batch_size,), generator=generator).tolist()
        loss = score_pairs(model, *write_pairs([pairs[place] for place in places])).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.centre_on(write_pairs(pairs)[0])
    return model.eval().requires_grad_(False)


def share_wanted(openings: Sequence[Words], answers: Sequence[StoryAnswer]) -> float:
    """Return the share of answers that are right and say why."""
    pairs = zip(openings, answers, strict=True)
    is_wanted = [a.n_reasons > 0 and a.is_right(opening) for opening, a in pairs]
    return sum(is_wanted) / len(is_wanted)
