"""Raise a flawed reward on leashes of several lengths, and record what it does to what is wanted.

    python -m course_lib.checkpoints.alignment_runs

A small assistant is fine-tuned; a reward model learns from comparisons made in a hurry; and a
policy is moved towards that reward. On one machine, with one thread, the same seeds give the same
curves.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.tale_decoder import load_teller
from course_lib.checkpoints.weights import FOLDER
from course_lib.decoder import Decoder
from course_lib.training.answer_loss import answer_loss
from course_lib.training.group_policy import GroupSettings, Round, improve
from course_lib.training.larger_vocabulary import with_more_tokens
from course_lib.training.policy_gradient import PolicyConfig
from course_lib.training.reward_model import RewardModel
from course_lib.training.small_models import train_small
from course_lib.training.story_chat import TEMPLATE, chat_batches
from course_lib.training.story_preferences import compare_answers, learn_reward, share_wanted

RECORD = FOLDER / "alignment_runs.json"
LEASHES = (0.0, 0.1, 0.5)
"""Prices of a nat of divergence a token, from none to a dear one."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How an assistant and a policy are made.

    Attributes:
        n_tuning: Steps of fine-tuning, of `batch_size` conversations.
        n_openings: Openings to which two answers are compared.
        n_rounds: Rounds in which the policy is moved.
        batch_size: Conversations in a step of fine-tuning.
        n_warmup: Steps of the rise of its learning rate.
        tuning_rate: Its peak.
    """

    n_tuning: int = 300
    n_openings: int = 800
    n_rounds: int = 25
    batch_size: int = 16
    n_warmup: int = 20
    tuning_rate: float = 2e-3


SETTINGS = Settings()


@dataclass(frozen=True)
class Curve:
    """What happened to a policy, round by round.

    Attributes:
        kl_weight: The price of divergence.
        reward: Mean score of its answers: what is raised.
        wanted: Share of answers that are right and give a reason: what was meant.
        kl: Nats by which whole answers have strayed.
        reasons: Mean number of times that an answer says "because".
        example: What it says in the end to the first opening of the last round.
    """

    kl_weight: float
    reward: list[float]
    wanted: list[float]
    kl: list[float]
    reasons: list[float]
    example: str


def fine_tune(generator: torch.Generator, settings: Settings = SETTINGS) -> Decoder:
    """Teach the teller of tales to answer with one sentence."""
    model = with_more_tokens(load_teller(), TEMPLATE.n_special, generator)
    return train_small(
        model,
        chat_batches(settings.batch_size, generator),
        answer_loss,
        learning_rate=settings.tuning_rate,
        n_steps=settings.n_tuning,
        n_warmup=settings.n_warmup,
    )


def raise_reward(
    assistant: Decoder,
    reward_model: RewardModel,
    kl_weight: float,
    generator: torch.Generator,
    settings: Settings = SETTINGS,
) -> Curve:
    """Move a copy of the assistant towards the reward, and watch what is wanted."""
    policy = copy.deepcopy(assistant)
    rounds: list[Round] = []
    improve(
        policy,
        lambda openings, answers, batch: reward_model(batch),
        GroupSettings(
            n_rounds=settings.n_rounds,
            policy=PolicyConfig(by_answer=True, kl_weight=kl_weight),
        ),
        generator,
        on_round=lambda number, seen: rounds.append(seen),
    )
    return Curve(
        kl_weight=kl_weight,
        reward=[round(seen.rewards.mean().item(), 3) for seen in rounds],
        wanted=[round(share_wanted(seen.openings, seen.answers), 4) for seen in rounds],
        kl=[round(seen.kl, 3) for seen in rounds],
        reasons=[round(fmean([a.n_reasons for a in seen.answers]), 3) for seen in rounds],
        example=" ".join(rounds[-1].answers[0].words),
    )


def record(seeds: Sequence[int], settings: Settings = SETTINGS) -> dict[str, Any]:
    """Go through all steps from every seed, and describe what came out."""
    runs = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        assistant = fine_tune(generator, settings)
        pairs = compare_answers(assistant, settings.n_openings, generator)
        reward_model = learn_reward(assistant, pairs, generator)
        for kl_weight in LEASHES:
            own = torch.Generator().manual_seed(seed)
            curve = raise_reward(assistant, reward_model, kl_weight, own, settings)
            runs.append({"seed": seed, **asdict(curve)})
    return {
        "settings": asdict(settings),
        "runs": runs,
        **provenance("alignment_runs"),
    }


def recorded_curves(kl_weight: float, path: Path = RECORD) -> list[Curve]:
    """Read the curves of one leash, one for each seed."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [
        Curve(**{name: value for name, value in run.items() if name != "seed"})
        for run in runs
        if run["kl_weight"] == kl_weight
    ]


def main() -> None:
    """Run with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(seeds=(0, 1, 2)))


if __name__ == "__main__":
    main()
