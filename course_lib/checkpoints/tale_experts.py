"""Train decoders of experts on the tales, with and without a loss for uneven use.

    python -m course_lib.checkpoints.tale_experts

Two are kept in half precision, and of all what they came to from three seeds. On one machine, with
one thread, the same seed gives the same weights bit for bit.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from course_lib.analysis.expert_use import tale_routes
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import (
    FOLDER,
    read_config,
    save_checkpoint,
    with_weights,
)
from course_lib.data import tinytales
from course_lib.data.tale_tokens import (
    END,
    TOKENS,
    held_out_tales,
    tale_batches,
    tale_loss,
    total_nats,
)
from course_lib.decoder import Decoder
from course_lib.expert_balance import expert_shares
from course_lib.mixture_of_experts import MixtureOfExperts
from course_lib.models.expert_decoder import (
    ExpertDecoderConfig,
    build_expert_decoder,
    dense_width,
    with_balance,
)
from course_lib.training.small_models import train_small

NAMES = ("balanced", "unbalanced")
"""The two models that are kept. A chosen expert counts as much as its probability among all."""
KINDS = (*NAMES, "chosen, balanced", "chosen, unbalanced", "dense")
"""What was trained. In the third and fourth the chosen experts share it out among themselves; the
last costs for each token as much as the others."""
BALANCED = ("balanced", "chosen, balanced")
"""Those that are trained with a loss for uneven use."""
RECORD = FOLDER / "tale_expert_runs.json"
SEEDS = (0, 1, 2)
"""The first is that of the models that are kept."""
COEFFICIENT = 0.01
"""Factor on the loss for uneven use; Fedus et al. 2022 (arXiv:2101.03961) use the same."""
N_TEST = 400
"""Tales on which all are tested."""

CONFIG = ExpertDecoderConfig(
    vocab_size=len(TOKENS),
    d_model=48,
    n_heads=4,
    n_layers=2,
    d_ff=24,
    positions="rotary",
    max_seq_len=128,
    n_experts=8,
    n_chosen=2,
    among_all=True,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a decoder is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tales in a batch.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
        n_sorted: See `tale_batches`.
    """

    n_steps: int = 4000
    batch_size: int = 8
    learning_rate: float = 4e-3
    n_warmup: int = 50
    n_sorted: int = 16


SETTINGS = Settings()


def config_of(kind: str) -> ExpertDecoderConfig:
    """Return the sizes of one of `KINDS`.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no decoder {kind!r}, only {', '.join(KINDS)}")
    if kind in NAMES:
        return CONFIG
    if kind != "dense":
        return replace(CONFIG, among_all=False)
    return replace(CONFIG, n_experts=1, n_chosen=1, d_ff=dense_width(CONFIG, CONFIG.n_chosen))


def checkpoint(name: str) -> Path:
    """Return where the weights of one of `NAMES` lie."""
    return FOLDER / f"tale_experts_{name}.safetensors"


def train_tale_experts(
    kind: str,
    seed: int,
    settings: Settings = SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> Decoder:
    """Train a decoder on tales, each of which it meets once.

    Args:
        kind: One of `KINDS`.
        seed: Of the initial weights and of the tales.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    cfg = config_of(kind)
    model = build_expert_decoder(cfg, generator)
    loss = tale_loss
    if kind in BALANCED:
        loss = with_balance(tale_loss, _is_read, n_chosen=cfg.n_chosen, coefficient=COEFFICIENT)
    return train_small(
        model,
        tale_batches(settings.batch_size, generator, settings.n_sorted),
        loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        on_step=on_step,
    )


def _is_read(token_ids: Int[Tensor, "B T"]) -> Bool[Tensor, "B _"]:
    """Tell where a tale stands among what the model reads: all but the last column."""
    return token_ids[:, :-1] != END


def load_tale_experts(name: str, path: Path | None = None) -> Decoder:
    """Build a trained model from its files, in single precision and ready to read.

    Args:
        name: One of `NAMES`.
        path: The weights, if they lie elsewhere; the sizes stand in the JSON file of that name.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: There is no such model, one of its files is damaged, or they do not fit.
    """
    if name not in NAMES:
        raise ValueError(f"there is no model {name!r}, only {' and '.join(NAMES)}")
    path = path or checkpoint(name)
    cfg = read_config(path, ExpertDecoderConfig)
    return with_weights(build_expert_decoder(cfg, torch.Generator().manual_seed(0)), path)


def is_sparse(model: nn.Module) -> bool:
    """Tell whether a model has layers of experts."""
    return any(isinstance(layer, MixtureOfExperts) for layer in model.modules())


@torch.no_grad()
def measure(model: Decoder, n_tales: int = N_TEST) -> dict[str, Any]:
    """Return the loss on tales that a model has not seen, and the shares of its experts."""
    tales = held_out_tales(n_tales)
    n_words = sum(len(tale.words) for tale in tales)
    nats = total_nats(model, tales)
    routes = tale_routes(model, tales).experts if is_sparse(model) else ()
    return {
        "nats_per_word": round(nats / n_words, 4),
        "floor_per_word": round(tinytales.floor(tales).nats_per_word, 4),
        "shares": [
            [round(share, 4) for share in expert_shares(each, CONFIG.n_experts).tolist()]
            for each in routes
        ],
    }


def read_runs(kind: str, path: Path = RECORD) -> list[dict[str, Any]]:
    """Read what one of `KINDS` came to, one entry a seed.

    Raises:
        ValueError: There is no such kind.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    if kind not in runs:
        raise ValueError(f"there is no record of {kind!r}, only of {', '.join(runs)}")
    return runs[kind]


def main() -> None:
    """Train all kinds from all seeds, keep `NAMES` of the first, and write the record."""
    torch.set_num_threads(1)
    runs: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        for seed in SEEDS:
            model = train_tale_experts(kind, seed).half().float()
            runs.setdefault(kind, []).append({"seed": seed, **measure(model)})
            if kind in NAMES and seed == SEEDS[0]:
                description = {
                    "config": asdict(CONFIG),
                    "settings": asdict(SETTINGS),
                    "seed": seed,
                    "metrics": measure(model),
                    **provenance("tale_experts"),
                }
                save_checkpoint(model.half(), checkpoint(kind), description)
    write_record(RECORD, {"runs": runs, **provenance("tale_experts")})


if __name__ == "__main__":
    main()
