"""Let the mini-GPT tell thousands of tales by different rules, and record how right they are.

    python -m course_lib.checkpoints.tale_sampling_runs

On one machine, with one thread, the same seeds give the same tales.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from course_lib.analysis.tale_samples import Quality, quality, tell_tales
from course_lib.checkpoints.mini_gpt import load_mini_gpt
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.generation.sampling import SamplingConfig

RECORD = FOLDER / "tale_sampling_runs.json"
N_TALES = 500
"""Tales for each setting and seed."""
HOT = 1.6
"""A temperature at which hardly a tale is right if nothing is cut."""

RULES: Mapping[str, tuple[SamplingConfig, ...]] = MappingProxyType(
    {
        "nothing cut": (SamplingConfig(),),
        "temperature": tuple(SamplingConfig(temperature=t) for t in (0.4, 0.6, 0.8)),
        "top-p": tuple(SamplingConfig(top_p=p) for p in (0.8, 0.9, 0.95)),
        "min-p": tuple(SamplingConfig(min_p=p) for p in (0.3, 0.1, 0.03)),
        "top-k": tuple(SamplingConfig(top_k=k) for k in (5, 20, 50)),
        "hot": (
            SamplingConfig(temperature=HOT),
            SamplingConfig(temperature=HOT, top_p=0.9),
            SamplingConfig(temperature=HOT, min_p=0.1),
        ),
    }
)
"""The settings of each rule, from careful to bold; "hot" is a high temperature with filters."""


def record(seeds: Sequence[int], n_tales: int = N_TALES) -> dict[str, Any]:
    """Tell tales with every setting from every seed, and describe what came out."""
    model = load_mini_gpt()
    runs = []
    for rule, settings in RULES.items():
        for place, cfg in enumerate(settings):
            for seed in seeds:
                measured = quality(tell_tales(model, cfg, n_tales, seed))
                runs.append(
                    {
                        "rule": rule,
                        "place": place,
                        "settings": asdict(cfg),
                        "seed": seed,
                        "quality": asdict(measured),
                    }
                )
    return {
        "n_tales": n_tales,
        "runs": runs,
        **provenance("tale_sampling_runs"),
    }


def recorded_quality(rule: str, path: Path = RECORD) -> list[list[Quality]]:
    """Read what was measured with a rule: for each of its settings, one measurement a seed."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [
        [Quality(**run["quality"]) for run in runs if (run["rule"], run["place"]) == (rule, place)]
        for place in range(len(RULES[rule]))
    ]


def main() -> None:
    """Tell tales with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(seeds=(0, 1, 2)), indent=1)


if __name__ == "__main__":
    main()
