"""A teacher that adds on paper, and students of all that it wrote or of its answers only.

How they are trained; `checkpoints.reasoning_runs` trains them and records what they can do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch

from course_lib.data.arithmetic import VOCAB_SIZE, Sum, draw_sums, encode, scratchpad
from course_lib.decoder import Decoder, build_decoder
from course_lib.training.answer_loss import answer_loss
from course_lib.training.chat_template import ChatBatch
from course_lib.training.small_models import train_small
from course_lib.training.written_solutions import lesson_batches, lessons

LONGEST = 4
"""Most digits of a number."""

TEACHER_SEED = 0
QUESTIONS_SEED = 20_000


@dataclass(frozen=True, kw_only=True)
class Learner:
    """Sizes of a decoder, and how it is trained.

    Attributes:
        width: Of its vectors.
        learning_rate: Peak, after a short rise; then a straight line to 0.
        n_steps: Number of batches.
    """

    width: int
    learning_rate: float
    n_steps: int


@dataclass(frozen=True, kw_only=True)
class SolverSettings:
    """How teacher and students are trained and tested.

    Attributes:
        teacher: Learns from sums that are worked out by rule, new ones in every step.
        students: Learn from what the teacher wrote.
        more_steps: How many times as long those learn that are given answers and more time.
        n_questions: Sums that the teacher works out for its students.
        batch_size: Sums in a step, for all of them.
        n_warmup: Steps of the rise of the learning rate.
        n_layers: Blocks of each decoder.
        n_heads: Heads of each layer.
        n_test: Sums of each length in the test.
    """

    teacher: Learner = Learner(width=104, learning_rate=4e-3, n_steps=1500)
    students: Learner = Learner(width=32, learning_rate=8e-3, n_steps=3000)
    more_steps: int = 3
    n_questions: int = 6000
    batch_size: int = 32
    n_warmup: int = 50
    n_layers: int = 2
    n_heads: int = 4
    n_test: int = 300


SETTINGS = SolverSettings()

TAUGHT = ("reasoning", "answers", "answers, longer")
"""What students are given: all that the teacher wrote, its answers, or those and more steps."""


def draw_questions(settings: SolverSettings = SETTINGS) -> list[Sum]:
    """Draw the sums that the teacher works out for its students, always the same."""
    return draw_sums(settings.n_questions, torch.Generator().manual_seed(QUESTIONS_SEED), LONGEST)


def train_solver(
    learner: Learner, batches: Iterable[ChatBatch], seed: int, settings: SolverSettings = SETTINGS
) -> Decoder:
    """Train a decoder from scratch.

    Args:
        learner: Its size and how long it learns.
        batches: What it learns from.
        seed: Of its first weights.
        settings: What all learners share.

    Returns:
        The model, in evaluation mode.
    """
    model = build_decoder(
        vocab_size=VOCAB_SIZE,
        d_model=learner.width,
        n_heads=settings.n_heads,
        n_layers=settings.n_layers,
        d_ff=4 * learner.width,
        seed=seed,
        spread=learner.width**-0.5,
    )
    return train_small(
        model,
        batches,
        answer_loss,
        learning_rate=learner.learning_rate,
        n_steps=learner.n_steps,
        n_warmup=settings.n_warmup,
    )


def train_teacher(settings: SolverSettings = SETTINGS) -> Decoder:
    """Train the teacher on sums that are worked out by rule."""
    generator = torch.Generator().manual_seed(TEACHER_SEED)
    drawn = (
        draw_sums(settings.batch_size, generator, LONGEST) for _ in range(settings.teacher.n_steps)
    )
    batches = (encode([scratchpad(total) for total in totals]) for totals in drawn)
    return train_solver(settings.teacher, batches, TEACHER_SEED, settings)


def train_student(
    taught: str,
    seed: int,
    totals: Sequence[Sum],
    texts: Sequence[str],
    settings: SolverSettings = SETTINGS,
) -> Decoder:
    """Train a student on what the teacher wrote.

    Args:
        taught: One of `TAUGHT`.
        seed: Of its first weights and of the order of its lessons.
        totals: What the teacher was asked.
        texts: What it wrote.
        settings: How to train.

    Raises:
        ValueError: There is no such kind of lesson.
    """
    if taught not in TAUGHT:
        raise ValueError(f"students are taught {', '.join(TAUGHT)}, not {taught!r}")
    learner = settings.students
    if taught == "answers, longer":
        learner = replace(learner, n_steps=settings.more_steps * learner.n_steps)
    traces = lessons(totals, texts, reasoned=taught == "reasoning")
    generator = torch.Generator().manual_seed(seed)
    batches = lesson_batches(traces, settings.batch_size, generator)
    return train_solver(learner, batches, seed, settings)
