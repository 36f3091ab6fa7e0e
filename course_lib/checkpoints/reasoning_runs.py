"""Train a teacher that adds on paper and its students, and record how often they are right.

    python -m course_lib.checkpoints.reasoning_runs

Every test is on sums that no training has seen. On one machine, with one thread, the same seeds
give the same numbers.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.reasoning_models import (
    LONGEST,
    SETTINGS,
    TAUGHT,
    TEACHER_SEED,
    SolverSettings,
    draw_questions,
    train_student,
    train_teacher,
)
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.arithmetic import draw_sum
from course_lib.decoder import Decoder
from course_lib.training.written_solutions import share_right, write_solutions

RECORD = FOLDER / "reasoning_runs.json"
SEEDS = (0, 1, 2)
TEST_SEED = 30_000
MAX_CHARACTERS = 60
"""Nothing that is asked for here is longer."""
N_EXAMPLES = 3
"""Solutions of the teacher that are kept to look at."""


@dataclass(frozen=True)
class Solver:
    """What a trained decoder came to.

    Attributes:
        taught: What it learned from: "rules" for the teacher, otherwise one of `TAUGHT`.
        seed: Of its first weights and of the order of its lessons.
        n_parameters: All of its parameters.
        right: Share of right answers to sums of 1, 2, … digits.
    """

    taught: str
    seed: int
    n_parameters: int
    right: list[float]


@dataclass(frozen=True)
class Solutions:
    """What the teacher wrote for its students.

    Attributes:
        n: How many solutions.
        right: Share of them that end with the right answer.
        examples: The first few.
    """

    n: int
    right: float
    examples: list[str]


def measure(model: Decoder, taught: str, seed: int, settings: SolverSettings = SETTINGS) -> Solver:
    """Ask a model sums of every length that no training has seen."""
    right = []
    for n_digits in range(1, LONGEST + 1):
        generator = torch.Generator().manual_seed(TEST_SEED + n_digits)
        totals = [draw_sum(n_digits, generator, held_out=True) for _ in range(settings.n_test)]
        right.append(round(share_right(write_solutions(model, totals, MAX_CHARACTERS), totals), 4))
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    return Solver(taught, seed, n_parameters, right)


def record(
    seeds: Sequence[int], taught: Sequence[str] = TAUGHT, settings: SolverSettings = SETTINGS
) -> dict[str, Any]:
    """Train the teacher, let it write, train students, and describe what came out."""
    teacher = train_teacher(settings)
    totals = draw_questions(settings)
    texts = write_solutions(teacher, totals, MAX_CHARACTERS)
    runs = [measure(teacher, "rules", TEACHER_SEED, settings)]
    for seed in seeds:
        for kind in taught:
            student = train_student(kind, seed, totals, texts, settings)
            runs.append(measure(student, kind, seed, settings))
    return {
        "settings": asdict(settings),
        "longest": LONGEST,
        "solutions": asdict(
            Solutions(len(texts), round(share_right(texts, totals), 4), texts[:N_EXAMPLES])
        ),
        "runs": [asdict(run) for run in runs],
        **provenance("reasoning_runs"),
    }


def recorded_solvers(taught: str, path: Path = RECORD) -> list[Solver]:
    """Read what solvers of one kind came to, in the order of their seeds.

    Raises:
        ValueError: Nothing of the kind was recorded.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [Solver(**run) for run in runs if run["taught"] == taught]
    if not found:
        raise ValueError(f"nothing is recorded of solvers that were taught {taught!r}")
    return sorted(found, key=lambda solver: solver.seed)


def recorded_solutions(path: Path = RECORD) -> Solutions:
    """Read how the teacher's solutions were."""
    return Solutions(**json.loads(path.read_text(encoding="utf-8"))["solutions"])


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(SEEDS), indent=1)


if __name__ == "__main__":
    main()
