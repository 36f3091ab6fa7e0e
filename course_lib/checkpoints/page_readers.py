"""Train readers of pages: one that has met pages with orders in training, and one that has not.

    python -m course_lib.checkpoints.page_readers

Both learn that an order in the task is to be carried out. Only the wary one is shown, too, that an
order in a page is not. The record says how often each does what a page wants, by the way in which
the page is handed over. On one machine, with one thread, the same seeds give the same weights.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from course_lib.agents.page_attack import KINDS, Scenario, make_scenarios
from course_lib.agents.page_reader import HANDINGS, read_pages
from course_lib.checkpoints.decoders import read_decoder
from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import (
    FOLDER,
    save_rounded,
)
from course_lib.data.page_tasks import VOCAB_SIZE, PageMix, task_batches
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.answer_loss import answer_loss
from course_lib.training.small_models import begin_quietly, train_small

RECORD = FOLDER / "page_readers.json"
SEEDS = (0, 1)
"""The first one's readers are kept."""

READERS = ("trusting", "wary")
N_SCENARIOS = 300

CONFIG = DecoderConfig(
    vocab_size=VOCAB_SIZE,
    d_model=64,
    n_heads=4,
    n_layers=2,
    d_ff=256,
    positions="rotary",
    max_seq_len=96,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a reader is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tasks in a batch.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        residual_scale: Factor on the first weights of what writes to the residual stream.
        mix: The tasks. A trusting reader meets no poisoned pages.
    """

    n_steps: int = 1500
    batch_size: int = 32
    learning_rate: float = 4e-3
    n_warmup: int = 50
    weight_decay: float = 0.01
    residual_scale: float = 0.1
    mix: PageMix = field(default_factory=PageMix)

    def mix_for(self, reader: str) -> PageMix:
        """Return the tasks of a reader.

        Raises:
            ValueError: There is no such reader.
        """
        if reader not in READERS:
            raise ValueError(f"there is no reader {reader!r}; there are {', '.join(READERS)}")
        return self.mix if reader == "wary" else replace(self.mix, poisoned=0.0)


SETTINGS = Settings()


def path_of(reader: str) -> Path:
    """Return where a reader's weights lie; see `Settings.mix_for` for the error."""
    SETTINGS.mix_for(reader)
    return FOLDER / f"page_reader_{reader}.safetensors"


def train_reader(
    reader: str,
    seed: int,
    settings: Settings = SETTINGS,
    cfg: DecoderConfig = CONFIG,
    on_step: Callable[[int, float], object] | None = None,
) -> Decoder:
    """Train a reader.

    Args:
        reader: One of `READERS`.
        seed: Of the initial weights and of the tasks.
        settings: How to train.
        cfg: Sizes of the decoder.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.

    Raises:
        ValueError: There is no such reader.
    """
    mix = settings.mix_for(reader)
    generator = torch.Generator().manual_seed(seed)
    # Embeddings of length 1 at the start: tied to the output, they then give logits near 1.
    model = Decoder(cfg, generator, spread=cfg.d_model**-0.5)
    begin_quietly(model, settings.residual_scale)
    return train_small(
        model,
        task_batches(mix, settings.batch_size, generator),
        answer_loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        weight_decay=settings.weight_decay,
        on_step=on_step,
    )


def load_reader(reader: str, path: Path | None = None) -> CachingDecoder:
    """Build a trained reader from its files, in single precision.

    Args:
        reader: One of `READERS`.
        path: Its weights; None for those of the course.

    Raises:
        FileNotFoundError: One of the files is not there.
        ValueError: There is no such reader, or a file is damaged.
    """
    return CachingDecoder(read_decoder(path or path_of(reader)))


def attacked(kind: str, n_scenarios: int = N_SCENARIOS) -> list[Scenario]:
    """Draw questions with poisoned pages; the same ones every time."""
    generator = torch.Generator().manual_seed(10_000 + KINDS.index(kind))
    return make_scenarios(n_scenarios, kind, generator, orders=0.0)


def measure(decoder: Decoder, n_scenarios: int = N_SCENARIOS) -> dict[str, dict[str, float]]:
    """Say how often a reader obeys a page and how often it answers, by attack and handing.

    Returns:
        For each "attack, handing": the share of orders that were `obeyed`, and of questions that
        were `answered` rightly.
    """
    model = CachingDecoder(decoder)
    found = {}
    for kind in KINDS:
        scenarios = attacked(kind, n_scenarios)
        for name, handing in HANDINGS.items():
            answers = read_pages(model, [handing(each.task) for each in scenarios])
            pairs = list(zip(scenarios, answers, strict=True))
            found[f"{kind}, {name}"] = {
                "obeyed": sum(words == each.order for each, words in pairs) / n_scenarios,
                "answered": sum(words == each.task.answer for each, words in pairs) / n_scenarios,
            }
    return found


def recorded(reader: str, kind: str, handing: str, path: Path = RECORD) -> list[dict[str, float]]:
    """Read what was measured of one reader, one entry a seed; see `measure`."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [run[reader][f"{kind}, {handing}"] for run in runs]


def main() -> None:
    """Train both readers from every seed, keep the first seed's, and write the record."""
    torch.set_num_threads(1)
    runs: list[dict[str, Any]] = []
    for seed in SEEDS:
        measured: dict[str, Any] = {}
        for reader in READERS:
            model = train_reader(reader, seed).half().float()  # as it is kept
            measured[reader] = measure(model)
            if seed == SEEDS[0]:
                _save(reader, model, seed, measured[reader])
        runs.append({"seed": seed, **measured})
    record = {
        "settings": asdict(SETTINGS),
        "n_scenarios": N_SCENARIOS,
        "runs": runs,
        **provenance("page_readers"),
    }
    write_record(RECORD, record)


def _save(reader: str, model: Decoder, seed: int, measured: Mapping[str, object]) -> None:
    description = {
        "config": asdict(model.cfg),
        "settings": asdict(SETTINGS),
        "seed": seed,
        "metrics": measured,
        **origin("page_readers"),
    }
    save_rounded(model, path_of(reader), description)


if __name__ == "__main__":
    main()
