"""Train the models that add from several seeds, keep those of the first, and record how they do.

    python -m course_lib.checkpoints.sum_runs

Every test is on sums that no training has seen. On one machine, with one thread, the same seeds
give the same weights.
"""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from course_lib.agents.sum_solver import Calculator, Tool, share_right, solve
from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.sum_models import FORMS, SETTINGS, SumSettings, path_of, train_sums
from course_lib.checkpoints.weights import FOLDER, save_rounded
from course_lib.data.arithmetic import CANNOT_SAY, END, Sum, draw_sum
from course_lib.decoder import Decoder
from course_lib.models.caching_decoder import CachingDecoder

RECORD = FOLDER / "sum_runs.json"
SEEDS = (0, 1)
"""The first one's models are kept."""

LENGTHS = range(1, 9)
"""Digits of the numbers in the tests; those above the longest in training show where it ends."""

N_TESTS = 100
"""Sums of each length."""

MANY = 99
"""More failures than any model waits for."""

TOOLS: dict[str, Callable[[], Tool] | None] = {
    "works": Calculator,
    "fails_once": lambda: Calculator(n_failures=1),
    "never_works": lambda: Calculator(n_failures=MANY),
    "nobody_answers": None,
}
"""What may happen to a model that calls a calculator."""


def held_out_sums(n_digits: int, n_sums: int = N_TESTS) -> list[Sum]:
    """Draw sums that no training has seen; the same ones every time."""
    generator = torch.Generator().manual_seed(10_000 + n_digits)
    return [draw_sum(n_digits, generator, held_out=True) for _ in range(n_sums)]


def measure(
    decoder: Decoder, tool: Callable[[], Tool] | None = None, n_sums: int = N_TESTS
) -> dict[str, list[float]]:
    """Let a model answer questions of every length, and say how often it did what.

    Args:
        decoder: The model.
        tool: Makes a tool for each length. None: it has none.
        n_sums: Questions of each length.

    Returns:
        At each of `LENGTHS`, the share of answers that are `right`, and of those that were
        `declined`: the model said that it cannot say. The rest is wrong.
    """
    found: dict[str, list[float]] = {"right": [], "declined": []}
    for n_digits in LENGTHS:
        totals = held_out_sums(n_digits, n_sums)
        texts = solve(CachingDecoder(decoder), totals, None if tool is None else tool())
        declined = sum(text.endswith(f"{CANNOT_SAY}{END}") for text in texts)
        found["right"].append(share_right(texts, totals))
        found["declined"].append(declined / n_sums)
    return found


def train_and_measure(seed: int, settings: SumSettings) -> dict[str, tuple[Decoder, Any]]:
    """Train a model of each form from a seed, and measure it.

    Returns:
        Each model by its name in `sum_models.MODELS`, with what was measured.
    """
    made: dict[str, tuple[Decoder, Any]] = {}
    early: list[Decoder] = []

    def keep_early(step: int, loss: float, model: Decoder) -> None:
        if step + 1 == settings.n_early:
            early.append(copy.deepcopy(model).eval())

    for form in FORMS:
        keeps = keep_early if form == "scratchpad" else None
        model = _rounded(train_sums(form, seed, settings, on_step=keeps))
        tools = TOOLS if form == "tool" else {"no_tool": None}
        made[form] = model, {name: measure(model, tool) for name, tool in tools.items()}
    model = _rounded(early[0])
    made["scratchpad_early"] = model, {"no_tool": measure(model)}
    return made


def record(runs: Sequence[Any], settings: SumSettings) -> dict[str, Any]:
    """Put together what is told of the runs."""
    return {
        "settings": asdict(settings),
        "lengths": list(LENGTHS),
        "n_tests": N_TESTS,
        "runs": list(runs),
        **provenance("sum_runs"),
    }


def recorded(model: str, tool: str = "no_tool", path: Path = RECORD) -> list[dict[str, Any]]:
    """Read what was measured of one model, one entry a seed.

    Args:
        model: One of `sum_models.MODELS`.
        tool: One of `TOOLS` for the model that calls one.
        path: The record.

    Returns:
        For each seed, the shares by length that `measure` returns.

    Raises:
        ValueError: Nothing of the kind was recorded.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [run[model][tool] for run in runs if tool in run.get(model, {})]
    if not found:
        raise ValueError(f"nothing is recorded of the model {model!r} with {tool!r}")
    return found


def main() -> None:
    """Train from every seed, write the record, and keep the first seed's models."""
    torch.set_num_threads(1)
    runs = []
    for seed in SEEDS:
        made = train_and_measure(seed, SETTINGS)
        runs.append({"seed": seed, **{name: measured for name, (_, measured) in made.items()}})
        if seed == SEEDS[0]:
            for name, (model, measured) in made.items():
                _save(name, model, seed, measured)
    write_record(RECORD, record(runs, SETTINGS))


def _save(name: str, model: Decoder, seed: int, measured: Mapping[str, object]) -> None:
    description = {
        "config": asdict(model.cfg),
        "settings": asdict(SETTINGS),
        "seed": seed,
        "metrics": measured,
        **origin("sum_runs"),
    }
    save_rounded(model, path_of(name), description)


def _rounded(model: Decoder) -> Decoder:
    """Return a model with weights of half precision, held in single precision: as it is kept."""
    return model.half().float()


if __name__ == "__main__":
    main()
